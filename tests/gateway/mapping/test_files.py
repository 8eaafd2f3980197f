"""Every mistake in a mapping or code table file is named with its file, line and field."""

from __future__ import annotations

import pytest

from gateway.errors import ConfigurationFault
from gateway.mapping import check_set, compile_set
from gateway.texts import catalogue
from tests.gateway.mapping.hill import files, hill, one, read

HEAD = "mapping: hill/one\nrecord: k\nmessage: progress\nrows:\n"  # rows begin on line 5
ROW = "  - {partner: a, canonical: data.text}\n"


def mistakes(text: str, codes: str | None = None) -> list[tuple[str, object, object, object]]:
    written = {"mappings/hill/one.yaml": text}
    if codes is not None:
        written["codes/hill.t.yaml"] = codes
    found = check_set(written)
    for fault in found:
        assert fault.code in catalogue()
        assert fault.facts["why"] == fault.code
        for language in ("zh", "en"):
            assert str(fault.facts["file"]) in fault.text(language)  # type: ignore[arg-type]
    return [
        (
            fault.code.removeprefix("mapping.file."),
            fault.facts["line"],
            fault.facts["field"],
            fault.facts.get("suggestion"),
        )
        for fault in found
    ]


def test_the_dialect_of_these_tests_has_none() -> None:
    assert check_set(files()) == ()


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("{partner: a, canonical: data.txt}", ("unknown_path", 6, "rows[1].canonical", "data.text")),
        ("{partner: a, canonical: data.case.nummber}", ("unknown_path", 6, "rows[1].canonical", "data.case.number")),
        ("{partner: a, canonical: data..text}", ("bad_path", 6, "rows[1].canonical", None)),
        ("{partner: 'a[', canonical: data.note}", ("bad_path", 6, "rows[1].partner", None)),
        ("{partner: a, canonical: data.documents}", ("needs_each", 6, "rows[1].canonical", None)),
        ("{partner: a, canonical: data.documents.name}", ("list_in_path", 6, "rows[1].canonical", None)),
        ("{partner: a, canonical: 'data.note[0]'}", ("not_a_list", 6, "rows[1].canonical", None)),
        ("{partner: a, canonical: data.note, each: []}", ("each_needs_list", 6, "rows[1].each", None)),
        ("{partner: a, canonical: data.note, code: t}", ("unknown_key", 6, "rows[1].code", "codes")),
        ("{partner: a, canonical: data.note, codes: hill.x}", ("unknown_table", 6, "rows[1].codes", None)),
        ("{partner: a, canonical: data.next_at, date: datetme}", ("unknown_pattern", 6, "rows[1].date", "datetime")),
        ("{partner: a, canonical: data.note, date: iso}", ("wrong_conversion", 6, "rows[1].date", None)),
        ("{partner: a, canonical: data.note, money: fen}", ("wrong_conversion", 6, "rows[1].money", None)),
        ("{partner: a, canonical: data.note, money: jiao}", ("not_one_of", 6, "rows[1].money", None)),
        ("{partner: a, canonical: data.next_at, date: iso, directory: organisation}",
         ("two_conversions", 6, "rows[1].directory", None)),
        ("{partner: a, canonical: data.stage, default: strated}", ("not_allowed", 6, "rows[1].default", "started")),
        ("{partner: a, canonical: data.note, when: {canonical: data.stage, is: x}}",
         ("not_allowed", 6, "rows[1].when", None)),
        ("{partner: a, canonical: data.note, when: {is: x}}", ("missing_key", 6, "rows[1].when", None)),
        ("{partner: [a, b], canonical: data.note}", ("needs_join", 6, "rows[1].partner", None)),
        ("{partner: [a, b], canonical: data.note, join: '', write_to: c}",
         ("write_to_elsewhere", 6, "rows[1].write_to", None)),
        ("{partner: [a, b], canonical: data.note, join: '', only: write}", ("never_writes", 6, "rows[1]", None)),
        ("{constant: x, canonical: data.note, only: write}", ("never_writes", 6, "rows[1]", None)),
        ("{constant: x, partner: a, canonical: data.note}", ("constant_one_side", 6, "rows[1].constant", None)),
        ("{partner: a}", ("missing_key", 6, "rows[1].canonical", None)),
        ("{partner: id, canonical: id, only: read}", ("own_field", 6, "rows[1].canonical", None)),
        ("{partner: b, canonical: data.text}", ("duplicate_canonical", 6, "rows[1].canonical", None)),
        ("{partner: a, canonical: data.note}", ("duplicate_partner", 6, "rows[1].partner", None)),
        ("{partner: a.b, canonical: data.note}", ("duplicate_partner", 6, "rows[1].partner", None)),
        ("{partner: a, canonical: data.note, required: 1}", ("wrong_shape", 6, "rows[1].required", None)),
        ("{partner: a, canonical: data.note, unknown_code: keep}",
         ("keep_needs_text", 6, "rows[1].unknown_code", None)),
        ("{partner: a, partner: b, canonical: data.note}", ("duplicate_key", 6, "rows[1].partner", None)),
        ("{partner: a, canonical: [}", ("syntax", 6, "", None)),
        ("{partner: b, canonical: 'data.documents[kind=rulng].name'}", ("not_allowed", 6, "rows[1].canonical", None)),
    ],
)  # fmt: skip
def test_a_mistake_in_a_row_is_named(row: str, expected: tuple[str, int, str, str | None]) -> None:
    assert expected in mistakes(HEAD + ROW + f"  - {row}\n")


def test_a_mistake_in_a_nested_row_is_named_where_it_stands() -> None:
    text = (
        HEAD + "  - partner: a\n    canonical: data.documents\n    each:\n      - partner: b\n        canonical: nam\n"
    )
    assert mistakes(text) == [("unknown_path", 9, "rows[0].each[0].canonical", "name")]


def test_all_mistakes_are_found_at_once_and_the_first_is_raised() -> None:
    text = HEAD + "  - {partner: a, canonical: data.txt}\n  - {partner: b, canonical: data.note, date: iso}\n"
    assert [line for _, line, _, _ in mistakes(text)] == [5, 6]
    with pytest.raises(ConfigurationFault) as error:
        compile_set({"mappings/hill/one.yaml": text})
    assert (error.value.facts["file"], error.value.facts["line"]) == ("mappings/hill/one.yaml", 5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("not_a_mapping", 1, "", None)),
        ("- 1\n", ("not_a_mapping", 1, "", None)),
        ("a: &x 1\nb: *x\n", ("alias", 2, "", None)),
        ("a: " + "[" * 60 + "]" * 60 + "\n", ("too_deep", 1, None, None)),
        ("mapping: hill/one\nrecord: k\nmesage: progress\n", ("unknown_key", 3, "mesage", "message")),
        ("mapping: hill/one\nrecord: k\n", ("missing_key", 1, "message", None)),
        ("mapping: hill/one\nrecord: k\nmessage: progres\n", ("unknown_message", 3, "message", "progress")),
        ("mapping: one\nrecord: k\nmessage: progress\n", ("name_without_adapter", 1, "mapping", None)),
        ("mapping: hill/one\nrecord: k\nmessage: progress\ndirection: up\n", ("not_one_of", 4, "direction", None)),
        ("mapping: hill/one\nrecord: k\nmessage: person\nattachments: {}\n", ("no_documents", 4, "attachments", None)),
        ("extends: hill/two\n", ("unknown_mapping", 1, "extends", None)),
        ("mapping: hill/one\nrecord: k\nmessage: progress\nrows: {}\n", ("wrong_shape", 4, "rows", None)),
    ],
)
def test_a_mistake_in_a_file_is_named(text: str, expected: tuple[str, int, str | None, str | None]) -> None:
    found = mistakes(text)
    assert any(all(want is None or want == got for want, got in zip(expected, one, strict=True)) for one in found), (
        found
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("table: hill.t\nentries:\n  - {partner: 01, canonical: started}\n  - {partner: '01', canonical: other}\n",
         ("duplicate_code", 4, "entries[1].partner", None)),
        ("table: hill.t\nentries:\n  - {partner: 01, canonical: strated}\n",
         ("not_allowed", 3, "entries[0].canonical", "started")),
        ("table: hill.t\ncanonical: data.dispute.typ\nentries: []\n",
         ("unknown_path", 2, "canonical", "data.dispute.type")),
        ("table: hill.t\ncanonical: data.dispute.type\nentries:\n  - {partner: 1, canonical: campuss}\n",
         ("not_allowed", 4, "entries[0].canonical", "campus")),
        ("table: hill.t\nentries:\n  - {partner: 1, canonical: other, preferred: true}\n"
         "  - {partner: 2, canonical: other, preferred: true}\n", ("two_preferred", 4, "entries[1].preferred", None)),
        ("table: hill.t\nentries:\n  - {canonical: other}\n", ("missing_key", 3, "entries[0].partner", None)),
        ("table: hill.t\nextends: true\nentries: []\n", ("unknown_table", 1, "table", None)),
    ],
)  # fmt: skip
def test_a_mistake_in_a_code_table_is_named_in_the_table(text: str, expected: tuple[str, int, str, str | None]) -> None:
    found = mistakes(HEAD + "  - {partner: a, canonical: data.stage, codes: hill.t}\n", text)
    assert expected in found


def test_two_files_that_always_apply_are_one_too_many() -> None:
    one_more = {"mappings/hill/two.yaml": "mapping: hill/two\nrecord: k\nmessage: progress\n"}
    found = check_set({"mappings/hill/one.yaml": HEAD + ROW, **one_more})
    assert [fault.code for fault in found] == ["mapping.file.ambiguous_read", "mapping.file.ambiguous_write"]
    assert (
        check_set({**one_more, "mappings/hill/one.yaml": "when: {partner: x, is: 1}\ndirection: read\n" + HEAD + ROW})
        == ()
    )


def test_two_lists_may_not_fill_one_without_saying_which_items_are_whose() -> None:
    rows = """
  - {partner: a, canonical: data.parties, each: [{partner: xm, canonical: name}]}
  - {partner: b, canonical: 'data.parties[0].name'}
"""
    found = mistakes(HEAD.replace("progress", "escalation") + rows)
    assert ("duplicate_canonical", 7, "rows[1].canonical", None) in found


def test_yaml_is_taken_at_its_least_clever() -> None:
    meanings = {"0101": "contacted", "NO": "started", "1:30": "other"}
    codes = "".join(f"  - {{partner: {code}, canonical: {stage}}}\n" for code, stage in meanings.items())
    rows = (
        "  - {partner: jd, canonical: data.stage, codes: hill.t}\n  - {partner: a, canonical: data.case.partner_id}\n"
    )
    mappings = one(rows, codes)
    for code, stage in meanings.items():
        reading = read("k", {"jd": code, "a": "1"}, mappings)
        assert reading.message is not None
        assert reading.message.data.stage == stage
    assert mappings.tables["hill.t"].written == {stage: code for code, stage in meanings.items()}


def test_nothing_of_a_file_gets_into_the_compiled_source_unquoted() -> None:
    key = "x'); raise SystemExit(1) #\\"
    quoted = key.replace("'", "''")
    rows = f"""
  - {{partner: a, canonical: data.case.partner_id}}
  - {{constant: started, canonical: data.stage}}
  - {{partner: '{quoted}', canonical: data.text, strip: '{quoted}'}}
  - {{constant: '{quoted}', canonical: data.note}}
"""
    reading = read("k", {"a": "1", key: f"{key}谈过"}, one(rows))
    assert reading.message is not None
    assert (reading.message.data.text, reading.message.data.note) == ("谈过", key)


def test_the_source_is_kept_for_inspection() -> None:
    sources = hill().mappings[0].sources
    assert sources["read"].startswith("def read(f, run):")
    assert sources["write"].startswith("def write(m, out, run):")
