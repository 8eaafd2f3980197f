from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait

import pytest
from sqlalchemy import Connection, Engine, event, insert, select
from sqlalchemy.exc import IntegrityError

from gateway.errors import Conflicting, Overloaded, StoreUnavailable
from gateway.store.engine import migrate, open_engine, writing
from gateway.store.tables import nonce
from gateway.store.writer import Writer

Start = Callable[..., "Writer[str, int]"]


def keep(connection: Connection, items: list[str]) -> list[int | Exception]:
    """Keep the words of a group in one statement; some words have their own ways."""
    if "poison" in items:
        raise ZeroDivisionError("nobody foresaw this")
    connection.execute(insert(nonce), [{"partner": "test", "value": item, "expires_at": 1} for item in items])
    return [Conflicting() if item == "refused" else len(item) for item in items]


def kept(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.execute(select(nonce.c.value)).scalars())


def write_word(word: str) -> Callable[[Connection], str]:
    def work(connection: Connection) -> str:
        connection.execute(insert(nonce).values(partner="test", value=word, expires_at=1))
        return word

    return work


class Gate:
    """Hold the writer inside a piece of work, so that what comes meanwhile is one group."""

    def __init__(self) -> None:
        self._inside = threading.Event()
        self._open = threading.Event()

    def __call__(self, connection: Connection) -> None:
        self._inside.set()
        assert self._open.wait(60)

    def hold(self, writer: Writer[str, int]) -> Future[None]:
        future = writer.run(self)
        assert self._inside.wait(60)
        return future

    def release(self) -> None:
        self._open.set()


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.release()


@pytest.fixture
def start(engine: Engine, gate: Gate) -> Iterator[Start]:
    """Start a writer on the engine; it is closed with the test."""
    writers: list[Writer[str, int]] = []

    def start(
        batch: Callable[[Connection, list[str]], Sequence[int | Exception]] = keep, **settings: int
    ) -> Writer[str, int]:
        writers.append(Writer(engine, batch=batch, **settings))
        return writers[-1]

    yield start
    gate.release()
    for writer in writers:
        writer.close()


def test_an_item_is_kept_when_its_future_ends(engine: Engine, start: Start) -> None:
    assert start().submit("one").result() == 3
    assert kept(engine) == {"one"}


def test_what_waits_together_shares_one_commit(engine: Engine, start: Start, gate: Gate) -> None:
    commits = 0

    def count(_connection: Connection) -> None:
        nonlocal commits
        commits += 1

    writer = start(group=64)
    event.listen(engine, "commit", count)
    gate.hold(writer)
    futures = [writer.submit(f"word {number}") for number in range(128)]
    gate.release()
    wait(futures)
    assert commits == 3  # the gate's own, and two of 64
    assert (writer.statistics.groups, writer.statistics.items, writer.statistics.works) == (3, 128, 1)
    assert writer.statistics.largest_group == 64
    assert len(kept(engine)) == 128


def test_neighbouring_items_are_decided_together_and_in_order(start: Start, gate: Gate) -> None:
    calls: list[list[str]] = []

    def batch(connection: Connection, items: list[str]) -> list[int]:
        calls.append(items)
        return list(range(len(items)))

    writer = start(batch)
    gate.hold(writer)
    futures = [writer.submit("a"), writer.submit("b"), writer.run(lambda connection: None), writer.submit("c")]
    gate.release()
    assert [future.result() for future in futures] == [0, 1, None, 0]
    assert calls == [["a", "b"], ["c"]]


def test_an_exception_among_the_results_is_its_callers_alone(engine: Engine, start: Start, gate: Gate) -> None:
    writer = start()
    gate.hold(writer)
    good, refused = writer.submit("good"), writer.submit("refused")
    gate.release()
    assert good.result() == 4
    with pytest.raises(Conflicting):
        refused.result()
    assert kept(engine) == {"good", "refused"}


def test_a_poisonous_item_harms_nobody_else(engine: Engine, start: Start, gate: Gate) -> None:
    writer = start()
    gate.hold(writer)
    words = [f"word {number}" for number in range(20)]
    words.insert(7, "poison")
    words.insert(13, words[2])  # a second of the same: refused by the database
    futures = [writer.submit(word) for word in words]
    gate.release()
    outcomes = [future.exception() for future in futures]
    assert isinstance(outcomes.pop(13), StoreUnavailable)
    assert isinstance(outcomes.pop(7), ZeroDivisionError)
    assert outcomes == [None] * 20
    assert kept(engine) == {f"word {number}" for number in range(20)}
    assert writer.statistics.groups == 2


def test_what_the_database_refuses_is_told_without_the_row(start: Start) -> None:
    writer = start()
    writer.submit("private words").result()
    error = writer.submit("private words").exception()
    assert isinstance(error, StoreUnavailable)
    assert error.code == "store.rejected"
    assert "IntegrityError" in str(error)
    assert "private" not in str(error)
    assert error.__cause__ is None


def test_a_batch_that_loses_a_result_is_found_out(engine: Engine, start: Start) -> None:
    writer = start(lambda connection, items: keep(connection, items)[1:])
    assert isinstance(writer.submit("one").exception(), ValueError)
    assert kept(engine) == set()


def test_a_failing_work_takes_back_only_its_own(engine: Engine, start: Start, gate: Gate) -> None:
    def fails_late(connection: Connection) -> None:
        write_word("taken back")(connection)
        raise LookupError("after writing")

    writer = start()
    gate.hold(writer)
    before, failing, after = writer.run(write_word("before")), writer.run(fails_late), writer.submit("after")
    gate.release()
    assert (before.result(), after.result()) == ("before", 5)
    assert isinstance(failing.exception(), LookupError)
    assert kept(engine) == {"before", "after"}
    assert writer.statistics.groups == 2


def test_a_full_queue_refuses_and_takes_again_when_there_is_room(start: Start, gate: Gate) -> None:
    writer = start(waiting=2)
    gate.hold(writer)
    futures = [writer.submit("one"), writer.submit("two")]
    with pytest.raises(Overloaded) as caught:
        writer.submit("three")
    assert caught.value.code == "store.queue_full"
    gate.release()
    wait(futures)
    assert writer.submit("three").result() == 5


def test_closing_writes_what_is_queued_and_takes_nothing_more(engine: Engine, start: Start, gate: Gate) -> None:
    writer = start()
    gate.hold(writer)
    futures = [writer.submit(f"word {number}") for number in range(5)]
    closing = threading.Thread(target=writer.close)
    closing.start()
    gate.release()
    closing.join()
    assert all(future.done() and not future.exception() for future in futures)
    assert len(kept(engine)) == 5
    assert not writer.alive
    assert not writer.ready
    with pytest.raises(StoreUnavailable):
        writer.submit("late")
    with pytest.raises(StoreUnavailable):
        writer.run(write_word("late"))


def test_when_the_thread_dies_everyone_is_told_and_nobody_waits(engine: Engine, start: Start, gate: Gate) -> None:
    def dies(connection: Connection) -> None:
        write_word("never committed")(connection)
        raise SystemExit

    writer = start()
    gate.hold(writer)
    futures = [writer.submit("before"), writer.run(dies), writer.submit("behind")]
    gate.release()
    assert all(isinstance(future.exception(), StoreUnavailable) for future in futures)
    assert len({id(future.exception()) for future in futures}) == 3
    with pytest.raises(StoreUnavailable):
        writer.submit("later")
    writer._thread.join()
    assert not writer.alive
    assert kept(engine) == set()


def test_a_failing_commit_is_told_to_everyone_and_the_writer_goes_on(engine: Engine, start: Start, gate: Gate) -> None:
    failing = True

    def fail_once(connection: Connection) -> None:
        nonlocal failing
        if failing and connection.get_execution_options().get("writes"):
            failing = False
            raise IntegrityError("COMMIT", {}, Exception("disk"))

    writer = start()
    gate.hold(writer)
    futures = [writer.submit("one"), writer.run(write_word("two"))]
    event.listen(engine, "commit", fail_once)
    gate.release()
    wait(futures)
    told = {type(future.exception()) for future in futures}
    assert StoreUnavailable in told
    assert told <= {StoreUnavailable, type(None)}
    assert eventually_written(writer, "three")
    lost = {word for word, future in zip(("one", "two"), futures, strict=True) if future.exception()}
    assert kept(engine) == {"one", "two", "three"} - lost


def eventually_written(writer: Writer[str, int], word: str) -> bool:
    """Hand in ``word`` until it is taken: a writer that connects again takes nothing meanwhile."""
    patience = threading.Event()
    while writer.alive:
        try:
            return writer.submit(word).exception() is None
        except StoreUnavailable:
            patience.wait(0.01)
    return False


async def test_callers_in_event_loops_are_told_once_for_a_whole_group(start: Start, gate: Gate) -> None:
    writer = start()
    loop = asyncio.get_running_loop()
    gate.hold(writer)
    futures = [writer.submitted(f"word {number}") for number in range(50)]
    work = writer.ran(write_word("work"))
    calls = 0
    original = loop.call_soon_threadsafe

    def counting(*arguments: object, **more: object) -> asyncio.Handle:
        nonlocal calls
        calls += 1
        return original(*arguments, **more)

    loop.call_soon_threadsafe = counting
    gate.release()
    assert await asyncio.gather(*futures) == [len(f"word {number}") for number in range(50)]
    assert await work == "work"
    assert calls == 1


async def test_a_caller_that_was_cancelled_disturbs_nobody(engine: Engine, start: Start, gate: Gate) -> None:
    writer = start()
    gate.hold(writer)
    gone, stays = writer.submitted("gone"), writer.submitted("stays")
    thread_gone = writer.submit("thread gone")
    gone.cancel()
    thread_gone.cancel()
    gate.release()
    assert await stays == 5
    assert kept(engine) >= {"stays"}


async def test_exceptions_reach_callers_in_an_event_loop(start: Start) -> None:
    writer = start()
    with pytest.raises(ZeroDivisionError):
        await writer.submitted("poison")
    with pytest.raises(Conflicting):
        await writer.submitted("refused")


def test_a_caller_whose_loop_is_closed_disturbs_nobody(engine: Engine, start: Start, gate: Gate) -> None:
    writer = start()
    gate.hold(writer)

    async def leave() -> None:
        writer.submitted("left behind")

    asyncio.run(leave())
    other = writer.submit("other")
    gate.release()
    assert other.result() == 5
    assert kept(engine) == {"left behind", "other"}


def test_readiness_tells_whether_the_writer_works(start: Start, gate: Gate) -> None:
    writer = start()
    assert writer.alive
    assert writer.ready
    assert writer.last_commit_at is None
    assert writer.busy_seconds == 0
    gate.hold(writer)
    waiting = writer.submit("one")
    assert writer.waiting == 1
    assert writer.busy_seconds > 0
    gate.release()
    waiting.result()
    assert writer.last_commit_at is not None
    assert writer.statistics.commit_seconds > 0


def test_many_threads_and_loops_write_at_once(engine: Engine, start: Start) -> None:
    writer = start(group=16)

    async def write_some(name: str) -> None:
        await asyncio.gather(*(writer.submitted(f"{name} {number}") for number in range(40)))

    def write_others(name: str) -> None:
        for number in range(20):
            writer.submit(f"{name} {number}").result()

    threads = [threading.Thread(target=asyncio.run, args=(write_some(f"loop {name}"),)) for name in range(3)]
    threads += [threading.Thread(target=write_others, args=(f"thread {name}",)) for name in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept(engine)) == 3 * 40 + 3 * 20


def test_another_process_that_holds_the_embedded_store_delays_but_does_not_end_the_writer(sqlite_url: str) -> None:
    engine = open_engine(sqlite_url, busy_seconds=0.01)
    migrate(engine)
    with Writer(engine, batch=keep) as writer:
        with writing(engine).begin():
            assert isinstance(writer.submit("one").exception(), StoreUnavailable)
            with pytest.raises(StoreUnavailable):
                writer.submit("two")
            assert writer.alive
            assert not writer.ready
        assert eventually_written(writer, "three")
        assert kept(engine) == {"three"}
    engine.dispose()
