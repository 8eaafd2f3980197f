"""Numbers of identity documents by their type (证件号码; type codes of GA/T 517)."""

from __future__ import annotations

import re

from gateway.canonical.identifiers.fault import IdentifierFault
from gateway.canonical.identifiers.folding import compact
from gateway.canonical.identifiers.masking import mask_number
from gateway.canonical.identifiers.resident_id import resident_id

_TYPE = re.compile(r"[0-9]{3}")
_RESIDENT = ("111", "112")  # identity card, temporary identity card: the same number
_FORMS = {
    "113": re.compile(r"[0-9A-Z-]{5,24}"),  # household register (户口簿)
    "114": re.compile(r"[0-9A-Z\u4e00-\u9fa5()-]{4,24}"),  # officer's card (军官证): 南字第12345678号
    "123": re.compile(r"[0-9A-Z\u4e00-\u9fa5()-]{4,24}"),  # police officer's card (警官证)
    "335": re.compile(r"[0-9A-Z]{8,18}"),  # driving licence: licence or file number
    "414": re.compile(r"[0-9A-Z]{5,20}"),  # ordinary passport, of any country
    "511": re.compile(r"[0-9A-Z]{7,14}"),  # 台胞证: 8 digits, earlier 10 and an issue letter
    "516": re.compile(r"[A-Z][0-9]{8,10}"),  # 港澳通行证: one letter, 8 digits, earlier an issue number
}
_ANY = re.compile(r"[0-9A-Z\u4e00-\u9fa5()/.·-]{2,40}")


def document_number(type_code: str, value: str) -> str:
    """Return a document's number without spaces, in upper case.

    Types 111 and 112 are resident identity numbers; a type without a form here gets a plausibility check only.
    Raises IdentifierFault with ``identifier.document_number.type`` or ``.form``, or one of ``resident_id``.
    """
    kind = compact(type_code)
    if not _TYPE.fullmatch(kind):
        raise IdentifierFault("identifier.document_number.type", mask_number(kind))
    if kind in _RESIDENT:
        return resident_id(value)
    number = compact(value)
    if kind in ("511", "516"):
        number = number.replace("(", "").replace(")", "")  # the issue mark is often written (B)
    if not _FORMS.get(kind, _ANY).fullmatch(number):
        raise IdentifierFault("identifier.document_number.form", mask_number(number))
    return number
