"""Every code that the wire and the transports raise has its text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import gateway
from gateway.texts import catalogue

ROOMS = [Path(gateway.__file__).parent / room for room in ("wire", "transports")]
CODES = {
    code
    for room in ROOMS
    for file in room.rglob("*.py")
    for code in re.findall(r'"((?:wire|auth|transport)\.[a-z_0-9]+)"', file.read_text(encoding="utf-8"))
}


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_code_that_is_raised_stands_in_the_catalogue(code):
    assert catalogue()[code].zh != catalogue()[code].en
