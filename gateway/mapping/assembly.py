"""Make a mapping set of files, or say everything that is wrong with them.

{path: YAML} ─► parse ─► code tables ─► drafts ─► compile ─► who is chosen when ─► MappingSet
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import PurePosixPath

from gateway.canonical.messages import TYPES
from gateway.errors import ConfigurationFault
from gateway.mapping.checks import table_values
from gateway.mapping.codes import CodeTable, TableFile, tables
from gateway.mapping.compiler import Compiled, compiled
from gateway.mapping.drafts import drafts
from gateway.mapping.files import Problems, Source, Spec, SpecType, check, parse, suggestion
from gateway.mapping.mapping_set import MappingSet
from gateway.mapping.paths import Field, PathFault, canonical_path, every_path, resolve
from gateway.mapping.rows import MappingFile


def compile_set(files: Mapping[str, str]) -> MappingSet:
    """Compile mapping and code table files: {relative path: YAML text}; a folder ``codes`` holds code tables.

    The same files are compiled once in a process: most new configurations change a partner's row and no mapping.
    Raises ConfigurationFault (file, line, field, why) for the first mistake; ``check_set`` returns all of them.
    """
    return _compiled_once(tuple(sorted(files.items())))


def check_set(files: Mapping[str, str]) -> tuple[ConfigurationFault, ...]:
    """Return everything that is wrong with the files, by file and line."""
    _, faults = _assembled(files)
    return tuple(sorted(faults, key=lambda fault: (str(fault.facts.get("file")), int(fault.facts.get("line") or 0))))


@lru_cache(maxsize=4)
def _compiled_once(files: tuple[tuple[str, str], ...]) -> MappingSet:
    found, faults = _assembled(dict(files))
    if faults:
        raise faults[0]
    return found


def _assembled(files: Mapping[str, str]) -> tuple[MappingSet, list[ConfigurationFault]]:
    problems = Problems()
    sources = list(_parsed(files, problems))
    codes = tables(list(_specs(sources, TableFile, problems)), problems)
    for table in codes.values():
        _check_table(table, problems)
    laid = drafts(list(_specs(sources, MappingFile, problems)), problems)
    found = [compiled(draft, codes, problems) for draft in laid]
    mappings = [mapping for mapping in found if mapping is not None]
    _check_choice(mappings, problems)
    return MappingSet(mappings, codes), problems.faults


def _parsed(files: Mapping[str, str], problems: Problems) -> Iterator[Source]:
    for file in sorted(files):
        try:
            yield parse(file, files[file])
        except ConfigurationFault as fault:
            problems.add(fault)


def _specs(sources: Sequence[Source], spec: type[SpecType], problems: Problems) -> Iterator[tuple[Source, SpecType]]:
    for source in sources:
        if _kind(source) is not spec:
            continue
        found, faults = check(source, spec)
        problems.add(*faults)
        if found is not None:
            yield source, found


def _kind(source: Source) -> type[Spec]:
    return TableFile if "codes" in PurePosixPath(source.file).parts[:-1] else MappingFile


def _check_table(table: CodeTable, problems: Problems) -> None:
    """Check a table against the field that it says it is for, in whatever message that is."""
    if table.canonical is None:
        return
    leaf = _leaf(table.canonical)
    if leaf is None:
        known = {path for model in TYPES.values() for path in every_path(model)}
        meant = suggestion(table.canonical, known)
        problems.add(
            table.source.fault("mapping.file.unknown_path", ("canonical",), name=table.canonical, suggestion=meant)
        )
    else:
        problems.add(*table_values(table, leaf))


def _leaf(path: str) -> Field | None:
    """Return the field of a path; ``[]`` may be written behind a list, as the documentation does."""
    for model in TYPES.values():
        for written in (path.replace("[]", "[0]"), path.removesuffix("[]")):
            try:
                return resolve(model, canonical_path(written))[-1]
            except PathFault:
                continue
    return None


def _check_choice(mappings: Sequence[Compiled], problems: Problems) -> None:
    """Two files that always apply to the same record, or the same message, are one too many."""
    seen: set[tuple[str, ...]] = set()
    for mapping in mappings:
        for way, used, tests, what in (
            ("read", mapping.reads, mapping.read_if, mapping.record),
            ("write", mapping.writes, mapping.write_if, mapping.message),
        ):
            key = (way, mapping.adapter, mapping.partner or "", what)
            if used and not tests and key in seen:
                place = ("record",) if way == "read" else ("message",)
                problems.add(mapping.draft.source.fault(f"mapping.file.ambiguous_{way}", place, name=what))
            seen.update([key] if used and not tests else [])
