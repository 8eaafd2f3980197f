"""``calendar.yaml``: part of the revision, and told by line where it contradicts itself."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.configuration import faults, from_files, pack, unpack


def test_the_calendar_is_part_of_the_revision_and_comes_back_with_it() -> None:
    bare = from_files({})
    changed = from_files({"calendar.yaml": "years: [2031]\nholidays: [2031-01-02]\n"})
    assert bare.id != changed.id
    assert 2031 in changed.calendar.years - bare.calendar.years
    assert not unpack(pack(changed)).calendar.works(date(2031, 1, 2))


@pytest.mark.parametrize(
    ("written", "code", "line"),
    [
        ("years: [2031]\nholidays: [2031-01-02]\nworking_days: [2031-01-02]\n", "configuration.day_is_both", 1),
        ("years: [31]\n", "configuration.out_of_range", 1),
        ("holiday: [2031-01-02]\n", "configuration.unknown_field_meant", 1),
    ],
)
def test_what_is_wrong_is_told_by_line(written: str, code: str, line: int) -> None:
    (fault,) = faults({"calendar.yaml": written})
    assert (fault.code, fault.facts["line"]) == (code, line)
