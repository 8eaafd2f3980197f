"""Read the configuration folder, and the mappings that are shipped, as texts by relative path; judge only the paths.

partners/<name>.yaml  organisations.yaml  directory.yaml  routes.yaml  divisions.yaml  profiles.yaml  calendar.yaml
mappings/**.yaml  codes/<table>.yaml

``trust/`` lies beside them and is no part of a revision: whom to believe a signed ruling is read at every verification.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

from gateway.errors import ConfigurationFault, Fact
from gateway.wire.yaml_marks import nearest

MAX_BYTES = 16 * 1024 * 1024
SINGLE = ("organisations.yaml", "directory.yaml", "routes.yaml", "divisions.yaml", "profiles.yaml", "calendar.yaml")
SHIPPED_PROFILES = "mappings/profiles.yaml"
FOLDERS = ("partners", "mappings", "codes")
BESIDE = "trust"  # what others read


def read_folder(folder: Path | None) -> dict[str, str]:
    """Return the texts in ``folder``; none when it is None or does not exist.

    Hidden entries and files that are not YAML are left alone. Raises ConfigurationFault for a YAML file that would be
    ignored where it lies, is not UTF-8, or cannot be read.
    """
    if folder is None or not folder.exists():
        return {}
    if not folder.is_dir():
        raise _fault("configuration.not_a_folder", folder.name, "this is a file, where a folder was expected")
    return {path: _text(folder / path, path) for path in sorted(_yaml_paths(folder))}


def shipped_files() -> dict[str, str]:
    """Return the mappings, code tables and profiles that come with the gateway, as ``mappings/…``."""
    return dict(_shipped(files("mappings"), "mappings"))


def together(own: Mapping[str, str], shipped: Mapping[str, str]) -> dict[str, str]:
    """Return both sets of files, normalised. Raises ConfigurationFault when an own file would hide a shipped one."""
    for path in sorted(own.keys() & shipped.keys()):
        why = "a shipped file has this path; give yours another name and let it extend the shipped one"
        raise _fault("configuration.hides_shipped", path, why)
    return {path: normalised(text) for path, text in sorted({**shipped, **own}.items())}


def translations(files: Mapping[str, str]) -> dict[str, str]:
    """Return the files among these that are mappings and code tables."""
    return {
        path: text
        for path, text in files.items()
        if path.startswith(("mappings/", "codes/")) and path != SHIPPED_PROFILES
    }


def normalised(text: str) -> str:
    """Return ``text`` with one kind of line end, without a byte order mark: the same file from every editor."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def check_path(path: str) -> None:
    """Raise ConfigurationFault when nothing would read a YAML file at ``path``."""
    pure = PurePosixPath(path)
    home = pure.parts[0] if len(pure.parts) > 1 else ""
    if pure.suffix != ".yaml":
        raise _fault("configuration.unknown_file", path, "name it .yaml", meant=str(pure.with_suffix(".yaml")))
    if path in SINGLE or home == "mappings" or (home in {"partners", "codes"} and len(pure.parts) == 2):
        return
    known = SINGLE if not home else tuple(f"{name}/{pure.name}" for name in FOLDERS)
    meant = nearest(path, known) or ", ".join([*SINGLE, *(f"{name}/" for name in FOLDERS)])
    raise _fault("configuration.unknown_file", path, f"nothing reads a file of this name; known: {meant}", meant=meant)


def _yaml_paths(folder: Path) -> Iterator[str]:
    for root, directories, names in os.walk(folder, onerror=_unreadable):
        beside = {BESIDE} if Path(root) == folder else set()
        directories[:] = sorted(name for name in directories if not name.startswith(".") and name not in beside)
        for name in names:
            path = (Path(root) / name).relative_to(folder).as_posix()
            if not name.startswith(".") and name.endswith((".yaml", ".yml")):
                check_path(path)
                if not (folder / path).is_file():  # reading a pipe would wait for its writer for ever
                    raise _fault("configuration.unreadable", path, "this is no ordinary file")
                yield path


def _unreadable(error: OSError) -> None:
    raise _fault("configuration.unreadable", Path(str(error.filename)).name, str(error.strerror)) from None


def _text(file: Path, path: str) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise _fault("configuration.unreadable", path, str(error.strerror)) from None
    if len(content) > MAX_BYTES:
        raise _fault("configuration.too_big", path, f"larger than {MAX_BYTES} bytes", limit=MAX_BYTES)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
    raise _fault("configuration.not_utf8", path, "save it as UTF-8", line=line)


def _shipped(folder: Traversable, path: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() and not entry.name.startswith(("_", ".")):
            yield from _shipped(entry, f"{path}/{entry.name}")
        elif entry.name.endswith(".yaml"):
            yield f"{path}/{entry.name}", entry.read_text(encoding="utf-8")


def _fault(code: str, path: str, why: str, *, line: int | None = None, **facts: Fact) -> ConfigurationFault:
    return ConfigurationFault(code, file=path, line=line, field=None, why=why, **facts)
