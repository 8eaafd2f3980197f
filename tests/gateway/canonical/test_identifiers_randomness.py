from __future__ import annotations

import subprocess
import sys
import threading

from gateway.canonical.identifiers.randomness import random_bytes

FORKS = """
import os
from gateway.canonical.identifiers.randomness import random_bytes
random_bytes(8)
reading, writing = os.pipe()
if os.fork() == 0:
    os.write(writing, random_bytes(16))
    os._exit(0)
os.wait()
assert os.read(reading, 16) != random_bytes(16)
"""


def test_no_bytes_are_handed_out_twice() -> None:
    taken = {random_bytes(12) for _ in range(10_000)}
    assert len(taken) == 10_000
    assert {len(each) for each in taken} == {12}


def test_threads_do_not_share_what_they_fetched() -> None:
    taken: list[bytes] = []
    threads = [threading.Thread(target=lambda: taken.extend(random_bytes(12) for _ in range(1000))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(taken)) == 4000


def test_a_forked_process_does_not_hand_out_its_parents_bytes() -> None:
    subprocess.run([sys.executable, "-c", FORKS], check=True, timeout=60)
