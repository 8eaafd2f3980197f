"""Logs that may be shown to anybody."""

import asyncio
import io
import json
import logging
import subprocess
import sys
from datetime import UTC, datetime

import pytest
import structlog

from gateway.errors import PermanentFailure
from gateway.logs import about, configure

NAME, NUMBER, PHONE = "王小示", "500242199001011238", "13800138000"


@pytest.fixture
def lines():
    """Return a function that gives what was logged, one object per line."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure(level="debug", json=True, stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def log():
    return structlog.get_logger("fengqiao.test")


def test_an_event_carries_its_time_level_logger_and_details(lines):
    log().info("delivery.closed", delivery_id="d1", attempts=2, seconds=0.5, due_at=datetime(2022, 8, 20, tzinfo=UTC))
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "delivery.closed", "level": "info", "logger": "fengqiao.test", "delivery_id": "d1", "attempts": 2,
        "seconds": 0.5, "due_at": "2022-08-20 00:00:00+00:00",
    }  # fmt: skip


def test_a_detail_under_a_key_that_is_not_on_the_list_is_dropped_and_the_key_is_named(lines):
    log().info("record.kept", name=NAME, body={"xm": NAME}, partner="court")
    (line,) = lines()
    assert line["dropped"] == ["body", "name"]
    assert line["partner"] == "court"
    assert NAME not in json.dumps(line, ensure_ascii=False)


def test_long_numbers_are_masked_and_ids_are_not(lines):
    message_id = "0182b9a0-0000-7000-8000-000000000001"
    log().info(f"seen {NUMBER}", message_id=message_id, path=f"/cases/{PHONE}", why=f"x{PHONE} {PHONE}")
    (line,) = lines()
    assert line["event"] == "seen ***"
    assert line["path"] == "/cases/***"
    assert line["message_id"] == message_id


def test_a_value_that_is_no_plain_value_is_replaced_by_its_type(lines):
    log().info("x", state={"xm": NAME}, code=object(), status=["a", {"xm": NAME}])
    (line,) = lines()
    assert (line["state"], line["code"], line["status"]) == ("<dict>", "<object>", ["a", "<dict>"])


def test_a_line_break_cannot_forge_a_second_line(lines):
    log().info("x", partner="court\n{} \u2028 \x1b[31m")
    assert len(lines()) == 1
    assert lines()[0]["partner"] == "court {}    [31m"


def test_ids_bound_around_a_task_are_on_every_event_inside_and_gone_after(lines):
    async def one(case):
        with about(case_id=case, partner="court"):
            await asyncio.sleep(0)
            log().info("inside")

    async def both():
        await asyncio.gather(one("c1"), one("c2"))
        log().info("outside")

    asyncio.run(both())
    found = [line for line in lines() if line["logger"] == "fengqiao.test"]
    assert [line.get("case_id") for line in found] == ["c1", "c2", None]


def test_an_exception_is_logged_by_type_cause_and_place_without_its_words(lines):
    def read():
        raise KeyError(NAME)

    try:
        try:
            read()
        except KeyError as error:
            raise ValueError(f"bad record {NAME} {NUMBER}") from error
    except ValueError:
        log().exception("record.fault", partner="court")
    (line,) = lines()
    assert line["exception"] == "ValueError from KeyError"
    assert line["frames"][-1].startswith("gateway/test_logs.py:")
    assert NAME not in json.dumps(line, ensure_ascii=False)


def test_an_error_of_the_gateway_is_logged_with_its_code(lines):
    log().error("delivery.dead", exc_info=PermanentFailure("delivery.permanent", reason="x"))
    assert lines()[0]["code"] == "delivery.permanent"


def test_a_librarys_warning_is_logged_without_its_arguments_and_its_chatter_not_at_all(lines):
    library = logging.getLogger("somelibrary.pool")
    library.info("connecting %s", NAME)
    library.warning("could not parse %s at %s\n%s", NAME, "https://a.example/x?token=s3cret", NUMBER)
    (line,) = lines()
    assert line["event"] == "could not parse %s at %s"
    assert line["level"] == "warning"


def test_an_address_in_a_librarys_text_loses_its_query(lines):
    logging.getLogger("somelibrary").warning("gave up on https://a.example/x?token=s3cret after 3")
    assert lines()[0]["event"] == "gave up on https://a.example/x after 3"


def test_uvicorns_access_line_becomes_an_event_without_query_and_caller(lines):
    logging.getLogger("uvicorn.access").info(
        '%s - "%s %s HTTP/%s" %d', "10.0.0.7:5", "POST", "/partners/court/cases?sign=abc", "1.1", 200
    )
    logging.getLogger("uvicorn.error").info("Started server process [%d]", 4711)
    access, started = lines()
    assert (access["event"], access["method"], access["http_status"]) == ("http.request", "POST", 200)
    assert access["path"] == "/partners/court/cases"
    assert "10.0.0.7" not in json.dumps(access)
    assert started["event"] == "Started server process [4711]"


def test_text_for_people_is_as_safe_as_json():
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    try:
        configure(level="info", json=False, stream=stream)
        log().info("record.kept", partner="court", name=NAME, why=PHONE)
        log().debug("unseen")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        structlog.reset_defaults()
    (line,) = stream.getvalue().splitlines()
    assert "record.kept" in line
    assert "partner=court" in line
    assert NAME not in line
    assert PHONE not in line


def test_importing_the_module_configures_nothing():
    code = "import gateway.logs, logging, structlog; print(logging.getLogger().handlers, structlog.is_configured())"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.split() == ["[]", "False"]
