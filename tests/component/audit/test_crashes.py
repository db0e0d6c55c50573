"""Kill -9 at random instants: a writer dies again and again, and its ledger goes on where it was acknowledged."""

from __future__ import annotations

import contextlib
import os
import random
import select
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.audit import Ledger, LedgerReader, verify

pytestmark = pytest.mark.component
_NORMAL, _NIGHTLY = 50, 1000
# Verified as a whole every so many rounds, and at the end: each verification covers all that went before it.
_VERIFIED_EVERY = 10


def write(root: Path, number: int, acknowledge: int) -> None:
    """Append without end, in commits and publications of all sizes; tell how many entries of this round are durable."""
    dice, done = random.Random(number), 0  # noqa: S311
    with Ledger(root, wait=5.0) as ledger:
        os.write(acknowledge, b"0\n")
        while True:
            count = dice.randint(1, 40)
            ledger.append([b"%d-%d-%s" % (number, done + at, b"x" * dice.randint(0, 900)) for at in range(count)])
            done += count
            os.write(acknowledge, b"%d\n" % done)
            if dice.random() < 0.3:
                ledger.publish()


@contextlib.contextmanager
def writer(root: Path, number: int) -> Iterator[tuple[int, int]]:
    """Fork a writer; yield its process and what it acknowledges on. It is dead at the end."""
    reading, writing = os.pipe()
    process = os.fork()
    if not process:
        try:
            os.close(reading)
            write(root, number, writing)
        finally:
            os._exit(1)
    os.close(writing)
    try:
        yield process, reading
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(reading)


def killed(root: Path, number: int, after: float) -> int:
    """Let a writer work for so many seconds from its first answer, kill it, and return what it had acknowledged."""
    answers = b""
    with writer(root, number) as (process, reading):
        assert select.select([reading], [], [], 60)[0], "the writer did not open the ledger"
        deadline = time.monotonic() + after
        while (left := deadline - time.monotonic()) > 0:
            if select.select([reading], [], [], left)[0]:
                answers += os.read(reading, 65536)
        os.kill(process, signal.SIGKILL)
        while found := os.read(reading, 65536):
            answers += found
    # A number that the kill cut off is no answer.
    return int(answers[: answers.rfind(b"\n")].split(b"\n")[-1] or 0)


def run(root: Path, rounds: int) -> None:
    """Crash so often, and compare what is kept with what was acknowledged each time."""
    dice = random.Random(rounds)  # noqa: S311  instants, not secrets
    kept, number = 0, 0
    for number in range(rounds):
        acknowledged = killed(root, number, dice.uniform(0, 0.06))
        if number % _VERIFIED_EVERY == 0:
            assert verify(root).findings == []
        with Ledger(root, wait=5.0):
            pass
        found = [entry.split(b"-")[:2] for _, entry in LedgerReader(root).entries(kept)]

        assert len(found) >= acknowledged
        assert found == [[b"%d" % number, b"%d" % at] for at in range(len(found))]
        kept += len(found)
    report = verify(root)
    assert (report.findings, report.size) == ([], kept)
    assert kept > rounds


def test_kill_9_at_random_instants_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """Fifty times: all acknowledged entries are there, once, in order, in one tree with all its checkpoints."""
    run(tmp_path / "l", _NORMAL)


@pytest.mark.stress
def test_kill_9_a_thousand_times_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """The same for a night."""
    run(tmp_path / "l", _NIGHTLY)
