"""Hypothesis strategies for canonical messages: valid, invented, and with real check digits.

``messages("referral")`` builds any message of a type from the canonical classes themselves, so that a field or a family
added there is generated here without a change; only what classes check across fields is known by name below.

Texts hold no list separator and no outer space, times are whole seconds: what no partner's form could carry back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import Ge, Le, MaxLen, MinLen
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import AfterValidator, AwareDatetime, BaseModel
from pydantic.fields import FieldInfo
from stdnum.cn import ric

from gateway.canonical import identifiers
from gateway.canonical.cases import CaseIdentity
from gateway.canonical.documents import Document
from gateway.canonical.messages import TYPES, Envelope, Message
from gateway.canonical.messages.confirmation_data import ConfirmationStatusData, Presider
from gateway.canonical.messages.intake import ConsentInquiryData
from gateway.canonical.messages.performance import CertificateData
from gateway.canonical.messages.referral_data import LitigationData, ReferralData
from gateway.canonical.messages.ruling_data import RulingData, ServiceReceiptData
from gateway.canonical.organisations import Organisation
from gateway.canonical.parties import IdentityDocument, Party

ORGANISATIONS = ("org-tribunal", "org-village", "org-township", "org-industry")

_SEPARATORS = "、，,;；|/\\"
_HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)
_WIDE = st.characters(exclude_categories=("C", "Z"), exclude_characters=_SEPARATORS)
_LETTERS = st.one_of(_HAN, st.sampled_from("abcXYZ0189-·（）《》号"), _WIDE)
_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def texts(longest: int = 40) -> SearchStrategy[str]:
    """Generate a text as a person writes it, in any script."""
    return st.text(_LETTERS, min_size=1, max_size=min(longest, 40)).filter(lambda text: text == text.strip())


def digits(count: int) -> SearchStrategy[str]:
    """Generate exactly ``count`` ASCII digits."""
    return st.text("0123456789", min_size=count, max_size=count)


@st.composite
def resident_ids(draw: st.DrawFn) -> str:
    """Generate a resident identity number with its check character (GB 11643-1999)."""
    region = draw(st.sampled_from(("500242", "110105", "360426", "820000")))
    born = draw(st.dates(date(1930, 1, 1), date(2010, 12, 31)))
    number = f"{region}{born:%Y%m%d}{draw(digits(3))}"
    # Three zeros before the check character are fine; …000 at the very end is what a spreadsheet leaves.
    checked = number + str(ric.calc_check_digit(f"{number}0"))
    return checked if not checked.endswith("000") else f"{number[:-1]}1" + str(ric.calc_check_digit(f"{number[:-1]}10"))


@st.composite
def credit_codes(draw: st.DrawFn) -> str:
    """Generate a unified social credit code with both of its check characters (GB 32100-2015, GB 11714)."""
    body = draw(digits(8))
    rest = -sum(int(char) * weight for char, weight in zip(body, _WEIGHTS, strict=True)) % 11
    code = draw(st.sampled_from(("91", "54", "12", "52", "11"))) + "500242" + body + "0123456789X"[rest]
    total = sum(_USCC.index(char) * pow(3, place, 31) for place, char in enumerate(code))
    return code + _USCC[-total % 31]


def case_numbers() -> SearchStrategy[str]:
    """Generate a case number of after 2016."""
    return st.builds(
        "({}){}{}{}号".format,
        st.integers(2016, 2026),
        st.sampled_from(("渝0242", "吉7502", "豫1502", "渝04", "最高法")),
        st.sampled_from(("诉前调", "诉前调确", "民特", "民初", "执")),
        st.integers(1, 99_999),
    )


def phones() -> SearchStrategy[str]:
    """Generate a mobile or landline number in its one spelling."""
    mobile = st.builds("1{}{}".format, st.sampled_from("356789"), digits(9))
    local = st.builds("{}{}".format, st.sampled_from("2345678"), digits(7))
    return st.one_of(mobile, st.builds("{}-{}".format, st.sampled_from(("023", "0797", "010")), local))


def division_codes() -> SearchStrategy[str]:
    """Generate a division code of 6, 9 or 12 digits."""
    tail = st.sampled_from((0, 3, 6)).flatmap(digits)
    return st.builds("{}{}".format, st.sampled_from(("500242", "231102", "411502")), tail)


def moments() -> SearchStrategy[datetime]:
    """Generate a whole second, in Beijing time."""
    start = datetime(1970, 1, 1, 8, tzinfo=identifiers.BEIJING)
    return st.integers(0, 2_500_000_000).map(lambda seconds: start + timedelta(seconds=seconds))


def amounts() -> SearchStrategy[Decimal]:
    """Generate an amount in yuan, whole cents."""
    return st.integers(0, 10**13).map(lambda cents: (Decimal(cents) / 100).quantize(Decimal("0.01")))


def message_ids() -> SearchStrategy[str]:
    """Generate a UUIDv7."""
    digit = st.text("0123456789abcdef", min_size=3, max_size=3)
    return st.builds("0198{}0-{}0-7{}-8{}-{}".format, digit, digit, digit, digit, digit.map(lambda text: text * 4))


def messages(short_type: str, organisations: Sequence[str] = ORGANISATIONS) -> SearchStrategy[Message]:
    """Generate valid messages of a type; organisations are named by one of the given directory ids."""
    return _model(TYPES[short_type], tuple(organisations))


@st.composite
def _model(draw: st.DrawFn, model: type[Any], organisations: tuple[str, ...]) -> Any:
    values = {
        name: draw(_field(model, name, info, organisations))
        for name, info in model.model_fields.items()
        if not (issubclass(model, Envelope) and name in _LEFT_TO_DEFAULTS)
    }
    for base, rule in _RULES.items():
        if issubclass(model, base):
            values = draw(rule(values))
    return model.model_validate(values)


# Said by the gateway, or by the class itself.
_LEFT_TO_DEFAULTS = (
    "specversion", "type", "subject", "receivedtime", "datacontenttype", "schemaversion", "correlationid",
    "causationid", "sensitivity",
)  # fmt: skip
_ORGANISATION_FIELDS = (
    "sender", "addressee", "employer", "tribunal", "parent", "organisation", "recipients", "participants", "unit",
    "court",
)  # fmt: skip


def _field(model: type[BaseModel], name: str, info: FieldInfo, organisations: tuple[str, ...]) -> SearchStrategy[Any]:
    if model is CaseIdentity and name == "partner_id":
        return texts()  # a record that names no case at all cannot be carried back
    if issubclass(model, Envelope) and name == "id":
        return message_ids()
    if issubclass(model, Envelope) and name == "source":
        return st.just("/partners/generated")
    chosen = name in _ORGANISATION_FIELDS or (model in (Organisation, Presider) and name == "id")
    return _of(info.annotation, list(info.metadata), organisations, chosen=chosen)


def _of(  # noqa: PLR0911  # one return for each form an annotation can have
    annotation: Any, marks: list[Any], organisations: tuple[str, ...], *, chosen: bool
) -> SearchStrategy[Any]:
    """Generate values of an annotation, given the constraints met on the way to it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        for mark in arguments[1:]:
            marks.extend(mark.metadata if isinstance(mark, FieldInfo) else [mark])
        return _of(arguments[0], marks, organisations, chosen=chosen)
    if NoneType in arguments:
        inner = next(argument for argument in arguments if argument is not NoneType)
        return st.none() | _of(inner, marks, organisations, chosen=chosen)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        least = max((mark.min_length for mark in marks if isinstance(mark, MinLen)), default=0)
        items = _of(arguments[0], [], organisations, chosen=chosen)
        return st.lists(items, min_size=least, max_size=max(3, least), unique_by=repr).map(tuple)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _model(annotation, organisations)
    if chosen and annotation is str:
        return st.sampled_from(organisations)
    return _plain(annotation, marks)


_CHECKED: Mapping[Callable[..., Any], Callable[[], SearchStrategy[str]]] = {
    identifiers.resident_id: resident_ids,
    identifiers.credit_code: credit_codes,
    identifiers.case_number: case_numbers,
    identifiers.division_code: division_codes,
    identifiers.phone: phones,
}


_PATTERNS: Mapping[str, SearchStrategy[str]] = {
    r"^[0-9A-F]{2,64}$": st.binary(min_size=8, max_size=16).map(lambda serial: serial.hex().upper()),
    r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$": message_ids(),
    r"^[0-9a-f]{64}$": st.binary(min_size=32, max_size=32).map(bytes.hex),
    r"^[\w.+-]+/[\w.+-]+$": st.sampled_from(("application/pdf", "image/jpeg", "application/ofd+zip")),
    r"^(0[1-9]|[1-4]\d|5[0-6]|97|98)$": st.integers(1, 56).map("{:02}".format),  # ethnic groups (GB/T 3304)
}


def _plain(annotation: Any, marks: list[Any]) -> SearchStrategy[Any]:
    for mark in marks:
        if isinstance(mark, AfterValidator) and mark.func in _CHECKED:
            return _CHECKED[mark.func]()
        pattern = getattr(mark, "pattern", None)
        if isinstance(pattern, str):
            return _PATTERNS[pattern]
    if annotation is str:
        return texts(min((mark.max_length for mark in marks if isinstance(mark, MaxLen)), default=40))
    if annotation is int:
        least = max((mark.ge for mark in marks if isinstance(mark, Ge)), default=0)
        return st.integers(least, min((mark.le for mark in marks if isinstance(mark, Le)), default=least + 10_000))
    plain: Mapping[Any, SearchStrategy[Any]] = {
        bool: st.booleans(),
        date: st.dates(date(1930, 1, 1), date(2060, 12, 31)),
        Decimal: amounts(),
        AwareDatetime: moments(),
    }
    return plain[annotation]


# What classes check across their fields ------------------------------------------------------------------------------


def _numbered(values: dict[str, Any]) -> SearchStrategy[dict[str, Any]]:
    kind = values["type"]
    if kind in ("111", "112"):
        number = resident_ids()
    else:
        number = {"414": digits(8).map("E{}".format), "516": digits(8).map("C{}".format)}.get(kind, digits(8))
    return number.map(lambda text: {**values, "number": text})


def _party(values: dict[str, Any]) -> SearchStrategy[dict[str, Any]]:
    if values["kind"] == "natural_person":
        return st.just({**values, "representative": None, "credit_code": None})
    return st.just({**values, "sex": None, "birth_date": None, "document": None})


def _referral(values: dict[str, Any]) -> SearchStrategy[dict[str, Any]]:
    if values["variant"] == "individual" and values["individual"] is None:
        values = {**values, "variant": "delegated"}
    case: CaseIdentity = values["case"]
    if values["variant"] == "entrusted" and not (case.number or case.acceptance_number):
        return texts().map(lambda text: {**values, "case": case.model_copy(update={"acceptance_number": text})})
    return st.just(values)


def _litigation(values: dict[str, Any]) -> SearchStrategy[dict[str, Any]]:
    case: CaseIdentity = values["case"]
    if values["state"] == "filed" and not (case.number or case.legacy_number):
        return case_numbers().map(lambda text: {**values, "case": case.model_copy(update={"number": text})})
    return st.just(values)


def _certain(values: dict[str, Any]) -> SearchStrategy[dict[str, Any]]:
    """Carry at least one document."""
    documents = values["documents"]
    return st.just(values) if documents else _model(Document, ()).map(lambda one: {**values, "documents": (one,)})


def _inquiry(values: dict[str, Any]) -> SearchStrategy[dict[str, Any]]:
    agreed = all(consent.given for consent in values["consents"]) and values["consents"]
    return st.just(values if agreed or values["outcome"] != "given" else {**values, "outcome": "asked"})


def _status(values: dict[str, Any]) -> SearchStrategy[dict[str, Any]]:
    lacking = (
        (values["state"] == "accepted" and values["confirmation_number"] is None)
        or (
            values["state"] in {"supplement", "supplementary_statement"}
            and not (values["items"] and values["supply_by"])
        )
        or (values["state"] == "not_accepted" and values["ground"] is None)
    )
    return st.just({**values, "state": "reviewing"} if lacking else values)


def _receipt(values: dict[str, Any]) -> SearchStrategy[dict[str, Any]]:
    proof = values["electronic"]
    served = values["received_at"] is not None or (proof is not None and proof.arrived_at is not None)
    witnessed = values["refused_on"] and (values["witnesses"] or values["record_reference"])
    lacking = (values["outcome"] == "served" and not served) or (values["outcome"] == "refused" and not witnessed)
    return st.just({**values, "outcome": "failed"} if lacking else values)


def _kept(values: dict[str, Any]) -> SearchStrategy[dict[str, Any]]:
    # Going out, a document's id is its digest; only so does it come back the same.
    return st.just(values if values["sha256"] is None else {**values, "partner_id": values["sha256"]})


_RULES: Mapping[type[BaseModel], Callable[[dict[str, Any]], SearchStrategy[dict[str, Any]]]] = {
    IdentityDocument: _numbered,
    Party: _party,
    ReferralData: _referral,
    LitigationData: _litigation,
    ConsentInquiryData: _inquiry,
    ConfirmationStatusData: _status,
    ServiceReceiptData: _receipt,
    RulingData: _certain,
    CertificateData: _certain,
    Document: _kept,
}
