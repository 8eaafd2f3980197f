"""Whatever comes to the door of the common language is answered as RFC 9457 has it, and nothing personal is logged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.canonical.messages import TYPES
from tests.contract.conftest import DIALECTS
from tests.contract.effort import effort
from tests.contract.running_gateway import (
    CANARY,
    CANARY_NUMBER,
    Answer,
    RunningGateway,
    header_values,
    require_quiet,
    running,
)
from tests.contract.test_contract_decoding import ANYTHING, BOMBS
from tests.strategies import messages

# The gateway is served from this process and rolls its dice (for the next attempt) while examples are drawn.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")
PARTNER = DIALECTS[0].name
HEADS = (b"", b"POST /v1/messages HTTP/1.1\r\n", b"GET / HTTP/1.1\r\n\r\n")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """One gateway for all these tests: it has to live through them."""
    with running(tmp_path_factory.mktemp("gateway"), DIALECTS) as found:
        yield found


@pytest.fixture(autouse=True)
def quiet(gateway: RunningGateway) -> Iterator[None]:
    """Require after every test that the gateway is ready and its logs hold no fault and nothing personal."""
    gateway.said()
    yield
    require_quiet(gateway, set())


def require_problem_or_results(answer: Answer) -> Any:
    """Require a problem document for a refusal, results for anything else; never a fault."""
    assert answer.status < 500, (answer.status, answer.body[:500])
    assert b"Traceback" not in answer.body
    told = json.loads(answer.body)
    if answer.kind == "application/problem+json":
        assert {"type", "title", "status", "detail", "code", "texts"} <= set(told)
        assert told["status"] == answer.status
        assert set(told["texts"]) == {"zh", "en"}
    else:
        assert {"receipt", "fate"} <= set(told["results"][0])
    return told


@effort(80)
@given(body=st.binary(max_size=300), headers=st.data())
def test_any_bytes_from_anybody_are_answered(gateway: RunningGateway, body: bytes, headers: st.DataObject) -> None:
    names = st.sampled_from(
        ["x-partner", "authorization", "webhook-id", "webhook-timestamp", "webhook-signature", "accept-language",
         "content-type", "traceparent"]
    )  # fmt: skip
    values = header_values() | st.sampled_from([PARTNER, "Bearer x", f"Bearer {CANARY_NUMBER}", "Bearer "])
    drawn = headers.draw(st.dictionaries(names, values))
    answer = gateway.ask("POST", "/v1/messages", headers=drawn, body=body)
    require_problem_or_results(answer)
    assert answer.status in (401, 404)


@effort(80)
@given(body=st.binary(max_size=300) | ANYTHING.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_from_a_partner_are_answered(gateway: RunningGateway, body: bytes) -> None:
    require_problem_or_results(gateway.say(PARTNER, body))


@effort(80)
@given(value=ANYTHING, data=st.data())
def test_an_envelope_around_anything_is_judged(gateway: RunningGateway, value: Any, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from([f"fengqiao.{name}" for name in TYPES]) | st.text(max_size=10))
    inside = data.draw(st.just(value) | st.dictionaries(st.sampled_from(["documents", "case", "parties"]), ANYTHING))
    body = {"type": kind, "id": data.draw(ANYTHING), "time": data.draw(ANYTHING), "data": inside, "source": CANARY}
    several = data.draw(st.booleans())
    require_problem_or_results(
        gateway.say(PARTNER, json.dumps({"messages": [body, value]} if several else body).encode())
    )


@effort(40)
@given(data=st.data())
def test_a_message_with_any_part_replaced_is_judged(gateway: RunningGateway, data: st.DataObject) -> None:
    message = data.draw(messages(data.draw(st.sampled_from(sorted(TYPES)))))
    plain = json.loads(message.model_dump_json())
    plain["data"]["note"] = CANARY
    for name in data.draw(st.lists(st.sampled_from(sorted(plain["data"])), max_size=2)):
        plain["data"][name] = data.draw(ANYTHING)
    require_problem_or_results(gateway.say(PARTNER, json.dumps(plain).encode()))


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_a_problem(gateway: RunningGateway, bomb: str) -> None:
    answer = gateway.say(PARTNER, BOMBS[bomb])
    require_problem_or_results(answer)
    assert 400 <= answer.status < 500


@effort(60)
@given(raw=st.binary(max_size=200), head=st.sampled_from(HEADS))
def test_what_is_no_request_at_all_harms_nobody(gateway: RunningGateway, raw: bytes, head: bytes) -> None:
    answer = gateway.shout(head + raw)
    assert not answer.startswith(b"HTTP/1.1 5")
    assert b"Traceback" not in answer


@pytest.mark.parametrize("language", ["zh", "en", "en;q=0.1, zh;q=0.9", "tlh", "", "q=;;,,=", "*;q=x"])
def test_a_problem_speaks_the_language_that_is_asked_for(gateway: RunningGateway, language: str) -> None:
    answer = gateway.say("nobody", b"{}", **{"accept-language": language})
    told = require_problem_or_results(answer)
    assert told["detail"] == told["texts"]["en" if language == "en" else "zh"]
