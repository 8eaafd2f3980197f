"""What a verification is given besides the file, and what the judge of one signature hands back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from gateway.rulings.limits import Deadline, Limits
from gateway.rulings.result import Finding, SignatureFound
from gateway.rulings.trust import Trust
from gateway.rulings.trust.chain import Chain

# The last three have no wording that is sure to be theirs: whether a file says so is for a person to see.
RulingType = Literal["valid", "dismissed", "not_accepted", "withdrawn", "terminated", "revoked", "changed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """What the court's message says of a certificate of performance.

    ``of_ruling``: a ruling was performed; ``rulings``: the case numbers of those that were applied for in the case.
    """

    number: str
    performer: str = field(repr=False)
    counterpart: str | None = field(default=None, repr=False)
    basis_number: str | None = None
    of_ruling: bool = False
    rulings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the caller knows of the case and the message that brought the file; None where it knows nothing.

    ``case_number`` in any spelling; ``parties`` are names; digests are of the file, in hexadecimal. ``application``
    and ``agreements``: the id of the application that was carried, and SHA-256 of its agreement's files; ``says_…``:
    which ones the court's message names. ``agreement_changed``: since it was carried. ``files``: how many came.
    ``certificate``: the file is no ruling but a certificate of performance; ``parties`` are then all of the case.
    """

    court: str | None = None
    case_number: str | None = None
    parties: tuple[str, ...] | None = field(default=None, repr=False)
    ruling: RulingType | None = None
    issued_on: date | None = None
    pages: int | None = None
    sha256: str | None = None
    sm3: str | None = None
    application: str | None = None
    agreements: tuple[str, ...] = ()
    says_application: str | None = None
    says_agreement: str | None = None
    agreement_changed: bool = False
    files: int = 1
    certificate: Certified | None = None


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
