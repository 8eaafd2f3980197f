"""Open a ZIP container under limits, so that everybody who reads it reads the same: one name, one content, no gaps.

A forger's tools are names that differ for two readers (duplicates, other cases, paths), bytes between the entries, and
headers that contradict the directory. All are refused here, before anything is unpacked; then each entry is unpacked
with its size, its ratio and its checksum watched.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from io import BytesIO
from types import MappingProxyType

from gateway.rulings.limits import MIB, Deadline, Limits
from gateway.rulings.malformed import Malformed

_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_END = struct.Struct("<4sHHHHIIH")
_DESCRIBED_AFTER, _ENCRYPTED = 0x08, 0x01 | 0x40 | 0x2000
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_FORBIDDEN = frozenset('\\:*?"<>|') | {chr(code) for code in range(32)}


def unpack(octets: bytes, limits: Limits, deadline: Deadline) -> Mapping[str, bytes]:
    """Return every file in the container by its name, without a leading slash. Raises Malformed."""
    if len(octets) > limits.file:
        raise Malformed("rulings.container.too_large", limit=limits.file)
    entries = _directory(octets, limits)
    _check_names([entry.orig_filename for entry in entries], limits)  # zipfile cuts the other at a NUL
    _check_layout(octets, entries)
    return MappingProxyType(dict(_contents(octets, entries, limits, deadline)))


def _directory(octets: bytes, limits: Limits) -> list[zipfile.ZipInfo]:
    if len(octets) < _END.size or octets[-_END.size : -_END.size + 4] != b"PK\5\6":
        raise Malformed("rulings.container.not_zip")  # or a comment, or bytes after it
    _, disk, first_disk, here, count, *_ = _END.unpack(octets[-_END.size :])
    if disk or first_disk or here != count or count > limits.entries:
        raise Malformed("rulings.container.too_many", limit=limits.entries)
    try:
        with zipfile.ZipFile(BytesIO(octets)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, RuntimeError, struct.error, UnicodeDecodeError, OverflowError):
        raise Malformed("rulings.container.not_zip") from None
    if len(entries) != count:
        raise Malformed("rulings.container.layout")
    return entries


def _check_names(names: list[str], limits: Limits) -> None:
    seen: set[str] = set()
    for name in names:
        parts = name.removeprefix("/").removesuffix("/").split("/")
        if any(part in ("", ".", "..") for part in parts) or not _FORBIDDEN.isdisjoint(name):
            raise Malformed("rulings.container.path")
        if len(name) > limits.name or len(parts) > limits.depth:
            raise Malformed("rulings.container.path")
        folded = "/".join(parts).casefold()
        if folded in seen:
            raise Malformed("rulings.container.duplicate", file=name)
        seen.add(folded)


def _check_layout(octets: bytes, entries: list[zipfile.ZipInfo]) -> None:
    """Raise Malformed unless the entries lie one after the other from the first byte to the directory, as it says."""
    at = 0
    for entry in sorted(entries, key=lambda each: each.header_offset):
        if entry.header_offset != at or entry.flag_bits & _ENCRYPTED or entry.compress_type not in _METHODS:
            raise Malformed("rulings.container.layout")
        at = _end_of(octets, entry)
    if octets[at : at + 4] not in (b"PK\1\2", b"PK\5\6"):
        raise Malformed("rulings.container.layout")


def _end_of(octets: bytes, entry: zipfile.ZipInfo) -> int:
    """Return where an entry ends. Raises Malformed when its own header contradicts the directory."""
    start = entry.header_offset
    if start + _LOCAL.size > len(octets):
        raise Malformed("rulings.container.layout")
    mark, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _LOCAL.unpack_from(octets, start)
    begin = start + _LOCAL.size
    name = octets[begin : begin + name_length]
    told = (crc, packed, size) if not flags & _DESCRIBED_AFTER or (crc, packed, size) != (0, 0, 0) else None
    same_name = name.decode("utf-8" if flags & 0x800 else "cp437", "replace") == entry.orig_filename
    consistent = mark == b"PK\3\4" and method == entry.compress_type and flags == entry.flag_bits and same_name
    if not consistent or (told is not None and told != (entry.CRC, entry.compress_size, entry.file_size)):
        raise Malformed("rulings.container.layout")
    end = begin + name_length + extra_length + entry.compress_size
    return int(end + _descriptor(octets, end, entry) if flags & _DESCRIBED_AFTER else end)


def _descriptor(octets: bytes, at: int, entry: zipfile.ZipInfo) -> int:
    """Return the length of the descriptor behind an entry, with or without its mark."""
    told = struct.pack("<III", entry.CRC, entry.compress_size, entry.file_size)
    for form in (b"PK\7\x08" + told, told):
        if octets[at : at + len(form)] == form:
            return len(form)
    raise Malformed("rulings.container.layout")


def _contents(
    octets: bytes, entries: list[zipfile.ZipInfo], limits: Limits, deadline: Deadline
) -> Iterator[tuple[str, bytes]]:
    left = limits.total
    for entry in entries:
        deadline.check()
        if entry.is_dir():
            if entry.file_size or entry.compress_size > 2:
                raise Malformed("rulings.container.layout")
            continue
        content = _inflated(octets, entry, min(left, limits.entry), limits)
        left -= len(content)
        yield entry.filename.removeprefix("/"), content


def _inflated(octets: bytes, entry: zipfile.ZipInfo, most: int, limits: Limits) -> bytes:
    if entry.file_size > most:
        raise Malformed("rulings.container.too_large", limit=most)
    if entry.file_size > MIB and entry.file_size > limits.ratio * max(entry.compress_size, 1):
        raise Malformed("rulings.container.ratio", limit=limits.ratio)
    name_length, extra_length = struct.unpack_from("<HH", octets, entry.header_offset + 26)
    begin = entry.header_offset + _LOCAL.size + name_length + extra_length
    packed = octets[begin : begin + entry.compress_size]
    content = packed if entry.compress_type == zipfile.ZIP_STORED else _deflated(packed, entry.file_size)
    if len(content) != entry.file_size or zlib.crc32(content) != entry.CRC:
        raise Malformed("rulings.container.damaged", file=entry.filename[:200])
    return content


def _deflated(packed: bytes, size: int) -> bytes:
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content = unpacking.decompress(packed, size + 1)
    except zlib.error:
        return b"\0" * (size + 1)  # of no length that fits
    return content if unpacking.eof and not unpacking.unused_data else b"\0" * (size + 1)
