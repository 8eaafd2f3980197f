"""What a verification is given besides the file, and what the judge of one signature hands back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from gateway.rulings.limits import Deadline, Limits
from gateway.rulings.result import Finding, SignatureFound
from gateway.rulings.trust import Trust
from gateway.rulings.trust.chain import Chain

RulingType = Literal["valid", "dismissed", "not_accepted", "withdrawn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the caller knows of the case and the message that brought the file; None where it knows nothing.

    ``case_number`` in any spelling; ``parties`` are names; digests are of the file, in hexadecimal.
    """

    court: str | None = None
    case_number: str | None = None
    parties: tuple[str, ...] | None = field(default=None, repr=False)
    ruling: RulingType | None = None
    issued_on: date | None = None
    pages: int | None = None
    sha256: str | None = None
    sm3: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The same for every signature of a file."""

    trust: Trust
    now: datetime
    expected: Expected | None
    limits: Limits
    deadline: Deadline


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Everything found about one signature, and the chains it rests on."""

    found: SignatureFound
    findings: tuple[Finding, ...]
    chains: tuple[Chain, ...] = ()
