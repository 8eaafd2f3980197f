"""What every canonical value has in common: frozen, titled in Chinese, and closed to fields it does not know."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from pydantic.fields import FieldInfo

from gateway.canonical import identifiers

Personal = Literal["name", "number", "phone", "address", "text"]


class Inconsistent(ValueError):
    """Values that are right by themselves and wrong together. ``code`` is of the catalogue; nothing else is said."""

    masked: str | None = None

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Canonical(BaseModel):
    """A frozen value of the common language."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True)


def said(zh: str, en: str, *, personal: Personal | None = None, **constraints: Any) -> FieldInfo:
    """Describe a field: Chinese title, English description, and how its value is masked when it is personal."""
    extra: dict[str, Any] | None = {"x-personal": personal} if personal else None
    described: FieldInfo = Field(title=zh, description=en, json_schema_extra=extra, **constraints)
    return described


def _yuan(value: object) -> Decimal:
    if isinstance(value, str | int | float | Decimal):
        return identifiers.amount(value)
    raise ValueError("not an amount")


def _in_beijing(value: datetime) -> datetime:
    return identifiers.moment(value)


ResidentId = Annotated[str, AfterValidator(identifiers.resident_id)]
CreditCode = Annotated[str, AfterValidator(identifiers.credit_code)]
CaseNumber = Annotated[str, AfterValidator(identifiers.case_number)]
DivisionCode = Annotated[str, AfterValidator(identifiers.division_code)]
Phone = Annotated[str, AfterValidator(identifiers.phone)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_beijing)]
Day = date
Yuan = Annotated[Decimal, BeforeValidator(_yuan), PlainSerializer(str, return_type=str, when_used="json")]
ShortText = Annotated[str, Field(min_length=1, max_length=200)]
LongText = Annotated[str, Field(min_length=1, max_length=20_000)]
PartnerId = Annotated[str, Field(min_length=1, max_length=128)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Sm3 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
MessageId = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")]
