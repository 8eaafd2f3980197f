"""How a verification and an archive of evidence are shown, and with which exit code each ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gateway.cli import exits
from gateway.cli.terminal import Terminal

if TYPE_CHECKING:  # the other commands start without the libraries of rulings
    from gateway.rulings.evidence.examination import ArchiveReport
    from gateway.rulings.result import Verification
    from gateway.rulings.trust import Trust

_EXITS = {"passed": exits.OK, "failed": exits.WRONG}


def exit_code(verification: Verification) -> int:
    """Return what a program may conclude from a verification."""
    if verification.failed:
        return exits.WRONG
    return exits.OK if verification.genuine else exits.UNDECIDED


def examined(
    terminal: Terminal, name: str, octets: bytes, *, trust: Trust | None, anchors: Sequence[str], as_json: bool
) -> int:
    """Examine an archive of evidence, show what is found, and return the exit code."""
    from gateway.rulings.evidence.examination import examine  # noqa: PLC0415 - see above

    known = {each.replace(":", "").lower() for each in anchors}
    report = examine(octets, now=datetime.now(UTC), trust=trust, known=known)
    if as_json:
        terminal.json({"file": name, **report.to_dict()})
    else:
        _show_archive(terminal, name, report)
    return _EXITS.get(report.verdict.value, exits.UNDECIDED)


def _show_archive(terminal: Terminal, name: str, report: ArchiveReport) -> None:
    if report.again:
        show(
            terminal, terminal.text("cli.ruling.archived_document", at=report.again.evidence.verified_at), report.again
        )
        terminal.print()
    if report.today:
        show(terminal, terminal.text("cli.ruling.document_today"), report.today)
        terminal.print()
    rows = [
        (terminal.word("cli.verdict", each.verdict.value), each.text(terminal.language)) for each in report.findings
    ]
    terminal.print(terminal.table(("verdict", "found"), rows))
    terminal.say(f"cli.ruling.archive_{report.verdict.value}", file=name)


def show(terminal: Terminal, name: str, verification: Verification) -> None:
    """Show a verification as tables and a sentence."""
    signatures = [
        (each.name, each.form, each.signer, each.seal_name, each.signed_at) for each in verification.signatures
    ]
    if signatures:
        terminal.print(terminal.table(("signature", "form", "signer", "seal", "signed_at"), signatures))
        terminal.print()
    rows = []
    for result in verification.checks:
        said = [finding.text(terminal.language) for finding in result.findings if finding.verdict == result.verdict]
        title = f"{int(result.check)} {terminal.text(result.check.code)}"
        rows.append((title, terminal.word("cli.verdict", result.verdict.value), "; ".join(dict.fromkeys(said))))
    terminal.print(terminal.table(("check", "verdict", "found"), rows))
    if verification.failed:
        terminal.say("cli.ruling.not_genuine", file=name, count=len(verification.failed))
    else:
        terminal.say("cli.ruling.genuine" if verification.genuine else "cli.ruling.undecided", file=name)
