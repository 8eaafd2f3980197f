"""What a single value in a configuration file may be: names, codes, days, addresses, digests; a text, never a secret.

A rule that is broken names the text of the catalogue that tells the administrator what to write.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import urlsplit

from cryptography import x509
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from gateway.canonical.identifiers import IdentifierFault, credit_code, division_code, phone

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:\S(?:.*\S)?")
_HOST = re.compile(r"(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_AREA = re.compile(r"[1-9][0-9](?:[0-9]{2}(?:[0-9]{2}(?:[0-9]{3}){0,2})?)?")
_END = re.compile(r"[A-Za-z0-9]{1,32}")
_BARE_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|[0-9a-f.]*:[0-9a-f:.]+")
_HOST_KEY = re.compile(r"(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)) [A-Za-z0-9+/]{40,}={0,2}(?: .*)?")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Written(BaseModel):
    """What every model of a file is: frozen, and closed to what it does not know; an error never shows the value."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True)


def _as_text(value: object) -> object:
    # The reader makes a number only of what is written back the same way, so a code without quotes survives.
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise PydanticCustomError("configuration.name", "a name is up to 64 lower-case letters, digits, - and _")
    return value


def _reference(value: str) -> str:
    if not _REFERENCE.fullmatch(value):  # the text may be the secret itself: never show it
        raise PydanticCustomError("configuration.reference", "write env:NAME or file:PATH, never the secret itself")
    return value


def _base_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole or re.search(r"\s", value):
        raise PydanticCustomError("configuration.url", "an address begins with http:// or https:// and names a host")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise PydanticCustomError("configuration.url_extras", "an address has no user, password, query or fragment")
    return value.rstrip("/")


def _folder(value: str) -> str:
    if not PurePosixPath(value).is_absolute():
        raise PydanticCustomError("configuration.folder", "name the folder by its whole path, from / on")
    return value


def _end(value: str) -> str:
    if not _END.fullmatch(value):
        raise PydanticCustomError("configuration.end", "the name of an end is up to 32 ASCII letters and digits")
    return value


def _bare_host(value: str) -> str:
    if not _BARE_HOST.fullmatch(value.lower()):
        raise PydanticCustomError("configuration.bare_host", "write a host or an address, without sftp:// and a port")
    return value.lower()


def _host_key(value: str) -> str:
    if not _HOST_KEY.fullmatch(value):
        raise PydanticCustomError("configuration.host_key", "write the server's public key: ssh-ed25519 AAAA…")
    return value


def _host(value: str) -> str:
    if not _HOST.fullmatch(value.lower()):
        raise PydanticCustomError("configuration.host", "write a host, or host:port, without https:// and without *")
    return value.lower()


def _digest(value: str) -> str:
    if not _DIGEST.fullmatch(value.lower()):  # the text may be the token itself: never show it
        raise PydanticCustomError("configuration.digest", "write the SHA-256 of the token, 64 hexadecimal digits")
    return value.lower()


def _certificate_digest(value: str) -> str:
    digest = value.replace(":", "").lower()  # as openssl prints it, too
    if not _DIGEST.fullmatch(digest):
        raise PydanticCustomError(
            "configuration.certificate_digest", "write the SHA-256 of the certificate, 64 hexadecimal digits"
        )
    return digest


def _subject(value: str) -> str:
    try:
        return x509.Name.from_rfc4514_string(value).rfc4514_string()
    except ValueError:
        fault = PydanticCustomError("configuration.subject", "write a subject as in CN=name,O=organisation,C=CN")
    raise fault


def _division(value: str) -> str:
    try:
        return division_code(value)
    except IdentifierFault:
        fault = PydanticCustomError("configuration.division", "a division code has 6, 9 or 12 digits")
    raise fault


def _area(value: str) -> str:
    """Take a division with all that lies in it, in one spelling only: two could choose two profiles."""
    if not _AREA.fullmatch(value) or int(value[-3:] if len(value) > 6 else value[-2:]) == 0:
        raise PydanticCustomError(
            "configuration.area", "write a division's digits without the zeros that fill them up: 50, 5002, 500242 …"
        )
    return value


def _credit_code(value: str) -> str:
    try:
        return credit_code(value)
    except IdentifierFault:
        fault = PydanticCustomError("configuration.credit_code", "not a unified social credit code: check its digits")
    raise fault


def _phone(value: str) -> str:
    try:
        return phone(value)
    except IdentifierFault:
        fault = PydanticCustomError("configuration.phone", "not a telephone number")
    raise fault


def _day(value: object) -> object:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        fault = PydanticCustomError("configuration.day", "a day is written 2026-03-31")
    raise fault


def _several(value: object) -> object:
    return value if isinstance(value, list | tuple) else (value,)


def frozen(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(value))


def none() -> Mapping[str, Any]:
    return MappingProxyType({})


Text = Annotated[str, BeforeValidator(_as_text), Field(min_length=1, max_length=200)]
Name = Annotated[str, BeforeValidator(_as_text), AfterValidator(_name)]
Reference = Annotated[str, BeforeValidator(_as_text), AfterValidator(_reference)]
Phones = Annotated[
    tuple[Annotated[str, BeforeValidator(_as_text), AfterValidator(_phone)], ...], BeforeValidator(_several)
]
Division = Annotated[str, BeforeValidator(_as_text), AfterValidator(_division)]
Area = Annotated[str, BeforeValidator(_as_text), AfterValidator(_area)]
CreditCode = Annotated[str, BeforeValidator(_as_text), AfterValidator(_credit_code)]
Day = Annotated[date, BeforeValidator(_day)]
Codes = Annotated[tuple[Text, ...], BeforeValidator(_several), Field(min_length=1)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_several)]
HostKey = Annotated[str, Field(max_length=2000), AfterValidator(_host_key)]
HostKeys = Annotated[tuple[HostKey, ...], BeforeValidator(_several), Field(min_length=1)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
Host = Annotated[str, AfterValidator(_host)]
BareHost = Annotated[Text, AfterValidator(_bare_host)]
Folder = Annotated[Text, AfterValidator(_folder)]
End = Annotated[Text, AfterValidator(_end)]
TokenDigest = Annotated[str, BeforeValidator(_as_text), AfterValidator(_digest)]
CertificateDigest = Annotated[str, BeforeValidator(_as_text), AfterValidator(_certificate_digest)]
Subjects = Annotated[tuple[Annotated[Text, AfterValidator(_subject)], ...], BeforeValidator(_several)]
Seconds = Annotated[float, Field(gt=0, le=600)]
