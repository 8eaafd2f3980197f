"""The story in scenes, each with a case of its own: every way that a message can go, and every way it can go wrong.

A scene is ``prepare``, before anybody may die, and ``act``. Both are told again and again, in one store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from gateway.demo.cast import COURT, TOWNSHIP, VILLAGE
from tests.faults import words
from tests.faults.steps.play import Play

Part = Callable[[Play], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A scene. ``on``: the kind of database that it is for, both where it is None."""

    name: str
    act: Part
    prepare: Part
    on: str | None = None


async def nothing(play: Play) -> None:
    """Prepare nothing."""


async def opened(play: Play) -> None:
    """Have a case that both know."""
    await play.opened()


async def under_way(play: Play) -> None:
    """Have a case that the village has accepted."""
    await play.opened()
    await play.arrived(COURT, await play.say(VILLAGE, play.village.accepts()))


async def a_small_record(play: Play) -> None:
    """The court refers a case, the receipt teaches the village's id of it, and the village answers."""
    await play.opened()
    await play.reminds(1)
    await play.say(VILLAGE, play.village.accepts())


async def an_idle_lane(play: Play) -> None:
    """Nobody drains a lane, or ever has, and no connection is open."""

    async def left() -> bool:
        return _left(play)

    await play.ground.until(left, "the lanes are left")
    play.ground.rows("DELETE FROM lane")
    await cut(play)


async def a_lane_that_ends(play: Play) -> None:
    """The same, and whoever drained the lane leaves it: a little after its last work, and later than it is quiet."""
    await a_small_record(play)

    async def over() -> bool:
        return bool(play.ground.orders.died) or _left(play)

    await play.ground.until(over, "the lanes are left")


def _left(play: Play) -> bool:
    return not play.ground.rows(
        "SELECT 1 FROM lane WHERE holder IS NOT NULL AND until > extract(epoch FROM clock_timestamp()) * 1000"
    )


async def a_partner_never_in_trouble(play: Play) -> None:
    """Nothing is known of the health of any partner."""
    await play.opened()
    await play.ground.quiet()
    play.ground.rows("DELETE FROM breaker")


async def cut(play: Play) -> None:
    """Have every connection to the partners made anew."""
    for detour in play.ground.detours.values():
        detour.set("reset")
        detour.set("pass")


async def several_records(play: Play) -> None:
    """A batch of the village: two good ones in their order, and one between them that is no record."""
    letters = [
        play.letter(VILLAGE, play.village.accepts(), (COURT,)),
        play.letter(VILLAGE, {**play.village.progresses(1), "kind": ""}, (), bad="of no kind"),
        play.letter(VILLAGE, play.village.assigns(), (COURT,)),
    ]
    await play.say_together(letters)


async def a_name_that_comes_late(play: Play) -> None:
    """The village speaks of a case by its own id before its receipt for it has got through."""
    await play.fault(VILLAGE, "answer_lost", times=2)
    letter = await play.say(COURT, words.referral(play.calendar, play.case), (VILLAGE,))

    async def taken() -> str | None:
        held = await play.ground.partner(VILLAGE, "received")
        return next((each["case"] for each in held if letter.mark in str(each["fields"])), None)

    event = await play.ground.until(taken, "the village has the case")
    play.centre = words.Centre(play.calendar, VILLAGE, event)
    await play.say(VILLAGE, play.village.accepts())
    await play.known(letter)


async def a_large_record(play: Play) -> None:
    """An agreement comes inside its record, which is spooled; at the court it is uploaded first."""
    file, digest, _ = play.paper(20_000)
    await play.say(VILLAGE, {**play.village.succeeds(), "attachments": [file]}, documents=(digest,))


async def an_announced_document(play: Play) -> None:
    """An agreement stays at an address, and is fetched."""
    file, digest, content = play.announced(20_000)
    await play.published(content)
    await play.say(VILLAGE, {**play.village.succeeds(), "attachments": [file]}, documents=(digest,))


async def a_document_that_is_not_there(play: Play) -> None:
    """What was announced is not there: the delivery is buried, until the operator hears that it is there now."""
    file, digest, content = play.announced(3_000)
    await play.say(VILLAGE, {**play.village.succeeds(), "attachments": [file]}, documents=(digest,))
    await play.ground.until(lambda: play.ground.administration("deliveries?status=dead"), "a dead delivery")
    await play.published(content)


async def a_document_a_moment_late(play: Play) -> None:
    """The village's files are down for a moment: what waits for one is put off, the document fetched later."""
    file, digest, content = play.announced(3_000)
    await play.published(content)
    await play.fault(VILLAGE, "down", times=2)
    await play.say(VILLAGE, {**play.village.succeeds(), "attachments": [file]}, documents=(digest,))


async def a_record_inside_with_a_paper(play: Play) -> None:
    """The village hands the case up with a paper: the township gets it inside the record, the court by an upload."""
    file, digest, _ = play.paper(3_000)
    record = {**play.village.escalates(), "attachments": [file]}
    await play.say(VILLAGE, record, (TOWNSHIP, COURT), documents=(digest,))


async def held(play: Play) -> None:
    """Have a record with a code that no table has: held, until an administrator adds it."""
    code = f"9{play.number:05d}"
    record = words.referral(play.calendar, play.case)
    record["fields"]["jfxx"]["jflx"] = code
    await play.say(COURT, record, (VILLAGE,))
    await play.ground.mend(code)


async def a_held_record(play: Play) -> None:
    """The operator replays what is held."""
    ground = play.ground

    async def replayed() -> bool:
        for each in await ground.administration("records?fate=held"):
            await ground.administration(f"records/{each['id']}/replay", {})
        return not await ground.administration("records?fate=held")

    await ground.until(replayed, "no held record")


async def early(play: Play) -> None:
    """Have a record that waits for the one before it: the village assigns before it accepts."""
    await play.opened()
    await play.say(VILLAGE, play.village.assigns(), waits=True)


async def a_parked_record(play: Play) -> None:
    """The village accepts after all, and what waited for that is taken up."""
    await play.say(VILLAGE, play.village.accepts())


async def uploaded(play: Play) -> None:
    """Have a document here before the message that carries it."""
    play.uploaded = await play.uploads(play.dice.randbytes(3_000))


async def a_document_uploaded_before(play: Play) -> None:
    """The court refers a case in the common language, with the ticket of a document."""
    await play.refers_with(play.uploaded)


async def refused_records(play: Play) -> None:
    """What must be refused: by the rules, for its id, for its signature, and for not being a record at all."""
    await play.say(
        COURT, words.BAD["another's organisation"](words.referral(play.calendar, f"{play.case}-X")), (), bad="another's"
    )
    letter = await play.say(COURT, words.referral(play.calendar, play.case), (VILLAGE,))
    changed = {**letter.record, "fields": {**letter.record["fields"], "tjqx": 29}}
    await play.say(COURT, changed, (), bad="another content under an id that was accepted")
    await play.say(COURT, words.referral(play.calendar, f"{play.case}-Y"), (), bad="wrong signature")
    unreadable = play.ground.senders[VILLAGE].simulator.wrap([])
    for _ in range(2):
        await play.posted(f"/partners/{VILLAGE}{unreadable['path']}", unreadable["body"], unreadable["headers"])


async def a_lost_answer(play: Play) -> None:
    """The court's answer is lost: in doubt. It is asked, and has the record."""
    await play.fault(COURT, "answer_lost", times=1)
    await play.say(VILLAGE, play.village.assigns())


async def a_lost_request(play: Play) -> None:
    """The court drops the connection before it acts: in doubt. It is asked, has not got it, and gets it."""
    await play.fault(COURT, "reset", times=1)
    await play.say(VILLAGE, play.village.assigns())


async def a_token_that_ends(play: Play) -> None:
    """The court knows its own token no longer: a new one, and once more."""
    await play.fault(COURT, "business", times=1, code=3, msg="令牌无效")
    await play.say(VILLAGE, play.village.assigns())


async def a_postponed_delivery(play: Play) -> None:
    """The village has a fault for a moment; what comes after in the case waits its turn, and is woken."""
    await play.fault(VILLAGE, "error_500", times=1)
    letter = await play.say(COURT, words.referral(play.calendar, play.case), (VILLAGE,))
    await play.reminds(1)
    await play.known(letter)


async def a_partner_in_trouble(play: Play) -> None:
    """The village fails again and again: its breaker opens, is probed, and closes."""
    await play.fault(VILLAGE, "error_500", times=4)
    await play.reminds(1)
    await play.reminds(2)


async def a_buried_delivery(play: Play) -> None:
    """The village refuses: dead, and what comes after is blocked, until the operator tries again."""
    await play.fault(VILLAGE, "refuse", times=1, reason="区划不符")
    letter = await play.say(COURT, words.referral(play.calendar, play.case), (VILLAGE,))
    await play.reminds(1)
    await play.ground.quiet()
    await play.known(letter)


async def a_slow_partner(play: Play) -> None:
    """The village takes longer than a third of a lease: it is renewed meanwhile."""
    await play.fault(VILLAGE, "slow", times=1, seconds=1.2)
    await play.reminds(1)


async def a_slow_document(play: Play) -> None:
    """The village's files take as long."""
    file, digest, content = play.announced(3_000)
    await play.published(content)
    await play.fault(VILLAGE, "slow", times=1, seconds=1.2)
    await play.say(VILLAGE, {**play.village.succeeds(), "attachments": [file]}, documents=(digest,))


async def a_second_hand(play: Play) -> None:
    """Whoever delivers is killed under it once already: the delivery is taken up again, as one in doubt."""
    await play.fault(VILLAGE, "slow", times=1, seconds=1.0)
    crossed = len(play.ground.watch.crossings)
    letter = play.letter(COURT, words.supervision(play.calendar, play.case, 1), (VILLAGE,))
    sending = asyncio.create_task(play.send(COURT, letter))

    async def under_its_way() -> bool:
        return any(each.mark == letter.mark for each in play.ground.watch.crossings[crossed:])

    await play.ground.until(under_its_way, "the delivery is under way")
    play.ground.nursery.kill(play.ground.pids[play.ground.carrier])
    await sending


async def both(first: Part, second: Part, play: Play) -> None:
    """Do two things."""
    await first(play)
    await second(play)


# In this order a step belongs to the first scene that comes to it.
SCENES = (
    Scene(name="a small record", prepare=cut, act=a_small_record),
    Scene(name="an idle lane", prepare=an_idle_lane, act=a_lane_that_ends, on="postgresql"),
    Scene(name="several records", prepare=opened, act=several_records),
    Scene(name="a parked record", prepare=early, act=a_parked_record),
    Scene(name="a name that comes late", prepare=nothing, act=a_name_that_comes_late),
    Scene(name="a large record", prepare=under_way, act=a_large_record),
    Scene(name="an announced document", prepare=partial(both, under_way, cut), act=an_announced_document),
    Scene(name="a document a moment late", prepare=under_way, act=a_document_a_moment_late),
    Scene(name="a document that is not there", prepare=under_way, act=a_document_that_is_not_there),
    Scene(name="a paper handed up", prepare=under_way, act=a_record_inside_with_a_paper),
    Scene(name="refused records", prepare=nothing, act=refused_records),
    Scene(name="a held record", prepare=held, act=a_held_record),
    Scene(name="a document uploaded before", prepare=uploaded, act=a_document_uploaded_before),
    Scene(name="a lost answer", prepare=under_way, act=a_lost_answer),
    Scene(name="a lost request", prepare=under_way, act=a_lost_request),
    Scene(name="a token that ends", prepare=under_way, act=a_token_that_ends),
    Scene(name="a postponed delivery", prepare=nothing, act=a_postponed_delivery),
    Scene(name="a partner in trouble", prepare=a_partner_never_in_trouble, act=a_partner_in_trouble),
    Scene(name="a buried delivery", prepare=nothing, act=a_buried_delivery),
    Scene(name="a slow partner", prepare=opened, act=a_slow_partner),
    Scene(name="a slow document", prepare=under_way, act=a_slow_document),
    Scene(name="a second hand", prepare=opened, act=a_second_hand),
)
