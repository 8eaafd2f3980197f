"""Read a trust folder: ``trust.yaml`` names every file that counts; a file that it does not name counts for nothing.

revocation: required                       # a chain needs a current list; else: where_configured
anchors:
  - {file: anchors/court-root.pem, roles: [signer, maker], until: 2035-12-31}
intermediates: [anchors/court-issuing.pem]
revocation_lists: [lists/court-issuing.crl]
courts:
  - name: 示例县人民法院
    codes: [浙0521]
    certificates: [{file: courts/deqing-2026.pem, withdrawn: 2026-11-02, compromised: true}]
    seals: [{id: "33052100000017"}]
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from gateway.canonical.identifiers import BEIJING, IdentifierFault, day, moment
from gateway.errors import ConfigurationFault
from gateway.rulings.certificate import Certificate, read_certificates
from gateway.rulings.malformed import Malformed
from gateway.rulings.trust import ROLES, Anchor, Court, CourtCertificate, CourtSeal, Period, Role, Trust
from gateway.rulings.trust.revocation import RevocationList, read_list
from gateway.wire import yaml_marks

FILE = "trust.yaml"
MAX_BYTES = 16 * 1024 * 1024  # of one certificate or list
_DATE_LENGTH = 10
_Read = TypeVar("_Read")
Opened = Callable[[str], bytes]  # the contents of a file by its name; OSError where there is none


def _start(value: object) -> datetime | None:
    return None if value is None else _moment(str(value), end=False)


def _end(value: object) -> datetime | None:
    return None if value is None else _moment(str(value), end=True)


def _moment(written: str, *, end: bool) -> datetime:
    try:
        if len(written) > _DATE_LENGTH:
            return moment(written).astimezone(UTC)
        at = datetime.combine(day(written), time(tzinfo=BEIJING))
    except IdentifierFault:
        at = None
    if at is None:
        raise ValueError("write a date, 2026-12-31, or a time, 2026-12-31T18:00:00+08:00")
    return (at + timedelta(days=1, microseconds=-1) if end else at).astimezone(UTC)


def _inside(value: object) -> object:
    path = PurePosixPath(str(value))
    if path.is_absolute() or ".." in path.parts:
        raise ValueError("write a path below the trust folder")
    return str(value)


_Inside = Annotated[str, BeforeValidator(_inside)]


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True)


class _Dated(_Written):
    start: Annotated[datetime | None, BeforeValidator(_start)] = Field(default=None, alias="from")
    until: Annotated[datetime | None, BeforeValidator(_end)] = None
    withdrawn: Annotated[datetime | None, BeforeValidator(_start)] = None
    compromised: bool = False

    @property
    def period(self) -> Period:
        return Period(start=self.start, end=self.until, withdrawn=self.withdrawn, compromised=self.compromised)


class _AnchorRow(_Dated):
    file: _Inside
    roles: tuple[Role, ...] = ROLES


class _CertificateRow(_Dated):
    file: _Inside | None = None
    sha256: Annotated[str | None, Field(pattern="^[0-9a-f]{64}$")] = None

    @model_validator(mode="after")
    def _one_of_both(self) -> _CertificateRow:
        if (self.file is None) == (self.sha256 is None):
            raise ValueError("give either the file of the certificate or its sha256")
        return self


class _SealRow(_Dated):
    id: Annotated[str, BeforeValidator(str), Field(min_length=1, max_length=128)]


class _CourtRow(_Written):
    name: str
    codes: tuple[str, ...]
    certificates: tuple[_CertificateRow, ...] = ()
    seals: tuple[_SealRow, ...] = ()


class _TrustFile(_Written):
    revocation: Literal["required", "where_configured"] = "where_configured"
    anchors: tuple[_AnchorRow, ...] = ()
    intermediates: tuple[_Inside, ...] = ()
    revocation_lists: tuple[_Inside, ...] = ()
    courts: tuple[_CourtRow, ...] = ()


def read_trust(folder: Path) -> Trust:
    """Return what a trust folder says. Raises ConfigurationFault naming file, line and field."""

    def opened(name: str) -> bytes:
        with (folder / name).open("rb") as stream:
            return stream.read(MAX_BYTES)

    return read_files(opened)


def read_files(opened: Opened) -> Trust:
    """Return what the files of a trust folder say, wherever they lie. Raises ConfigurationFault as ``read_trust``."""
    written = _written(opened)
    files = _Files(opened)
    return Trust(
        revocation=written.revocation,
        anchors=tuple(
            Anchor(certificate=certificate, roles=frozenset(row.roles), period=row.period)
            for row in written.anchors
            for certificate in files.certificates(row.file)
        ),
        intermediates=tuple(each for file in written.intermediates for each in files.certificates(file)),
        revocation_lists=tuple(files.revocation_list(file) for file in written.revocation_lists),
        courts=tuple(_court(row, files) for row in written.courts),
    )


class _Files:
    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def certificates(self, name: str) -> tuple[Certificate, ...]:
        return self._read(name, read_certificates)

    def revocation_list(self, name: str) -> RevocationList:
        return self._read(name, read_list)

    def _read(self, name: str, reader: Callable[[bytes], _Read]) -> _Read:
        try:
            return reader(self._opened(name))
        except OSError as error:
            code, why = "rulings.trust.no_file", error.strerror or "it cannot be read"
        except Malformed as error:
            code, why = "rulings.trust.unreadable", error.text()
        raise ConfigurationFault(code, file=FILE, line=None, field=name, why=why)


def _written(opened: Opened) -> _TrustFile:
    try:
        text = opened(FILE).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise ConfigurationFault("rulings.trust.no_file", file=FILE, line=None, field=FILE, why="unreadable") from None
    marked = yaml_marks.read(text, file=FILE)
    try:
        return _TrustFile.model_validate({} if marked.value is None else marked.value)
    except ValidationError as error:
        first: Any = error.errors(include_url=False, include_input=False)[0]
    raise marked.fault(first["loc"], first["msg"].removeprefix("Value error, "), "rulings.trust.wrong")


def _court(row: _CourtRow, files: _Files) -> Court:
    certificates = []
    for each in row.certificates:
        certificate = files.certificates(each.file)[0] if each.file else None
        sha256 = certificate.sha256 if certificate else each.sha256 or ""
        certificates.append(CourtCertificate(sha256=sha256, period=each.period, certificate=certificate))
    seals = tuple(CourtSeal(id=each.id, period=each.period) for each in row.seals)
    return Court(name=row.name, codes=frozenset(row.codes), certificates=tuple(certificates), seals=seals)
