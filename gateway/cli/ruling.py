"""``ruling verify``: is this file genuine, check by check? Works on any machine, without a store; and the group itself.

exit code 0   checks 1 to 10 leave no doubt; where a case was given, the ruling belongs to it
          1   a check failed, or an archive of evidence was changed
          7   nothing failed, but something could not be decided: a person must look
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import rulings
from gateway.cli.options import AsJson
from gateway.cli.shell import stop
from gateway.cli.terminal import of
from gateway.cli.verdicts import examined, exit_code, show
from gateway.errors import GatewayError, NotFound

MOST = 192 * 1024 * 1024 + 1  # one byte more than a verification or an archive takes, which then say so themselves
_File = Annotated[Path, typer.Argument(help="cli.argument.ruling_file", metavar="FILE")]


def commands() -> typer.Typer:
    """Return the group of commands."""
    app = typer.Typer(help="cli.help.ruling", no_args_is_help=True, rich_markup_mode="rich")
    app.command("verify", help="cli.help.ruling_verify")(verify)
    rulings.add_to(app)
    return app


def verify(
    context: typer.Context,
    file: _File,
    *,
    trust: Annotated[Path | None, typer.Option("--trust", help="cli.option.trust", metavar="FOLDER")] = None,
    detached: Annotated[Path | None, typer.Option("--detached", help="cli.option.detached", metavar="FILE")] = None,
    signer: Annotated[str | None, typer.Option("--signer", help="cli.option.signer", metavar="SHA256")] = None,
    archive: Annotated[Path | None, typer.Option("--archive", help="cli.option.archive", metavar="OUT")] = None,
    anchors: Annotated[list[str] | None, typer.Option("--anchor", help="cli.option.anchor", metavar="SHA256")] = None,
    as_json: AsJson = False,
) -> None:
    """Verify the signatures of a file, or an archive of evidence, and show every check."""
    from gateway.rulings.evidence.archive import archived, is_archive  # noqa: PLC0415 - see above
    from gateway.rulings.evidence.record import record_of  # noqa: PLC0415
    from gateway.rulings.trust import Trust  # noqa: PLC0415
    from gateway.rulings.trust.folder import read_trust  # noqa: PLC0415
    from gateway.rulings.verification import verify as verified  # noqa: PLC0415

    terminal, octets = of(context), _contents(file)
    believed = read_trust(trust) if trust else None
    if detached is None and archive is None and is_archive(octets):
        stop(examined(terminal, file.name, octets, trust=believed, anchors=anchors or (), as_json=as_json))
        return
    believed, signature = believed or Trust(), _contents(detached) if detached else None
    verification = verified(octets, trust=believed, detached=signature, signer=signer)
    if archive:
        record = record_of(verification, trust=believed, detached=signature, signer=signer)
        archive.write_bytes(archived(octets, record, signature=signature))
    if as_json:
        terminal.json({"file": file.name, **verification.to_dict()})
    else:
        show(terminal, file.name, verification)
    stop(exit_code(verification))


def _contents(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(MOST)
    except FileNotFoundError:
        raise NotFound("cli.no_file", file=str(file)) from None
    except OSError as error:
        raise GatewayError("cli.no_access", file=str(file), why=error.strerror) from None
