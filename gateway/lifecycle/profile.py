"""What a jurisdiction may decide for itself; the values given here are those of the national rules."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One jurisdiction's policy.

    ``consult_before_return``: the unit asks the referring organisation before it returns a case (腴地府发〔2022〕45号
    附件(六)). ``escalation``: a village may hand a case up to the township (焦中法〔2021〕155号 10、11).
    ``period_days``: calendar days from the day after acceptance (人民法院在线调解规则 24), where the
    referral names none.
    """

    consult_before_return: bool = False
    escalation: bool = True
    period_days: int = 30


NATIONAL = Profile()
