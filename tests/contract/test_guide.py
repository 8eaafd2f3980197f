"""The guide to adding a dialect quotes the toy, word for word, and says the same in both languages."""

from __future__ import annotations

import re

import pytest

from gateway.errors import Overloaded, StoreUnavailable, TooMany
from tests.contract.conftest import CHOICES, DIALECTS
from tests.house.tree import ROOT, headings, read
from tests.toy import ADAPTERS as TOY
from tests.toy.answers import refusal

PAGES = ("docs/adapters.md", "docs/adapters.zh-CN.md")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
QUOTED = re.compile(r"# (tests/toy/\S+)\n(.*)", re.DOTALL)


def quotations(page: str) -> list[tuple[str, str]]:
    """Return the files that a page quotes, each with the quotation."""
    found = (QUOTED.match(block) for _, block in BLOCK.findall(read(page)))
    return [(match[1], match[2]) for match in found if match]


@pytest.mark.parametrize("page", PAGES)
def test_what_the_guide_quotes_stands_in_the_toy(page: str) -> None:
    assert len(quotations(page)) >= 10
    for file, quotation in quotations(page):
        assert quotation in read(file), f"{page} quotes {file} wrongly: {quotation[:80]}"


def test_both_languages_have_the_same_sections_examples_and_tables() -> None:
    english, chinese = (read(page) for page in PAGES)
    assert [depth for depth, _ in headings(english)] == [depth for depth, _ in headings(chinese)]
    assert _examples(english) == _examples(chinese)
    rows, points = re.compile(r"^\|", re.MULTILINE), re.compile(r"^- ", re.MULTILINE)
    assert len(rows.findall(english)) == len(rows.findall(chinese))
    assert len(points.findall(english)) == len(points.findall(chinese))


@pytest.mark.parametrize("page", PAGES)
def test_the_guide_names_every_part_of_the_suite(page: str) -> None:
    parts = {path.name for path in (ROOT / "tests/contract").glob("test_contract_*.py")}
    assert parts <= set(re.findall(r"test_contract_\w+\.py", read(page)))


def test_the_suite_runs_over_the_toy_without_knowing_it() -> None:
    [toy] = [dialect for dialect in DIALECTS if dialect.name in TOY]
    assert all(any(fits(sample) for sample in toy.samples) for fits in CHOICES.values())
    names = {f'"{dialect.name}"' for dialect in DIALECTS} | {dialect.adapter.__name__ for dialect in DIALECTS}
    suite = [path for path in (ROOT / "tests/contract").glob("*.py") if path.stem != "test_suite_bites"]
    for path in suite:
        assert not [name for name in names if name in path.read_text(encoding="utf-8")], path.name


def _examples(page: str) -> list[tuple[str, str]]:
    """Return the examples of a page; a drawing of folders is in the page's own language."""
    return [(language, text) for language, text in BLOCK.findall(page) if language]


def test_the_toy_tells_who_sends_too_much_from_what_is_not_to_be_had_now() -> None:
    """As every example to go by should: 429 is the sender's to heed, 503 is ours."""
    assert refusal(TooMany(retry_after=8, seconds=8)).status == 429
    assert refusal(Overloaded()).status == refusal(StoreUnavailable()).status == 503
