"""What hostile or broken input ends in, inside this room: turned into a finding before it leaves."""

from __future__ import annotations

from typing import ClassVar

from gateway.errors import GatewayError
from gateway.rulings.result import Check, Finding, Verdict


class Malformed(GatewayError):
    """The bytes are not what they claim to be, or go beyond a limit."""

    default_code: ClassVar[str] = "rulings.malformed"

    def as_finding(self, check: Check, verdict: Verdict = Verdict.FAILED) -> Finding:
        """Return what went wrong as a finding of ``check``."""
        return Finding(check=check, verdict=verdict, code=self.code, facts=self.facts)


class Unsupported(Malformed):
    """The bytes may be well-formed, but nothing here understands them: the check is not possible, not failed."""

    default_code: ClassVar[str] = "rulings.unsupported"

    def as_finding(self, check: Check, verdict: Verdict = Verdict.NOT_POSSIBLE) -> Finding:
        """Return what is not understood as a finding of ``check``."""
        return super().as_finding(check, verdict)
