"""What a new holder gets beyond what it was told, and what it does not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from gateway import texts
from gateway.canonical.messages.referral_data import DeclineReason, FailureReason, Stage
from gateway.completion import LONGEST, MOST_PAPERS, Told, account, complete
from gateway.store.earlier import REMEMBERED, Earlier
from gateway.texts import catalogue

MORNING = 1_767_574_800_000  # 2026-01-05 09:00 in Beijing


class Organisations:
    """A directory of two."""

    def by_id(self, organisation_id: str) -> Any:
        names = {"org-village": "青石村矛盾调解站", "org-tribunal": "示例人民法庭"}
        return SimpleNamespace(name=names[organisation_id]) if organisation_id in names else None


def digest(n: int) -> str:
    return f"{n:064x}"


def told(kind: str, hour: int = 0, *, papers: tuple[int, ...] = (), **about: Any) -> Told:
    """Return an earlier message that brought papers by number."""
    rows = tuple({"sha256": digest(n), "sm3": None, "size": n, "media_type": "text/plain"} for n in papers)
    listed = [{"partner_id": f"THEIRS-{n}", "name": f"{n}.txt"} for n in papers]
    kept = Earlier(
        id=f"m-{hour}", type=kind, sender="org-tribunal" if kind == "referral" else "org-village",
        addressee="org-village", time=MORNING + hour * 3_600_000, sealed=b"", documents=rows,
    )  # fmt: skip
    return Told(kept=kept, about={"case": {}, "documents": listed, **about})


def party(name: str, **more: Any) -> dict[str, Any]:
    return {"role": "applicant", "kind": "natural_person", "name": name, **more}


def completed(about: dict[str, Any], *before: Told) -> dict[str, Any]:
    said = {"case": {}, **about}
    complete(said, before, Organisations())
    return said


def test_what_was_said_nowhere_is_filled_in_and_named_anew() -> None:
    referral = told(
        "referral", papers=(1,), case={"number": "(2026)渝0242民初1号", "partner_id": "AJ-1"},
        parties=[party("许书宁", partner_id="DSR-1")], dispute={"type": "neighbours"},
    )  # fmt: skip
    found = completed({}, referral)
    assert found["case"] == {"number": "(2026)渝0242民初1号"}
    assert found["parties"] == [party("许书宁")]
    assert found["dispute"] == {"type": "neighbours"}
    assert found["documents"] == [
        {"partner_id": digest(1), "sha256": digest(1), "size": 1, "media_type": "text/plain", "name": "1.txt"}
    ]
    assert found["handling"] == "2026-01-05 09:00 示例人民法庭 委派 → 青石村矛盾调解站"


def test_what_the_sender_said_stands() -> None:
    referral = told(
        "referral", case={"number": "(2026)渝0242民初1号"},
        dispute={"type": "neighbours", "amount": "1.00", "people": 2},
        parties=[party("许书宁", sex="2", phones=["13996000121"]), party("冉明溪")],
    )  # fmt: skip
    said = {
        "case": {"number": "(2026)渝0242民初2号"}, "dispute": {"type": "neighbours", "amount": "2.00"},
        "parties": [party("许 书宁", phones=["13996000555"])], "handling": "我站自有记录。",
    }  # fmt: skip
    found = completed(said, referral)
    assert found["case"]["number"] == "(2026)渝0242民初2号"
    assert found["dispute"] == {"type": "neighbours", "amount": "2.00", "people": 2}
    assert found["parties"] == [party("许 书宁", phones=["13996000555"], sex="2")], "whom it left out stays out"
    assert found["handling"] == "我站自有记录。"


def test_a_dispute_of_another_type_takes_nothing_over() -> None:
    referral = told("referral", dispute={"type": "neighbours", "amount": "1.00"})
    assert completed({"dispute": {"type": "damage"}}, referral)["dispute"] == {"type": "damage"}


def test_two_parties_of_one_name_are_not_confused() -> None:
    referral = told("referral", parties=[party("李静", sex="1"), party("李静", sex="2")])
    assert completed({"parties": [party("李静")]}, referral)["parties"] == [party("李静")]


def test_a_later_leg_inherits_from_the_earlier_ones_and_a_new_referral_starts_afresh() -> None:
    old = told("referral", 0, papers=(1,), parties=[party("旧当事人")], dispute={"type": "damage"})
    new = told("referral", 1, papers=(2,), parties=[party("许书宁", sex="2")], dispute={"type": "neighbours"})
    first = told(
        "escalation", 2, papers=(3, 1), parties=[party("许书宁", phones=["13996000121"])], reason="differences"
    )
    found = completed({}, old, new, first)
    assert found["parties"] == [party("许书宁", sex="2", phones=["13996000121"])]
    assert found["dispute"] == {"type": "neighbours"}
    assert [each["sha256"] for each in found["documents"]] == [digest(n) for n in (3, 1, 2)]


def test_papers_that_the_gateway_does_not_have_are_left_out_and_never_too_many_sent() -> None:
    missing = told("referral", papers=(1,))
    missing.kept.documents[0]["sha256"] = None
    assert completed({}, missing)["documents"] == []
    many = told("referral", papers=tuple(range(MOST_PAPERS)))
    own = {"partner_id": digest(999), "sha256": digest(999), "name": "own.txt"}
    found = completed({"documents": [own]}, many)["documents"]
    assert len(found) == MOST_PAPERS
    assert found[0] == own


def test_the_account_tells_who_did_what_when() -> None:
    lines = account(
        [
            told("decline", 1, reason="incomplete", explanation="缺少\n身份证明"),
            told("acceptance", 2, accepted_by={"name": "田秋禾"}),
            told("assignment", 3, mediators=[{"name": "李沐言"}, {"name": "向北辰"}]),
            told("progress", 4, stage="session_held"),
            told("extension", 5, until="2026-03-01"),
            told("escalation", 6, reason="differences", history="两次未果。"),
            told("return", 7, reason="unwilling", undisputed="双方认可的事实"),
        ],
        Organisations(),
    )
    assert lines is not None
    assert [line.removeprefix("2026-01-05 ") for line in lines.splitlines()] == [
        "10:00 青石村矛盾调解站 不予接收：材料不全；缺少 身份证明",
        "11:00 青石村矛盾调解站 接收：田秋禾",
        "12:00 青石村矛盾调解站 指定调解员：李沐言、向北辰",
        "13:00 青石村矛盾调解站 进展：已组织调解",
        "14:00 青石村矛盾调解站 延期：2026-03-01",
        "15:00 青石村矛盾调解站 升级 → 青石村矛盾调解站：分歧过大；两次未果。",
        "16:00 青石村矛盾调解站 退回：当事人明确不愿调解",
    ], "undisputed facts may only be used if all agree, and are not passed on"


def test_an_account_that_is_too_long_keeps_the_newest() -> None:
    lines = account(
        [told("progress", n % 24, stage="other", text=f"{n} " + "长" * 900) for n in range(100)], Organisations()
    )
    assert lines is not None
    assert len(lines) <= LONGEST
    assert "99 长" in lines
    assert account([], Organisations()) is None


def test_every_word_of_the_account_is_in_the_catalogue() -> None:
    codes = {f"handling.decline.{each}" for each in DeclineReason.__args__}
    codes |= {f"handling.failure.{each}" for each in FailureReason.__args__}
    codes |= {f"handling.stage.{each}" for each in Stage.__args__}
    codes |= {f"lifecycle.step.{each}" for each in REMEMBERED}
    assert codes <= set(catalogue())
    assert texts.text("handling.unnamed", "zh")
