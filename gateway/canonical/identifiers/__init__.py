"""The identifiers that every system writes differently: one function each, from what a partner sends to one spelling.

    text from outside ─► fold (full-width, odd spaces) ─► form ─► check digits, calendar ─► the one spelling
                                                            └─► IdentifierFault: a catalogue code and a masked value

Every function accepts its own result and returns it unchanged. Digits are ASCII digits only, once folded.
"""

from gateway.canonical.identifiers.case_number import CaseNumber, case_number, parse_case_number
from gateway.canonical.identifiers.credit_code import credit_code
from gateway.canonical.identifiers.division import division_code, division_name
from gateway.canonical.identifiers.document_number import document_number
from gateway.canonical.identifiers.fault import IdentifierFault
from gateway.canonical.identifiers.masking import Kind, mask, mask_name, mask_number, mask_phone, mask_text
from gateway.canonical.identifiers.moment import (
    BEIJING,
    PATTERNS,
    Pattern,
    day,
    moment,
    write_day,
    write_moment,
)
from gateway.canonical.identifiers.money import UNITS, Unit, amount, write_amount
from gateway.canonical.identifiers.phone import phone, phones
from gateway.canonical.identifiers.resident_id import birth_date, resident_id, sex
from gateway.canonical.identifiers.uuid7 import uuid7, uuid7_of, uuid7_time

__all__ = [
    "BEIJING",
    "PATTERNS",
    "UNITS",
    "CaseNumber",
    "IdentifierFault",
    "Kind",
    "Pattern",
    "Unit",
    "amount",
    "birth_date",
    "case_number",
    "credit_code",
    "day",
    "division_code",
    "division_name",
    "document_number",
    "mask",
    "mask_name",
    "mask_number",
    "mask_phone",
    "mask_text",
    "moment",
    "parse_case_number",
    "phone",
    "phones",
    "resident_id",
    "sex",
    "uuid7",
    "uuid7_of",
    "uuid7_time",
    "write_amount",
    "write_day",
    "write_moment",
]
