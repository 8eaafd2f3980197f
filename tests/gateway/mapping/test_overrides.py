"""What an administrator changes: a shipped mapping for everybody or for one partner, and the code tables."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

from gateway.contract import Record
from gateway.mapping import MappingSet, compile_set, mapping_file_schema, table_file_schema
from gateway.mapping.files import parse
from tests.gateway.mapping.hill import BASE, Codes, files, hill

BASE_FILE = """
mapping: hill/note
record: note
message: progress
rows:
  - {partner: ajbh, canonical: data.case.partner_id}
  - {partner: jd, canonical: data.stage, codes: hill.stage}
  - {partner: nr, canonical: data.text}
  - {partner: bz, canonical: data.note}
"""
STAGES = "table: hill.stage\nentries:\n  - {partner: 1, canonical: contacted}\n  - {partner: 2, canonical: started}\n"
FIELDS = {"ajbh": "A-1", "jd": 1, "nr": "谈过", "bz": "无", "nr2": "又谈"}


def notes(**more: str) -> MappingSet:
    named = {f"{'codes' if 'stage' in name else 'mappings'}/{name}.yaml": text for name, text in more.items()}
    return compile_set({"mappings/hill/note.yaml": BASE_FILE, "mappings/codes/hill.stage.yaml": STAGES, **named})


def data(mappings: MappingSet, partner: str, **fields: Any) -> Any:
    made = Record(kind="note", id="1", fields={**FIELDS, **fields})
    reading = mappings.read("hill", partner, made, directory=Codes(), base=BASE)
    assert reading.message is not None, [fault.code for fault in reading.faults]
    return reading.message.data


def back(mappings: MappingSet, partner: str, **fields: Any) -> Any:
    made = Record(kind="note", id="1", fields={**FIELDS, **fields})
    message = mappings.read("hill", partner, made, directory=Codes(), base=BASE).message
    assert message is not None
    return mappings.write("hill", partner, message, directory=Codes()).record.fields


def test_a_row_for_one_partner_replaces_the_shipped_one_for_that_partner_only() -> None:
    mappings = notes(p="extends: hill/note\npartner: hill-2\nrows:\n  - {partner: nr2, canonical: data.text}\n")
    assert data(mappings, "hill-1").text == "谈过"
    assert data(mappings, "hill-2").text == "又谈"
    assert back(mappings, "hill-2") == {"ajbh": "A-1", "jd": 1, "nr2": "又谈", "bz": "无"}


def test_a_row_for_one_direction_leaves_the_other_as_shipped() -> None:
    mappings = notes(
        p="extends: hill/note\npartner: hill-2\nrows:\n  - {partner: nr2, canonical: data.text, only: read}\n"
    )
    assert data(mappings, "hill-2").text == "又谈"
    assert back(mappings, "hill-2")["nr"] == "又谈"


def test_rows_can_be_dropped_and_added() -> None:
    mappings = notes(
        p="extends: hill/note\npartner: hill-2\ndrop: [data.note]\nrows:\n  - {partner: bz, canonical: data.case.leg}\n"
    )
    made = data(mappings, "hill-2", bz="3")
    assert (made.note, made.case.leg) == (None, 3)


def test_a_change_for_everybody_lies_under_a_partners_own() -> None:
    mappings = notes(
        all="extends: hill/note\nrows:\n  - {partner: nr2, canonical: data.text}\n",
        p="extends: hill/note\npartner: hill-2\nrows:\n  - {partner: nr, canonical: data.note}\ndrop: [data.note]\n",
    )
    assert data(mappings, "hill-1").text == "又谈"
    assert (data(mappings, "hill-2").text, data(mappings, "hill-2").note) == ("又谈", "谈过")
    assert {mapping.name for mapping in mappings.mappings} == {"hill/note", "hill/note@hill-2"}


def test_the_policy_for_unknown_codes_can_be_a_partners() -> None:
    mappings = notes(p="extends: hill/note\npartner: hill-2\nunknown_code: reject\n")
    made = Record(kind="note", id="1", fields={**FIELDS, "jd": 9})
    verdicts = [
        mappings.read("hill", partner, made, directory=Codes(), base=BASE).verdict for partner in ("hill-1", "hill-2")
    ]
    assert verdicts == ["held", "refused"]


def test_an_administrator_adds_to_a_code_table_and_replaces_in_it() -> None:
    mappings = notes(
        stage_own="table: hill.stage\nextends: true\nentries:\n"
        "  - {partner: 1, canonical: other}\n  - {partner: 3, canonical: started, preferred: true}\n"
    )
    assert [data(mappings, "hill-1", jd=code).stage for code in (1, 2, 3)] == ["other", "started", "started"]
    assert back(mappings, "hill-1", jd=2)["jd"] == 3


def test_a_mapping_of_ones_own_is_for_its_partner() -> None:
    own = "mapping: hill/own\npartner: hill-3\nrecord: own\nmessage: progress\nrows:\n"
    own += "  - {partner: a, canonical: data.case.partner_id}\n  - {constant: other, canonical: data.stage}\n"
    mappings = notes(own=own)
    made = Record(kind="own", id="1", fields={"a": "A-1"})
    assert mappings.read("hill", "hill-3", made, directory=Codes(), base=BASE).mapping == "hill/own"
    assert mappings.read("hill", "hill-1", made, directory=Codes(), base=BASE).verdict == "held"
    assert data(mappings, "hill-3").text == "谈过"


def test_the_schemas_describe_the_files_that_are_there() -> None:
    for path, text in files().items():
        schema = table_file_schema() if "/codes/" in path else mapping_file_schema()
        Draft202012Validator(schema).validate(parse(path, text).value)
    wrong = {"mapping": "hill/x", "rows": [{"partner": "a", "canonicle": "data.text"}]}
    assert not Draft202012Validator(mapping_file_schema()).is_valid(wrong)


def test_an_empty_set_holds_everything() -> None:
    reading = compile_set({}).read("hill", "x", Record(kind="k", id="1"), directory=Codes(), base=BASE)
    assert reading.verdict == "held"
    assert hill().mappings
