"""A row that describes a partner wrongly is told so by the field; the documented examples are the systems' own."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters.rest.adapter import Rest
from gateway.assembling import examined
from gateway.bootstrap import shipped_adapters, shipped_simulator
from gateway.configuration import from_files, shipped_files
from gateway.contract import Partner, Record, Response
from gateway.errors import ConfigurationFault, NotFound, PermanentFailure
from gateway.texts import catalogue

ROOT = Path(__file__).parents[3]
SYSTEMS = ("hotline", "municipal")


def settings(system: str) -> dict[str, Any]:
    return copy.deepcopy(dict(shipped_simulator(f"rest/{system}").partner_settings()))


def changed(system: str, path: str, value: Any) -> dict[str, Any]:
    """Return a system's settings with one of them changed; None: taken away."""
    found = settings(system)
    *way, last = path.split("/")
    inner = found
    for step in way:
        inner = inner[step]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return found


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_examples_of_the_guide_are_the_systems_own(system: str) -> None:
    for page in ("configuration.md", "configuration.zh-CN.md"):
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        [example] = re.findall(rf"```yaml\n(# partners/{system}\.yaml\n.*?)```", text, re.DOTALL)
        assert yaml.safe_load(example)["settings"] == settings(system)


@pytest.mark.parametrize(
    ("path", "value", "field", "code"),
    [
        ("in/path", None, "settings.in.path", "configuration.missing_field"),
        ("in/path", "orders", "settings.in.path", "rest.path"),
        ("in/pth", "/x", "settings.in.pth", "configuration.unknown_field_meant"),
        ("in/format", "jsn", "settings.in.format", "configuration.not_one_of_meant"),
        ("in/proof/scheme", "none", "settings.in.proof.scheme", "configuration.not_one_of"),
        ("in/proof/algorithm", "sha1", "settings.in.proof.algorithm", "configuration.not_one_of_meant"),
        ("in/proof/secret_place", None, None, None),
        ("in/proof/parameters", {"a": "header:x"}, "settings.in.proof.parameters", "rest.body_not_signed"),
        ("in/proof/parameters", {"a": "digest:sha1"}, "settings.in.proof.parameters.a", "configuration.not_one_of"),
        ("in/proof/timestamp", None, "settings.in.proof.timestamp", "rest.nonce_without_time"),
        ("in/proof/window_seconds", 0, "settings.in.proof.window_seconds", "configuration.out_of_range"),
        ("in/record/id", None, "settings.in.record.id", "configuration.missing_field"),
        ("in/documents/content", None, "settings.in.documents.content", "rest.no_content"),
        ("in/acknowledgement/body", {"a": "{nobody}", "b": 1}, "settings.in.acknowledgement.body",
         "rest.placeholder_unknown"),
        ("in/acknowledgement/codes", {"taken": 0}, "settings.in.acknowledgement.codes.taken",
         "configuration.not_one_of"),
        ("out/body", "{fields}", "settings.out.body", "rest.body_shape"),
        ("out/kinds/MediationDispatch", {"path": "x"}, "settings.out.kinds.MediationDispatch.path", "rest.path"),
        ("out/proof/secret_place", "none", "settings.out.proof.secret_place", "rest.signs_nothing"),
        ("out/answer/temporary", [0], "settings.out.answer.temporary", "rest.code_twice"),
        ("out/answer/success", None, "settings.out.answer.success", "configuration.missing_field"),
        ("out/answer/statuses", {"409": "known"}, "settings.out.answer.statuses.409", "configuration.not_one_of"),
        ("out", "yes", "settings.out", "configuration.expected_mapping"),
        ("recognises_resends", "no", "settings.recognises_resends", "configuration.not_one_of"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_told_by_its_field(path: str, value: Any, field: str | None, code: str | None) -> None:
    row = changed("municipal", path, value)
    if field is None:
        Rest(Partner(name="p", settings=row))
        return
    with pytest.raises(ConfigurationFault) as fault:
        Rest(Partner(name="p", settings=row))
    assert (fault.value.facts["field"], fault.value.code) == (field, code)
    assert fault.value.code in catalogue()


def test_a_partner_that_neither_sends_nor_receives_is_not_described() -> None:
    with pytest.raises(ConfigurationFault) as fault:
        Rest(Partner(name="p", settings={}))
    assert fault.value.code == "rest.neither_way"


def test_the_check_names_file_and_line(tmp_path: Path) -> None:
    row = yaml.safe_dump({"partner": "hotline", "adapter": "rest", "base_url": "https://h.example",
                          "settings": changed("hotline", "out/answer/unknown", "perhaps")})  # fmt: skip
    revision = from_files({**shipped_files(), "partners/hotline.yaml": row})
    [finding] = [each for each in examined(revision, shipped_adapters(), tmp_path) if each.level == "error"]
    line = 1 + next(n for n, text in enumerate(row.splitlines()) if "perhaps" in text)
    assert finding.text("zh").startswith(f"partners/hotline.yaml 第 {line} 行，settings.out.answer.unknown：")


def test_a_row_says_whether_the_partner_recognises_resends() -> None:
    assert Rest(Partner(name="p", settings=settings("hotline"))).recognises_resends
    forgetful = Rest(Partner(name="p", settings=changed("hotline", "recognises_resends", False)))
    assert isinstance(forgetful, Rest)
    assert not forgetful.recognises_resends


def answered(status: int, body: bytes, **answer: Any) -> Any:
    """Deliver a record to a hotline with these settings of its answers, and answer; return what comes of it."""
    row = settings("hotline")
    row["out"]["answer"] |= answer
    adapter = Rest(Partner(name="p", settings=row, secret=lambda _: "key"))
    exchange = adapter.deliver(Record(kind="reply", id="m-1", fields={"a": "许书宁"}))
    next(exchange)
    try:
        exchange.send(Response(status=status, body=body))
    except StopIteration as end:
        return end.value
    except Exception as error:
        return error
    raise AssertionError("it goes on")


TAKEN = b'{"code": 0, "data": {"replyId": "m-1", "caseNo": "C-1", "wait": 7}}'


@pytest.mark.parametrize(
    ("status", "body", "answer", "expected"),
    [
        (200, TAKEN, {}, "Receipt"),
        (200, TAKEN.replace(b"0,", b"1001,"), {}, "Receipt"),
        (200, TAKEN.replace(b"0,", b"4102,"), {}, "rest.delivery_refused"),
        (200, TAKEN.replace(b"0,", b"4102,"), {"unknown": "temporary"}, "rest.busy"),
        (200, TAKEN.replace(b"0,", b"401,"), {}, "rest.credentials_refused"),
        (200, TAKEN.replace(b"m-1", b"m-2"), {}, "rest.answer_of_another"),
        (409, b"<html/>", {"statuses": {"409": "duplicate"}, "echo": None}, "Receipt"),
        (409, b"{}", {}, "rest.delivery_refused"),
        (403, b"", {}, "rest.credentials_refused"),
        (200, b"<html>login</html>", {}, "rest.busy"),
        (500, TAKEN, {}, "rest.busy"),
        (422, TAKEN.replace(b"0,", b"2001,"), {}, "rest.busy"),
    ],
)
def test_what_an_answer_means_is_the_rows_to_say(status: int, body: bytes, answer: Any, expected: str) -> None:
    came = answered(status, body, **answer)
    assert getattr(came, "code", type(came).__name__) == expected
    assert "许书宁" not in f"{came!r} {came}"


def test_a_partner_that_names_a_time_in_its_answer_is_left_alone_until_then() -> None:
    assert answered(200, TAKEN.replace(b"0,", b"2001,"), retry_after="data.wait").retry_after == 7


def test_a_kind_without_a_path_and_a_document_without_a_place_are_permanent() -> None:
    adapter = Rest(Partner(name="p", settings=settings("hotline"), secret=lambda _: "key"))
    with pytest.raises(PermanentFailure) as failure:
        next(adapter.deliver(Record(kind="no-such", id="m-1")))
    assert failure.value.code == "rest.kind_without_path"


@pytest.mark.parametrize("name", ["rest/nothing", "rest/../x", "rest", "nothing/hotline"])
def test_a_system_that_there_is_not_has_no_simulator(name: str) -> None:
    with pytest.raises(NotFound):
        shipped_simulator(name)
