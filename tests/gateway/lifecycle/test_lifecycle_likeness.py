"""Two cases may be one dispute: by which parties, type, place and day, the same whichever is asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.canonical.messages import Message
from gateway.lifecycle.likeness import Likeness, likeness_of
from gateway.store.cipher import Cipher, Key, Keyring
from tests.gateway.lifecycle import lifecycle_messages as say

OLD, NEW = Key(name="old", material=bytes(32)), Key(name="new", material=bytes(range(32)))
CIPHER = Cipher(Keyring(keys=(NEW, OLD)), "aes")
XU = {"kind": "natural_person", "name": "许书宁", "phones": ["13996000121"],
      "document": {"type": "111", "number": "500242198503120012"}}  # fmt: skip
RAN = {"kind": "natural_person", "name": "冉明溪", "phones": ["13996000122"],
       "document": {"type": "111", "number": "500242197906211029"}}  # fmt: skip
BANK = {"kind": "legal_person", "name": "示例村股份经济合作社", "credit_code": "N2500242MF0000013H"}
PLACE = {"text": "示例县示例乡青石村3组", "division": "500242219201"}
BOTH = ("parties", "type", "place")


def bare(party: dict[str, Any], *left: str) -> dict[str, Any]:
    """Return a party of whom nothing is known but the name, and what is ``left``."""
    return {name: party[name] for name in ("kind", "name", *left)}


def case(
    one: dict[str, Any] = XU, other: dict[str, Any] = RAN, *, day: float = 0, within: int = 30, cipher: Cipher = CIPHER,
    **dispute: Any,
) -> Likeness:  # fmt: skip
    """Return what a referral between two parties is recognised by."""
    found = likeness_of(referral(one, other, day=day, **dispute), within, cipher)
    assert found is not None
    return found


def referral(*parties: dict[str, Any], day: float = 0, **dispute: Any) -> Message:
    roles = ("applicant", "respondent", "third_party")
    said = [{"role": roles[n], **party} for n, party in enumerate(parties)]
    return say.referral(day=day, parties=said, dispute={"type": "neighbours", "place": PLACE, **dispute})


def alike(one: Likeness, other: Likeness) -> tuple[str, ...]:
    """Say why two cases are suspected to be one dispute: the same whichever is asked; empty: they are not."""
    kept = {digests[0] for digests in other.pairs}
    return one.grounds(other.kept()) if any(not kept.isdisjoint(digests) for digests in one.pairs) else ()


def test_the_same_two_parties_type_and_place_are_suspected_with_every_ground() -> None:
    assert alike(case(), case(day=2)) == BOTH


def test_an_intake_and_a_referral_of_one_quarrel_are_suspected_by_the_day_of_the_registration() -> None:
    parties = [{"role": "plaintiff", **XU}, {"role": "defendant", **RAN}]
    said = {"channel": "hotline_12368", "parties": parties, "dispute": {"type": "neighbours"}}
    for day, same in ((29, True), (31, False)):
        intake = likeness_of(say.say("intake", "org-x", 90, registered_at=say.at(day), **said), 30, CIPHER)
        assert intake is not None
        assert alike(case(), intake) == (("parties", "type") if same else ())


def test_it_does_not_matter_who_of_the_two_complained() -> None:
    assert alike(case(XU, RAN), case(RAN, XU)) == BOTH


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((XU, bare(RAN)), (bare(XU, "document"), RAN)),
        ((bare(XU, "phones"), bare(RAN)), (XU, RAN)),
        ((bare(XU), bare(RAN, "phones")), (bare(XU), bare(RAN, "phones"))),
        (({**XU, "name": "许?宁"}, {**RAN, "name": "冉 明溪"}), (XU, RAN)),
    ],
    ids=["one by number", "one by telephone", "the other by telephone", "names that a charset has spoiled"],
)
def test_one_party_that_is_surely_the_same_and_the_other_by_name_are_enough(one: Any, other: Any) -> None:
    assert alike(case(*one), case(*other)) == BOTH


@pytest.mark.parametrize(
    "other",
    [
        (XU, BANK),
        (BANK, RAN),
        ({**bare(XU), "document": {"type": "111", "number": "500242197805123011"}}, {**bare(RAN)}),
    ],
    ids=["another opponent", "another claimant", "a namesake"],
)
def test_other_parties_are_no_ground(other: Any) -> None:
    assert alike(case(), case(*other)) == ()


def test_names_are_the_same_however_they_are_set() -> None:
    one, other = ({**XU, "name": name} for name in ("沙吾提·艾山", "沙吾提 • 艾山"))
    assert alike(case(one, bare(RAN)), case(bare(other, "document"), RAN)) == BOTH


def test_the_type_or_the_place_must_be_the_same_too() -> None:
    elsewhere = {"text": "示例县另一乡白石村1组", "division": "500242220201"}
    assert alike(case(), case(type="damage")) == ("parties", "place")
    assert alike(case(), case(place=elsewhere)) == ("parties", "type")
    assert alike(case(), case(type="damage", place=elsewhere)) == ()


def test_a_type_that_tells_nothing_is_no_ground() -> None:
    assert alike(case(type="other", place=None), case(type="other", place=None)) == ()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"division": "500242219201"}, {"division": "500242219000"}, True),
        ({"division": "500242219"}, {"division": "500242219201"}, True),
        ({"division": "500242219201"}, {"division": "500242219202"}, False),
        ({"division": "500242"}, {"division": "500242"}, False),
        ({"division": "500242000000"}, {"division": "500242219201"}, False),
        ({"text": "某市示例县示例乡青石村3组"}, {"text": "示例乡青石村3组。"}, True),
        ({"text": "阳光小区３栋"}, {"text": "阳光小区 3栋"}, True),
        ({"text": "示例乡青石村3组"}, {"text": "示例乡青石村4组"}, False),
        ({"text": "示例县"}, {"text": "示例县"}, False),
        (None, None, False),
    ],
)
def test_a_place_is_a_township_or_narrower_or_the_same_words(one: Any, other: Any, same: bool) -> None:
    assert alike(case(type="other", place=one), case(type="other", place=other)) == (
        ("parties", "place") if same else ()
    )


def test_the_window_is_the_jurisdictions_and_the_narrower_of_two_counts() -> None:
    assert alike(case(), case(day=30)) == BOTH
    assert alike(case(), case(day=31)) == ()
    assert alike(case(within=60), case(day=31, within=60)) == BOTH
    assert alike(case(within=60), case(day=31)) == ()
    assert likeness_of(referral(XU, RAN), 0, CIPHER) is None


def test_a_digest_is_of_two_people_and_nothing_of_them_is_readable() -> None:
    one, other = case(XU, RAN), case(XU, BANK)
    assert {pair[0] for pair in one.pairs}.isdisjoint(pair[0] for pair in other.pairs)
    shown = repr(one) + repr(one.kept())
    assert not [word for word in ("许书宁", "500242198503120012", "13996000121", "青石村") if word in shown]


def test_a_digest_of_an_older_key_is_recognised_after_the_key_was_changed() -> None:
    before = case(cipher=Cipher(Keyring(keys=(OLD,)), "aes"))
    assert alike(case(), before) == BOTH
    assert alike(case(cipher=Cipher(Keyring(keys=(NEW,)), "aes")), before) == ()


def test_one_party_alone_one_written_twice_names_alone_and_messages_without_parties_are_compared_with_nothing() -> None:
    assert likeness_of(referral(XU), 30, CIPHER) is None
    assert likeness_of(referral(XU, XU), 30, CIPHER) is None
    assert likeness_of(referral(bare(XU), bare(RAN)), 30, CIPHER) is None, "names alone"
    assert likeness_of(say.acceptance(), 30, CIPHER) is None


def test_of_very_many_parties_the_same_few_are_taken_in_whatever_order_they_stand() -> None:
    crowd = [{**bare(XU), "name": f"村民{n:03}", "phones": [f"1399600{n:04}"], "role": "applicant"} for n in range(200)]
    against = [{**RAN, "role": "respondent"}]
    one, other = (
        likeness_of(say.referral(parties=[*some, *against]), 30, CIPHER) for some in (crowd, list(reversed(crowd)))
    )
    assert one
    assert other
    assert set(one.pairs) == set(other.pairs)
    assert len(one.pairs) < 200


people = st.sampled_from([XU, RAN, BANK, bare(XU), bare(RAN), bare(XU, "phones"), bare(RAN, "document")])
cases = st.builds(
    referral, people, people, people,
    day=st.integers(0, 40),
    type=st.sampled_from(["neighbours", "damage", "other"]),
    place=st.sampled_from([None, PLACE, {"division": "500242219"}, {"text": "示例乡青石村3组"}]),
)  # fmt: skip


@given(cases, cases, st.sampled_from([1, 15, 30]), st.sampled_from([15, 30]))
def test_a_suspicion_is_the_same_from_either_side(one: Message, other: Message, near: int, far: int) -> None:
    left, right = likeness_of(one, near, CIPHER), likeness_of(other, far, CIPHER)
    if left and right:
        assert alike(left, right) == alike(right, left)
        assert alike(left, left) in {("parties", "type"), ("parties", "place"), BOTH, ()}
        if abs(one.time - other.time) >= timedelta(days=near + 1):
            assert alike(left, right) == ()
