"""The court certifies that a party performed of its own accord: a genuine certificate goes out, and no other does."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.court_oa.simulator_signing.ruling import Certificate
from gateway.errors import GatewayError, StoreUnavailable
from gateway.store import clock_calls, rulings
from gateway.store.engine import writing
from tests.gateway.store.conftest import postgres, postgres_url, sqlite_url, store_url
from tests.stories.courtroom import COURT, NAMES, OFFICE, TRIBUNAL, VILLAGE, Courtroom, courtroom, write_trust

__all__ = ["postgres", "postgres_url", "sqlite_url", "store_url"]
NUMBER = "(2026)示履证第3号"
Row = dict[str, Any]


@pytest.fixture
async def court(tmp_path: Path, store_url: str) -> AsyncIterator[Courtroom]:
    """A court that ruled on an application, whose ruling is performed now."""
    async with courtroom(tmp_path, store_url=store_url) as opened:
        await opened.agree()
        await opened.apply()
        chores = opened.gateway.clockwork
        chores.chores = [each for each in chores.chores if each.name != "rulings"]
        yield opened


def signed(here: Courtroom, form: str = "ofd", **other: Any) -> bytes:
    """Return a certificate of this case with the court's own seal; ``other``: what it says otherwise."""
    of, says = here.bench.ruling, {"case_number": here.number, "parties": NAMES, "number": NUMBER, **other}
    bench = replace(here.bench, ruling=Certificate(**{"court": of.court, "issued_on": of.issued_on, **says}))
    return (bench.sealed_ofd if form == "ofd" else bench.sealed_pdf)(wanted=here.bench.wanted)


async def certify(court: Courtroom, octets: bytes, *, seen: bool = True, **order: Any) -> Row:
    """Have the court send a certificate back, and the gateway do with it what it does; return its row."""
    fields = {"zmsbh": NUMBER, **order.pop("fields", {})}
    await court.decide("certificate", content_base64=base64.b64encode(octets).decode(), fields=fields, **order)
    if not seen:
        return {}
    await court.work()
    (row,) = [each for each in court.rulings() if each["paper"] == "certificate"]
    return row


@pytest.mark.parametrize("form", ["ofd", "pdf"])
async def test_a_genuine_certificate_reaches_its_holder_byte_for_byte(court: Courtroom, form: str) -> None:
    octets = signed(court, form)
    row = await certify(court, octets, format=form)
    assert (row["state"], row["code"]) == ("SERVED", None)
    (got,) = [each for each in await court.fetch(VILLAGE) if each["type"] == "fengqiao.certificate"]
    assert got["files"] == [octets]
    others = [each["type"] for name in (TRIBUNAL, OFFICE) for each in await court.fetch(name)]
    assert "fengqiao.certificate" not in others, "it is not theirs"
    (answer,) = await court.at_court("yqtz")
    assert (answer["fields"]["wsbs"], answer["fields"]["cljg"]) == (NUMBER, "1")
    await court.work()
    assert court.due_of("certificate") == [(VILLAGE, "delivered")], "once"
    assert court.review()["state"] == "REVIEWING", "a certificate moves no application"


@pytest.mark.parametrize(
    ("file", "message", "code"),
    [
        ({"parties": ("许书宁", "柏清源")}, {}, "rulings.certified.other_counterpart"),
        ({"parties": ("柏清源", "冉明溪")}, {}, "rulings.certified.other_performer"),
        ({"parties": ("柏清源", "冉明溪")}, {"lxr": "柏清源"}, "rulings.certified.not_a_party"),
        ({"number": "(2026)示履证第4号"}, {}, "rulings.certified.other_number"),
        ({"case_number": "(2026)渝0242诉前调确9号"}, {}, "rulings.certified.other_basis"),
        (
            {"case_number": "(2026)渝0242诉前调确9号"}, {"yjwsbh": "(2026)渝0242诉前调确9号"},
            "rulings.certified.ruling_of_another",
        ),
        ({"court": "重庆市样例县人民法院"}, {}, "rulings.binding.seal_of_another"),
    ],
)  # fmt: skip
async def test_a_certificate_with_the_right_seal_about_something_else_goes_to_nobody(
    court: Courtroom, file: Row, message: Row, code: str
) -> None:
    row = await certify(court, signed(court, **file), fields=message)
    assert (row["state"], row["code"]) == ("QUARANTINED", code)
    assert court.due_of("certificate") == []
    assert [each for each in await court.fetch(VILLAGE) if each["type"] == "fengqiao.certificate"] == []
    with pytest.raises(GatewayError):
        await court.gateway.deciding.decide(row["message_id"], release=True, name="许知微", reason="看起来没有问题")
    (answer,) = await court.at_court("yqtz")
    assert answer["fields"]["cljg"] == "3"
    assert code in [each["dm"] for each in answer["fields"]["jcjg"] if each["jl"] == "2"]


async def test_a_certificate_with_a_changed_page_goes_to_nobody(court: Courtroom) -> None:
    def changed(files: dict[str, bytes]) -> dict[str, bytes]:
        name = "Doc_0/Pages/Page_0/Content.xml"
        return {**files, name: files[name].replace("自动履行全部".encode(), "自动履行部分".encode())}

    words = replace(Certificate(court=court.bench.ruling.court, issued_on=court.bench.ruling.issued_on), parties=NAMES)
    octets = replace(court.bench, ruling=replace(words, case_number=court.number)).sealed_ofd(change=changed)
    row = await certify(court, octets)
    assert row["state"] == "QUARANTINED"
    assert [each["number"] for each in rulings.read_checks(row["checks"]) if each["verdict"] == "failed"] == [3]
    assert court.due_of("certificate") == []


async def test_what_cannot_be_compared_waits_for_a_person_with_name_and_reason(court: Courtroom) -> None:
    row = await certify(court, signed(court), without=["qlr"])
    assert (row["state"], row["code"]) == ("UNDECIDED", "rulings.certified.no_counterpart")
    assert court.due_of("certificate") == []
    await court.gateway.deciding.decide(NUMBER, release=True, name="许知微", reason="已与承办法官电话核对")
    await court.work()
    (row,) = court.rulings()
    assert (row["state"], row["decided_by"]) == ("SERVED", "许知微")
    assert court.due_of("certificate") == [(VILLAGE, "pending")]


async def test_a_certificate_about_a_ruling_that_was_revoked_waits_for_a_person(court: Courtroom) -> None:
    await court.issue()
    objection = await court.say(
        VILLAGE, "objection", confirmation_number=court.number, by="interested_person", name="柏清源",
        raised_on=court.now.date().isoformat(), reasons="损害案外人利益（示例）。",
    )  # fmt: skip
    assert objection["fate"] == "accepted"
    await court.decide("revoke")
    row = await certify(court, signed(court))
    assert (row["state"], row["code"]) == ("UNDECIDED", "rulings.certified.no_ruling_known")
    assert court.due_of("certificate") == []


async def test_a_certificate_that_is_no_certificate_is_quarantined(court: Courtroom) -> None:
    row = await certify(court, court.signed())
    assert (row["state"], row["code"]) == ("QUARANTINED", "rulings.certified.documents")


async def test_without_a_trust_folder_a_certificate_waits(tmp_path: Path) -> None:
    async with courtroom(tmp_path, trusted=False) as court:
        await court.agree()
        await court.apply()
        row = await certify(court, signed(court))
        assert (row["state"], row["code"]) == ("AWAITING", "rulings.release.no_trust")
        assert court.due_of("certificate") == []


async def test_two_clocks_at_once_give_a_certificate_out_once(court: Courtroom) -> None:
    await certify(court, signed(court), seen=False)
    first = court.gateway.releasing
    clocks = [first, *(replace(first, _one=asyncio.Lock(), _paused={}) for _ in range(2))]
    for _ in range(3):
        await asyncio.gather(*(each.run_due() for each in clocks))
    assert court.due_of("certificate") == [(VILLAGE, "pending")]
    assert [each["state"] for each in court.rulings()] == ["SERVED"]


@pytest.mark.parametrize(
    ("place", "name"),
    [(rulings, "add"), (rulings, "keep_foundation"), (rulings, "deliver"), (clock_calls, "speak")],
)
async def test_whatever_breaks_off_leaves_no_certificate_half_given_out(
    court: Courtroom, place: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await certify(court, signed(court), seen=False)
    real, breaks = getattr(place, name), [True]

    def breaking(*given: Any, **named: Any) -> Any:
        done = real(*given, **named)
        if breaks:
            breaks.pop()
            raise RuntimeError("the process is killed here")
        return done

    monkeypatch.setattr(place, name, breaking)
    await court.work()
    assert not breaks
    assert court.due_of("certificate") == [], "nothing of a transaction that broke off"
    court.gateway.releasing._paused.clear()  # as after a restart
    await court.work()
    assert court.due_of("certificate") == [(VILLAGE, "pending")]
    assert [each["state"] for each in court.rulings()] == ["SERVED"]


async def test_a_certificate_that_an_earlier_gateway_gave_out_is_not_given_out_again(court: Courtroom) -> None:
    await certify(court, signed(court))
    with writing(court.gateway.store.engine).begin() as connection:
        (row,) = rulings.of_case(connection, court.case)
        rulings.keep_foundation(connection, row["message_id"], (), ())
        connection.execute(rulings.ruling.delete())
    await court.work()
    assert court.rulings() == []
    assert court.due_of("certificate") == [(VILLAGE, "pending")]


async def test_a_certificate_about_an_agreement_needs_no_application_and_no_open_case(
    tmp_path: Path, store_url: str
) -> None:
    async with courtroom(tmp_path, store_url=store_url) as court:
        await court.agree()
        closed = await court.say(TRIBUNAL, "closure", reason="fulfilled", closed_at=court.at(minutes=6))
        assert closed["fate"] == "accepted", closed
        file = court.gateway.settings.config_folder / "organisations.yaml"
        named = file.read_text(encoding="utf-8").replace("name: tribunal", f"name: {COURT}青石人民法庭")
        file.write_text(named, encoding="utf-8")
        await court.gateway.reload()
        octets, day = signed(court), court.now.date().isoformat()
        told = await court.say(
            TRIBUNAL, "certificate", to="org-village", number=NUMBER, performer=NAMES[0], counterpart=NAMES[1],
            basis="agreement", performed_on=day, issued_on=day, documents=[await kept(court, octets)],
        )  # fmt: skip
        assert told["fate"] == "accepted", told
        await court.work()
        (row,) = court.rulings()
        assert (row["state"], row["code"]) == ("SERVED", None)
        assert [each["files"] for each in await court.fetch(VILLAGE) if each["type"].endswith("certificate")] == [
            [octets]
        ]


async def kept(court: Courtroom, octets: bytes) -> Row:
    """Have the tribunal bring a file; return its ticket."""
    headers = {"x-partner": TRIBUNAL, "authorization": f"Bearer token-of-{TRIBUNAL}", "content-type": "text/plain"}
    told = (await court.client.post("/v1/documents", content=octets, headers=headers)).json()
    about = {"partner_id": "ZM-1", "kind": "performance_proof", "name": "自动履行证明书.ofd"}
    return {**about, "media_type": "application/ofd", "sha256": told["sha256"], "size": told["size"]}


async def test_what_was_verified_long_ago_is_verified_again_before_it_goes_out(court: Courtroom) -> None:
    await certify(court, signed(court), seen=False)
    releasing = court.gateway.releasing
    real, releasing.release = releasing.release, Later()  # type: ignore[assignment]
    await court.work()
    (row,) = court.rulings()
    assert row["state"] == "VERIFIED"
    with writing(court.gateway.store.engine).begin() as connection:
        rulings.change(connection, row["message_id"], verified_at=row["verified_at"] - 2 * 3_600_000)
    write_trust(court.trust, court.bench, seals=[{"id": court.bench.wanted.id, "withdrawn": "2020-01-01"}])
    releasing.release = real
    releasing._paused.clear()
    await court.work()
    (row,) = court.rulings()
    assert row["state"] == "QUARANTINED", "its seal was withdrawn since"
    assert court.due_of("certificate") == []


class Later:
    """Cannot release anything yet."""

    def let_go(self, *_: Any) -> set[str]:
        raise StoreUnavailable("store.unavailable")
