"""Delivery: in order, at least once, from where the receiver last acknowledged; never a ledger that was set back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from crash_points import Crash, crash_after

from headgate.audit import Ledger, LedgerReader
from headgate.audit.stream.cursor import Cursor, cursor_file
from headgate.audit.stream.delivery import Delivery, Progress
from headgate.audit.stream.destination import TooLargeError, UnavailableError
from headgate.audit.stream.record import Record
from headgate.errors import HeadgateError

pytestmark = pytest.mark.unit
ORIGIN = "example.com/ledger"
NAME = "test://receiver"


class Receiver:
    """Keeps the indexes that it is sent; `refusals` are raised first, one a request."""

    def __init__(self, *refusals: Exception, most: int = 10_000, most_bytes: int = 10_000) -> None:
        """Take what it refuses, and how many it takes at a time."""
        self.refusals, self.most, self.most_bytes = list(refusals), most, most_bytes
        self.batches: list[list[int]] = []

    def encode(self, record: Record) -> bytes:
        """Return the index alone, in ten bytes."""
        return b"%10d" % record.index

    def send(self, messages: Sequence[bytes]) -> None:
        """Acknowledge, or not."""
        if self.refusals:
            raise self.refusals.pop(0)
        if len(messages) > self.most:
            raise TooLargeError
        self.batches.append([int(one) for one in messages])

    def close(self) -> None:
        """Do nothing."""

    @property
    def kept(self) -> list[int]:
        """Everything, in order."""
        return [one for batch in self.batches for one in batch]


class Stop:
    """Is told to stop after some waits, and does not wait."""

    def __init__(self, after: int = 1000, then: Callable[[], object] = lambda: None) -> None:
        """Take when, and what happens at each wait."""
        self.after, self.then = after, then
        self.waits: list[float] = []
        self.is_set = False

    def wait(self, seconds: float) -> bool:
        """Note how long it would have been."""
        self.waits.append(seconds)
        self.then()
        self.is_set = len(self.waits) >= self.after
        return self.is_set


def grow(root: Path, size: int, letter: str = "n") -> Path:
    """Append until there are so many entries."""
    with Ledger(root, origin=ORIGIN) as ledger:
        ledger.append([f'{{"{letter}":{number}}}'.encode() for number in range(ledger.size, size)])
    return root


def deliver(
    root: Path, receiver: Receiver, stop: Stop | None = None, *, follow: bool = False, patience: float | None = 10.0
) -> list[Progress]:
    """Deliver a ledger; return what was told."""
    told: list[Progress] = []
    verifier = LedgerReader(root).verifier
    with Cursor(cursor_file(root, NAME), NAME, verifier.name) as cursor:
        Delivery(root, verifier, receiver, NAME, cursor, stop or Stop(), told.append, patience).run(follow=follow)
    return told


def test_everything_is_delivered_once_and_in_order(tmp_path: Path) -> None:
    """A second run goes on behind the first; what it tells is how far it is."""
    root, receiver = grow(tmp_path / "l", 300), Receiver()
    first = deliver(root, receiver)
    nothing = deliver(root, receiver)
    grow(root, 700)
    deliver(root, receiver)

    assert receiver.kept == list(range(700))
    assert [one.as_json() for one in first] == [
        {"destination": NAME, "delivered": 255, "lag": 44},
        {"destination": NAME, "delivered": 299, "lag": 0},
    ]
    assert nothing == [Progress(NAME, 299, 0)]
    assert deliver(grow(tmp_path / "empty", 0), receiver) == [Progress(NAME, None, 0)]


def test_a_batch_has_no_more_bytes_than_the_receiver_should_get(tmp_path: Path) -> None:
    """Ten bytes an entry, a limit of 25: two at a time, and one that is larger alone."""
    receiver, tiny = Receiver(most_bytes=25), Receiver(most_bytes=5)
    deliver(grow(tmp_path / "l", 5), receiver)
    deliver(grow(tmp_path / "m", 2), tiny)

    assert receiver.batches == [[0, 1], [2, 3], [4]]
    assert tiny.batches == [[0], [1]]


def test_a_batch_that_is_too_large_goes_in_halves_and_in_order(tmp_path: Path) -> None:
    """Down to what the receiver takes; an entry that it takes in no company stops the stream, and is named."""
    receiver, none = Receiver(most=3), Receiver(most=0)
    deliver(grow(tmp_path / "l", 10), receiver)

    assert receiver.batches == [[0, 1], [2, 3, 4], [5, 6], [7, 8, 9]]
    with pytest.raises(HeadgateError, match="no entry of this size") as raised:
        deliver(grow(tmp_path / "m", 2), none)
    assert raised.value.found == "entry 0, 10 bytes, alone in its request"


def test_it_waits_longer_each_time_and_not_without_end(tmp_path: Path) -> None:
    """Twice as long up to half a minute; what the receiver asks for counts, up to five minutes."""
    receiver, stop = (
        Receiver(*[UnavailableError("busy")] * 8, UnavailableError("busy", 60), UnavailableError("b", 9e9)),
        Stop(),
    )
    told = deliver(grow(tmp_path / "l", 3), receiver, stop, patience=None)

    assert stop.waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 60, 300]
    assert told[0].as_json() == {"destination": NAME, "delivered": None, "lag": 3, "waits": 0.5, "reason": "busy"}
    assert receiver.kept == [0, 1, 2]


def test_it_gives_up_when_its_patience_ends(tmp_path: Path) -> None:
    """Nothing is skipped: the next run begins with the same entry."""
    root, receiver, stop = grow(tmp_path / "l", 3), Receiver(*[UnavailableError("refused")] * 4), Stop()

    with pytest.raises(HeadgateError, match="can't be reached") as raised:
        deliver(root, receiver, stop, patience=4.0)
    assert (stop.waits, raised.value.found) == ([0.5, 1, 2], "refused")
    deliver(root, receiver)
    assert receiver.kept == [0, 1, 2]


def test_it_ends_at_once_when_told_to_while_it_waits(tmp_path: Path) -> None:
    """Without an error, and without having skipped anything."""
    root, receiver, stop = grow(tmp_path / "l", 3), Receiver(UnavailableError("busy")), Stop(after=1)
    deliver(root, receiver, stop)
    assert (stop.waits, receiver.kept) == ([0.5], [])
    deliver(root, receiver)
    assert receiver.kept == [0, 1, 2]


def test_it_follows_a_ledger_that_grows(tmp_path: Path) -> None:
    """Until it is told to stop."""
    root, receiver, sizes = grow(tmp_path / "l", 3), Receiver(), iter([300, 300, 301, 301])
    deliver(root, receiver, Stop(after=4, then=lambda: grow(root, next(sizes))), follow=True)

    assert receiver.kept == list(range(301))


def test_it_goes_on_over_a_rotation_of_the_key(tmp_path: Path) -> None:
    """While it follows with the old one."""
    root, receiver = grow(tmp_path / "l", 3), Receiver()

    def rotate() -> None:
        with Ledger(root) as ledger:
            ledger.rotate()
            ledger.append([b"{}"])

    deliver(root, receiver, Stop(after=3, then=rotate), follow=True)

    assert receiver.kept == list(range(7))


def crash_in_cursor(root: Path, receiver: Receiver, survived: int) -> bool:
    """Deliver, and stop after some file operations; say whether there were more."""
    verifier, name = LedgerReader(root).verifier, NAME
    with Cursor(cursor_file(root, NAME), NAME, ORIGIN) as cursor:
        try:
            with crash_after(survived, "open", "fsync", "fchmod", "write", "rename", "replace"):
                Delivery(root, verifier, receiver, name, cursor, Stop(), lambda _: None).run(follow=False)
        except Crash:
            return True
    return False


def test_a_crash_between_any_two_writes_loses_nothing(tmp_path: Path) -> None:
    """Stopped before every file operation of a delivery: the next run sends what was not noted, in order."""
    survived = 0
    grow(tmp_path / "l", 3)
    while True:
        root, receiver = tmp_path / str(survived), Receiver(most_bytes=25)
        shutil.copytree(tmp_path / "l", root)
        if not crash_in_cursor(root, receiver, survived):
            break
        again = Receiver()
        deliver(root, again)
        sent, resumed = receiver.kept, again.kept

        assert sent == list(range(len(sent)))
        assert resumed == list(range(resumed[0], 3)) if resumed else len(sent) == 3
        assert not resumed or resumed[0] <= len(sent)
        survived += 1
    assert survived > 10


def test_what_was_acknowledged_and_not_noted_is_delivered_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends between the two: at least once."""
    root, receiver = grow(tmp_path / "l", 3), Receiver()
    with monkeypatch.context() as patch:

        def crash(*_: object) -> None:
            raise Crash

        patch.setattr(Cursor, "advance", crash)
        with pytest.raises(Crash):
            deliver(root, receiver)
    deliver(root, receiver)

    assert receiver.batches == [[0, 1, 2], [0, 1, 2]]


def test_a_ledger_that_was_set_back_is_refused(tmp_path: Path) -> None:
    """Shorter than what was delivered, or as long and another one; while following, too."""
    root, receiver = grow(tmp_path / "l", 3), Receiver()
    shutil.copytree(root, tmp_path / "old")
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(root / "key", other / "key")
    grow(other, 8, "another")
    grow(root, 5)
    deliver(root, receiver)
    for folder in (tmp_path / "old", other):
        shutil.copytree(root / "streams", folder / "streams")

    with pytest.raises(HeadgateError, match="set back") as raised:
        deliver(tmp_path / "old", receiver)
    assert raised.value.found == "5 entries were delivered, and it has 3"
    with pytest.raises(HeadgateError, match="set back") as raised:
        deliver(other, receiver)
    assert raised.value.found == "its first 5 entries are not those that were delivered"

    def set_back() -> None:
        shutil.rmtree(root)
        shutil.copytree(tmp_path / "old", root)

    with pytest.raises(HeadgateError, match="set back"):
        deliver(root, receiver, Stop(then=set_back), follow=True)
    assert receiver.kept == list(range(5))


def test_a_cursor_of_another_ledger_or_receiver_is_refused(tmp_path: Path) -> None:
    """It says whose it is; one that is damaged is not taken for the beginning."""
    root = grow(tmp_path / "l", 3)
    path = cursor_file(root, NAME)
    deliver(root, Receiver())

    with pytest.raises(HeadgateError, match="another ledger's") as raised:
        Cursor(path, NAME, "example.com/other")
    assert (raised.value.found, raised.value.expected) == (ORIGIN, "example.com/other")
    with pytest.raises(HeadgateError, match="another receiver's"):
        Cursor(path, "test://other", ORIGIN)
    for damage in (b"", b"{}", b"[]", path.read_bytes().replace(b'"next": 3', b'"next": -1'), b"\xff"):
        path.write_bytes(damage)
        with pytest.raises(HeadgateError, match="can't be read"):
            Cursor(path, NAME, ORIGIN)


def test_two_streams_to_one_receiver_are_refused(tmp_path: Path) -> None:
    """They would deliver out of order; the error names the process."""
    path = cursor_file(tmp_path, NAME)
    with Cursor(path, NAME, ORIGIN), pytest.raises(HeadgateError, match="another process delivers") as raised:
        Cursor(path, NAME, ORIGIN)
    assert str(os.getpid()) in str(raised.value.found)


def test_a_disk_that_refuses_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was acknowledged is delivered again, and the person knows."""

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    root = grow(tmp_path / "l", 3)
    with Cursor(cursor_file(root, NAME), NAME, ORIGIN) as cursor, monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(HeadgateError, match="the cursor can't be written"):
            cursor.advance(cursor.position)
