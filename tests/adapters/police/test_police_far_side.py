"""The pretend police end of a ferry: its packages are the README's, it forgets nothing, its gates fail on demand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import adapters.police
from adapters.police.pretend_far_side import FarSide
from adapters.police.pretend_gate import Failures, Gate
from adapters.police.pretend_package import Letter, Post, read_status, write_status
from adapters.police.pretend_station import write_call, write_document
from gateway.transports.ferry import Ends, Package, Status
from gateway.transports.ferry.package import read_status as gateway_reads
from gateway.transports.ferry.package import unpack

KEY = "a-key-for-tests-only"
LATER = 4e9  # seconds since the epoch
POST = Post(ours="PCS", theirs="GW", key=KEY)
ENDS = Ends(ours="GW", theirs="PCS", key=KEY.encode(), limit=1024 * 1024)
SAMPLE = Path(adapters.police.__file__).parent / "samples" / "referral.json"


def far_side(folder: Path) -> FarSide:
    return FarSide(folder=folder, key=KEY, settle=0, again=600)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def came(folder: Path, number: int) -> None:
    """Have the same record come from the gateway, under a number."""
    call = write_call("JF0102", write_document({"id": "M-1", "fields": {"fsdw": "XZ01"}}))
    file = Package(number=number, kind="record", about="M-1", contents=call).pack(ENDS)
    (folder / "to-police").mkdir(exist_ok=True)
    (folder / "to-police" / ENDS.name(number)).write_bytes(file)


def test_what_one_side_packs_the_other_unpacks() -> None:
    letter = Letter(number=7, kind="record", about="PCS01-<7>", contents="第7号".encode("gb18030"))
    package = Package(number=7, kind="record", about="PCS01-<7>", contents=letter.contents)
    assert unpack(POST.write(letter), ENDS) == package
    assert POST.read(package.pack(ENDS)) == letter
    assert (POST.name(7), POST.number_of(ENDS.name(8))) == ("PCS-GW-0000000007.zip", 8)
    assert ENDS.is_status(POST.status_name(5))
    assert POST.is_status(ENDS.status_name(5))
    assert gateway_reads(write_status(3, [3, 5], 9)) == Status(expects=3, missing=(3, 5), sent=9)
    assert read_status(Status(expects=3, missing=(3, 5), sent=9).written()) == (3, [3, 5], 9)


@pytest.mark.parametrize("change", ["truncated", "another key", "a byte"])
def test_a_spoilt_package_of_the_gateway_is_noticed(change: str) -> None:
    file = Package(number=1, kind="record", about="M-1", contents=b"contents").pack(ENDS)
    post = Post(ours="PCS", theirs="GW", key="other") if change == "another key" else POST
    if change == "truncated":
        file = file[:-30]
    if change == "a byte":
        file = file.replace(b"contents", b"Contents", 1)
    with pytest.raises(ValueError):
        post.read(file)


def test_an_end_that_is_started_again_goes_on_where_it_was(tmp_path: Path) -> None:
    side = far_side(tmp_path)
    referral = json.loads(SAMPLE.read_text(encoding="utf-8"))["record"]
    assert [side.push({**referral, "id": f"PCS-{number}"}) for number in (1, 2)] == [1, 2]
    came(tmp_path, 1)
    assert side.look() == 1
    side.book.close()

    side = far_side(tmp_path)
    assert side.state() == {"sent": 3, "expects": 2, "unconfirmed": [1, 2, 3], "missing": ()}
    assert list(side.station.held) == ["M-1"]
    came(tmp_path, 2)
    assert side.look() == 1
    assert side.station.acts == ["M-1"], "what it knew before is known"
    side.book.close()


@pytest.mark.parametrize(
    ("fault", "first", "then", "whole"),
    [
        ("lose", [], [], False),
        ("truncate", ["a"], ["a"], False),
        ("half_written", ["a"], ["a"], True),
        ("duplicate", ["a"], ["a"], True),
        (None, ["a"], ["a"], True),
    ],
)
def test_a_gate_does_to_a_file_what_it_was_ordered_to(
    tmp_path: Path, fault: str | None, first: list[str], then: list[str], whole: bool
) -> None:
    gate, content = _gate(tmp_path, fault=fault, times=1), b"0123456789"
    (gate.start / "a").write_bytes(content)
    gate.open(LATER)
    assert names(gate.end) == first
    if fault in ("truncate", "half_written"):
        assert len((gate.end / "a").read_bytes()) < len(content)
    if fault == "duplicate":
        (gate.end / "a").unlink()  # taken in, and it comes once more
    gate.open(LATER)
    assert names(gate.end) == then
    assert not first or ((gate.end / "a").read_bytes() == content) == whole
    assert names(gate.start) == []


def test_a_gate_lets_what_is_later_pass_and_sends_what_is_old_again(tmp_path: Path) -> None:
    gate = _gate(tmp_path, fault="reorder", times=1)
    for name in ("a", "b"):
        (gate.start / name).write_bytes(name.encode())
    gate.open(LATER)
    assert names(gate.end) == ["b"]
    for _ in range(3):
        gate.open(LATER)
    assert names(gate.end) == ["a", "b"]
    gate.failures.order({"fault": "resend", "times": 1})
    (gate.end / "b").unlink()
    (gate.start / "c").write_bytes(b"c")
    gate.open(LATER)
    assert names(gate.end) == ["a", "b", "c"]


def test_a_fault_strikes_the_way_and_the_package_that_it_names(tmp_path: Path) -> None:
    gate = _gate(tmp_path, fault="lose", way="out", numbers=[2])
    for number in (1, 2, 3):
        (gate.start / POST.name(number)).write_bytes(b"x")
    gate.open(LATER)
    assert names(gate.end) == [POST.name(1), POST.name(3)]
    gate.failures.order({"fault": "lose", "way": "elsewhere"})
    (gate.start / POST.name(4)).write_bytes(b"x")
    gate.open(LATER)
    assert POST.name(4) in names(gate.end)
    with pytest.raises(ValueError):
        gate.failures.order({"fault": "burn"})


def test_a_file_takes_its_time_through_a_gate(tmp_path: Path) -> None:
    gate = _gate(tmp_path, delay=3600.0)
    (gate.start / "a").write_bytes(b"x")
    since = (gate.start / "a").stat().st_mtime
    gate.open(since + 3599)
    assert names(gate.end) == []
    gate.open(since + 3600)
    assert names(gate.end) == ["a"]


def _gate(folder: Path, *, delay: float = 0.0, **order: object) -> Gate:
    failures = Failures()
    failures.order(order)
    gate = Gate("out", folder / "start", folder / "end", failures, delay)
    gate.open(LATER)  # makes the folders
    return gate
