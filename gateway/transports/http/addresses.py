"""Addresses: below a partner's base URL, and of documents that a partner asks us to fetch."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote

import httpx
import yarl

from gateway.errors import ConfigurationFault, PermanentFailure

_IN_PATH = "/%:@!$&'()*+,;=~-._"
_IN_QUERY = _IN_PATH + "?[]"
_HOST = re.compile(r"[a-z0-9._:-]+")  # a name in its ASCII form, IPv4 or IPv6


@lru_cache(maxsize=256)  # a partner has a few paths; a query, which may hold a token, is not kept
def _without_query(base: str, path: str) -> httpx.URL:
    return httpx.URL(base + (quote("/" + path.lstrip("/"), safe=_IN_PATH) if path else ""))


def below(base: str, path: str, query: str) -> httpx.URL:
    """Return the address of ``path`` below ``base``; what is not yet percent-encoded is, ``?`` and ``#`` too."""
    url = _without_query(base, path)
    return httpx.URL(f"{url}?{quote(query, safe=_IN_QUERY)}") if query else url


def for_aiohttp(base: str, path: str, query: str) -> yarl.URL:
    """Return the address that ``below`` returns, as aiohttp reads it."""
    return yarl.URL(str(below(base, path, query))) if query else _read_by_yarl(base, path)


@lru_cache(maxsize=256)
def _read_by_yarl(base: str, path: str) -> yarl.URL:
    return yarl.URL(str(_without_query(base, path)))


def base(base_url: str) -> str:
    """Return the base URL without a slash at its end. Raises ConfigurationFault."""
    url = _web_address(base_url)
    if url is None or url.query or url.fragment:
        raise ConfigurationFault(
            file=None, line=None, field="base_url", why="http(s)://host[:port][/path] without credentials is expected"
        )
    return str(url).rstrip("/")


def allowed(url: str, hosts: frozenset[str]) -> httpx.URL:
    """Return ``url`` if it is http(s), without credentials, and at one of ``hosts``. Raises PermanentFailure."""
    target = _web_address(url)
    if target is None:
        raise PermanentFailure("transport.fetch_url_refused")
    host = target.netloc.decode("ascii").lower()  # with the port unless it is the scheme's own
    if host not in {entry.lower() for entry in hosts}:
        raise PermanentFailure("transport.fetch_host_not_allowed", host=host)
    return target


def _web_address(url: str) -> httpx.URL | None:
    """Return an http(s) address without credentials, in which httpx and aiohttp (which reads it by yarl) agree."""
    try:
        target = httpx.URL(url)
        read_again = yarl.URL(str(target))
        where = (target.raw_host.decode("ascii").lower(), target.port or {"http": 80, "https": 443}[target.scheme])
    except (httpx.InvalidURL, ValueError, KeyError):
        return None
    agreed = where == (read_again.raw_host, read_again.port) and _HOST.fullmatch(where[0])
    return target if agreed and not target.userinfo and not read_again.user else None
