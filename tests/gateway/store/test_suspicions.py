"""Cases that may be one dispute are linked in the commit of the record that names their parties, on both databases."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import Engine, event

from gateway.canonical.messages import Message
from gateway.contract import Outcome
from gateway.rules import Rules
from gateway.store import likenesses, suspicions
from gateway.store.arrivals import Arrival, Kept
from gateway.store.cipher import Cipher, Key, Keyring
from gateway.store.engine import migrate, open_engine, writing
from gateway.store.journal import Journal
from gateway.store.measures import measure
from gateway.store.tables import case_reference, dispute_case, party_pair, suspicion
from gateway.store.times import millis
from gateway.store.writer import Writer
from tests.gateway.lifecycle import lifecycle_messages as say
from tests.gateway.store.keeping import COURT, VILLAGE, Keeper, a_revision
from tests.gateway.store.test_journal import about
from tests.gateway.store.test_pruning import CONTENT, EVENTS, deliver, end, pruned

CIPHER = Cipher(Keyring(keys=(Key(name="test", material=bytes(32)),)), "aes")
PERSONAL = ("许书宁", "冉明溪", "500242198503120012", "13996000121", "青石村3组")
XU = {"role": "applicant", "kind": "natural_person", "name": "许书宁", "phones": ["13996000121"],
      "document": {"type": "111", "number": "500242198503120012"}}  # fmt: skip
RAN = {"role": "respondent", "kind": "natural_person", "name": "冉明溪", "phones": ["13996000122"]}
OTHER = {"role": "respondent", "kind": "natural_person", "name": "覃若兰", "phones": ["13996000123"]}


class Comparing(Keeper):
    """A keeper whose cases recognise their parties."""

    def __init__(self, engine: Engine, cipher: Cipher) -> None:
        super().__init__(engine, cipher)
        revision = a_revision()
        self.journal = Journal(cipher=cipher, decide=Rules(lambda: revision, cipher), now=lambda: self.now)


@pytest.fixture
def keeper(engine: Engine) -> Comparing:
    return Comparing(engine, CIPHER)


def dispute(name: str, sender: str = say.TRIBUNAL, *, day: float = 0, other: Any = RAN, **said: Any) -> Message:
    """Return a referral of a dispute between Xu and somebody, under an id of its own."""
    place = {"text": "示例县示例乡青石村3组", "division": "500242219201"}
    consents = [{"party": each["name"], "given": True, "at": say.at(day)} for each in (XU, other)]
    told = say.referral(
        sender, day, parties=[XU, other], consents=consents,
        dispute={"type": "neighbours", "place": place, **said}, to="org-township",
    )  # fmt: skip
    return about(told, partner_id=name)


def taken(keeper: Keeper, partner: str, message: Message, **given: Any) -> str:
    outcome: Outcome = keeper.say(partner, message, **given)
    assert outcome.fate == "accepted", outcome
    return str(outcome.case_id)


def two(keeper: Keeper) -> tuple[str, str]:
    """Have the court and the village each refer the same dispute; return the cases."""
    return taken(keeper, COURT, dispute("A")), taken(keeper, VILLAGE, dispute("B", "org-village", day=2))


def links(keeper: Keeper) -> list[tuple[set[str], str]]:
    return [({row["case_id"], row["other_case_id"]}, row["grounds"]) for row in keeper.rows(suspicion)]


def test_the_same_dispute_from_two_partners_is_linked_and_neither_case_changes(keeper: Keeper) -> None:
    one = taken(keeper, COURT, dispute("A"))
    before = keeper.rows(dispute_case)
    other = taken(keeper, VILLAGE, dispute("B", "org-village", day=2))
    assert links(keeper) == [({one, other}, "parties,type,place")]
    assert keeper.rows(dispute_case, id=one) == before
    assert {row["case_id"] for row in keeper.rows(case_reference)} == {one, other}, "nothing is merged"
    (found,) = keeper.rows(suspicion)
    assert found["case_id"] < found["other_case_id"]
    assert (found["verdict"], found["found_at"]) == (None, millis(keeper.now))


def test_two_records_of_one_commit_are_compared_with_each_other_and_their_sender_is_told_of_it(keeper: Keeper) -> None:
    arrivals = [
        keeper.arrival(COURT, keeper.entry(dispute("A")), keeper.entry(dispute("C", other=OTHER))),
        keeper.arrival(VILLAGE, keeper.entry(dispute("B", "org-village", day=2))),
    ]
    kept = [each for each in keeper.keep(*arrivals) if isinstance(each, Kept)]
    (link,) = keeper.rows(suspicion)
    assert [[each.id for each in one.suspicions] for one in kept] == [[link["id"]]] * 2


def test_other_parties_another_matter_or_another_time_link_nothing(keeper: Keeper) -> None:
    taken(keeper, COURT, dispute("A"))
    taken(keeper, COURT, dispute("B", other=OTHER))
    taken(keeper, VILLAGE, dispute("C", "org-village", type="damage", place=None))
    taken(keeper, VILLAGE, dispute("D", "org-village", day=40))
    assert links(keeper) == []


def test_a_record_sent_again_or_refused_links_nothing_and_doubles_nothing(keeper: Keeper) -> None:
    said = dispute("A")
    for _ in range(2):
        taken(keeper, COURT, said, record_id="R-1")
    pairs = keeper.rows(party_pair)
    refused = keeper.say(COURT, dispute("A", day=1))
    assert refused.fate == "refused", "the same case under a new id of the record"
    assert links(keeper) == []
    assert keeper.rows(party_pair) == pairs


def test_a_case_whose_parties_are_named_again_is_never_a_duplicate_of_itself_and_is_linked_once(keeper: Keeper) -> None:
    one, other = two(keeper)
    decline = about(say.say("decline", "org-township", 3, reason="overloaded"), partner_id=None, gateway_id=one)
    assert keeper.say("centre-township", decline).fate == "accepted"
    again = dispute("A", day=4).model_copy(update={"addressee": "org-village"})
    assert taken(keeper, COURT, again) == one
    assert links(keeper) == [({one, other}, "parties,type,place")]
    assert {row["day"] for row in keeper.rows(party_pair, case_id=one)} == {say.at(4).toordinal()}, "what is said later"


def test_a_verdict_is_kept_with_name_and_reason_and_not_asked_for_again(keeper: Keeper) -> None:
    one, other = two(keeper)
    (found,) = keeper.rows(suspicion)
    assert judged(keeper, found["id"], "dismissed") == {
        "suspicion": found["id"],
        "verdict": "dismissed",
        "changed": True,
    }
    (row,) = keeper.rows(suspicion)
    assert (row["decided_by"], row["reason"], row["decided_at"]) == ("王管理员", "两起纠纷", millis(keeper.now))
    keeper.later(days=1)
    assert judged(keeper, found["id"], "dismissed", by="another")["changed"] is False
    assert keeper.rows(suspicion) == [row]
    third = taken(keeper, COURT, dispute("C", day=3))
    assert [each for each in links(keeper) if third not in each[0]] == [({one, other}, "parties,type,place")]
    assert len(listed(keeper)) == 3
    assert len(listed(keeper, open_only=True)) == 2
    assert {each["id"] for each in listed(keeper, case_id=one)} >= {found["id"]}
    assert judged(keeper, found["id"], "confirmed")["changed"] is True, "who erred may say so"
    assert judged(keeper, "no-such", "confirmed") is None


def judged(keeper: Keeper, which: str, verdict: suspicions.Verdict, by: str = "王管理员") -> Any:
    with writing(keeper.engine).begin() as connection:
        now = millis(keeper.now)
        return suspicions.judge(connection, which, verdict, reason="两起纠纷", by=by, now=now)


def listed(keeper: Keeper, **asked: Any) -> list[dict[str, Any]]:
    with keeper.engine.connect() as connection:
        return suspicions.suspected(connection, **asked)


def test_what_is_listed_and_kept_shows_nobody(keeper: Keeper) -> None:
    one, other = two(keeper)
    (found,) = listed(keeper)
    assert {case["id"]: case["origin_partner"] for case in found["cases"]} == {one: COURT, other: VILLAGE}
    assert found["grounds"] == ["parties", "type", "place"]
    everything = repr([found, keeper.rows(party_pair), keeper.rows(suspicion)])
    assert not [word for word in PERSONAL if word in everything]


def test_the_open_ones_are_counted_for_a_scrape(keeper: Keeper) -> None:
    two(keeper)

    def counted() -> float:
        with keeper.engine.connect() as connection:
            return measure(connection, (), millis(keeper.now))["suspected_duplicates"][()]

    assert counted() == 1
    judged(keeper, keeper.rows(suspicion)[0]["id"], "confirmed")
    assert counted() == 0


def test_digests_go_with_the_contents_of_their_case_and_the_link_with_its_rows(keeper: Keeper) -> None:
    one, other = two(keeper)
    deliver(keeper, "centre-township", COURT, VILLAGE)
    decline = about(say.say("decline", "org-township", 3, reason="overloaded"), partner_id=None, gateway_id=one)
    assert keeper.say("centre-township", decline).fate == "accepted"
    end(keeper, "A")
    keeper.later(days=CONTENT)
    assert pruned(keeper)["cases_emptied"] == 1
    assert {row["case_id"] for row in keeper.rows(party_pair)} == {other}
    assert len(keeper.rows(suspicion)) == 1
    keeper.later(days=EVENTS - CONTENT)
    assert pruned(keeper)["cases_deleted"] == 1
    assert keeper.rows(suspicion) == []


def test_a_commit_asks_once_however_many_cases_it_opens(keeper: Keeper) -> None:
    asked: list[str] = []

    def note(*given: Any) -> None:
        if "party_pair" in given[2]:
            asked.append(given[2])

    event.listen(keeper.engine, "before_cursor_execute", note)
    people = [{**OTHER, "phones": [f"1399600{n:04}"], "name": f"村民{n}"} for n in range(60)]
    keeper.keep(*[keeper.arrival(COURT, keeper.entry(dispute(f"A{n}", other=each))) for n, each in enumerate(people)])
    assert [statement.split()[0] for statement in asked] == ["SELECT", "INSERT"]
    asked.clear()
    keeper.say(VILLAGE, say.acceptance())
    assert asked == [], "what names no parties asks nothing"


def test_a_pair_with_very_many_cases_does_not_link_all_of_them_with_each_other(keeper: Keeper) -> None:
    for batch in range(3):
        keeper.keep(*[keeper.arrival(COURT, keeper.entry(dispute(f"A{batch}-{n}"))) for n in range(20)])
    assert len(keeper.rows(dispute_case)) == 60
    assert len({row["case_id"] for row in keeper.rows(party_pair)}) == likenesses.MOST
    assert len(links(keeper)) == likenesses.MOST * (likenesses.MOST - 1) / 2
    much_later = [taken(keeper, COURT, dispute(f"B-{n}", day=365)) for n in range(2)]
    assert links(keeper)[-1][0] == set(much_later), "what was long before does not count"


def test_two_processes_that_take_one_dispute_in_at_the_same_moment_find_it(keeper: Keeper) -> None:
    arrivals = [
        keeper.arrival(COURT, keeper.entry(dispute("A"))),
        keeper.arrival(VILLAGE, keeper.entry(dispute("B", "org-village"))),
    ]
    start = threading.Barrier(2)

    def take(one: Arrival) -> None:
        with Writer[Arrival, Kept](keeper.engine, batch=keeper.journal.keep) as writer:
            start.wait()
            writer.submit(one).result(timeout=30)

    threads = [threading.Thread(target=take, args=(each,)) for each in arrivals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(links(keeper)) == 1


def test_on_postgresql_the_second_of_two_open_transactions_waits_for_what_the_first_writes(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    migrate(engine)
    keeper = Comparing(engine, CIPHER)
    waiting = threading.Thread(
        target=lambda: keeper.keep(keeper.arrival(VILLAGE, keeper.entry(dispute("B", "org-village"))))
    )
    with writing(keeper.engine).begin() as connection:
        keeper.journal.keep(connection, [keeper.arrival(COURT, keeper.entry(dispute("A")))])
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive(), "it waits for the pair"
    waiting.join(30)
    assert len(links(keeper)) == 1
    engine.dispose()
