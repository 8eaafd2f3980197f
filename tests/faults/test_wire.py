"""What crosses a detour is seen in either direction: pushed to a partner, or handed to one that collects."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.faults.cast import FURTHER, HOTLINE, MAIN, PARTS, subscribers
from tests.faults.wire import Watch
from tests.faults.words import REMARK, TYPES

MARK = "MK-a1-1"


def answered(body: Any) -> bytes:
    content = json.dumps(body).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(content) + content


def posted(body: bytes) -> bytes:
    return b"POST /door HTTP/1.1\r\nhost: here\r\ncontent-length: %d\r\n\r\n" % len(body) + body


def test_what_a_collecting_partner_is_handed_has_crossed_each_time_and_under_its_id() -> None:
    watch = Watch()
    connection = watch.collecting("hamlet")
    handed = {"messages": [{"id": "m-1", "message": {"data": {"note": f"第{MARK}号"}}}], "cursor": "c"}
    for _ in range(2):
        connection.sent(b"GET /v1/mailbox HTTP/1.1\r\nhost: here\r\n\r\n")
        connection.answered(answered(handed))
    assert [(each.receiver, each.mark, each.id) for each in watch.crossings] == [("hamlet", MARK, "m-1")] * 2


@pytest.mark.parametrize("said", [{"messages": []}, {"receipts": [MARK]}, [MARK], MARK, None])
def test_an_answer_that_hands_nothing_out_has_not_crossed(said: Any) -> None:
    watch = Watch()
    watch.collecting("hamlet").answered(answered(said))
    assert watch.crossings == []


def test_a_part_says_how_the_id_is_found_in_what_is_pushed_to_it() -> None:
    watch = Watch()
    (hotline,) = (part for part in FURTHER if part.name == HOTLINE)
    assert hotline.number is not None
    connection = watch.connection(HOTLINE, hotline.number, hotline.text)
    connection.sent(posted(f'{{"replyId": "m-7", "content": {{"remark": "第{MARK}号"}}}}'.encode()))
    connection.answered(answered({"code": 0, "data": {"caseNo": "R-1"}}))
    (crossing,) = watch.crossings
    assert (crossing.mark, crossing.id, crossing.answer["code"]) == (MARK, "m-7", 0)


def test_whoever_subscribed_gets_a_copy_unless_it_does_not_play_or_has_said_it() -> None:
    everybody = [part.name for part in PARTS]
    assert HOTLINE in subscribers("success", "village", everybody)
    assert subscribers("success", "village", [part.name for part in MAIN]) == ()
    assert HOTLINE not in subscribers("success", HOTLINE, everybody)


def test_every_further_partner_subscribes_to_something_that_is_said_or_says_something_itself() -> None:
    assert all(part.copies <= set(TYPES.values()) for part in FURTHER)
    assert all(part.copies or part.actor.adapter in REMARK for part in FURTHER)
