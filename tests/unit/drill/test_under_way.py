"""What a drill leaves on disk: one at a time, and what a killed one did can be undone by another process."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from headgate.drill.interrupts import interruptible, undisturbed
from headgate.drill.under_way import Noted, UnderWay
from headgate.errors import HeadgateError
from tests.unit.drill.conftest import FIRST, SimulatedOutage, SimulatedPlatform

pytestmark = pytest.mark.unit
STACK = "platform-sandbox"


def test_what_will_have_to_be_undone_is_written_down_first(tmp_path: Path, platform: SimulatedPlatform) -> None:
    """A process that dies in between leaves a file; one that ends leaves none."""
    under_way = UnderWay(tmp_path, STACK)
    outage = SimulatedOutage(platform)
    outage.begin = lambda: outage.calls.append(str(under_way.left()))  # type: ignore[method-assign]
    noted = Noted(outage, under_way)

    with under_way.alone():
        noted.begin()
        noted.end()

    assert outage.calls == [str({"by": "simulation", "region": FIRST}), "end"]
    assert under_way.left() is None


def test_a_second_drill_of_a_stack_is_refused(tmp_path: Path) -> None:
    """Another stack's is not; and the lock goes with its holder."""
    second = UnderWay(tmp_path, STACK).alone()

    with (
        UnderWay(tmp_path, STACK).alone(),
        UnderWay(tmp_path, "other").alone(),
        pytest.raises(HeadgateError, match="another drill of this stack"),
    ):
        second.__enter__()

    with UnderWay(tmp_path, STACK).alone():
        pass


def test_a_region_that_can_not_be_brought_back_stays_written_down(tmp_path: Path, platform: SimulatedPlatform) -> None:
    """And the error names the command that tries again."""
    outage = SimulatedOutage(platform)

    def refuse() -> None:
        raise HeadgateError("no Azure")

    outage.end = refuse  # type: ignore[method-assign]
    under_way = UnderWay(tmp_path, STACK)

    with under_way.alone():
        noted = Noted(outage, under_way)
        noted.begin()
        with pytest.raises(HeadgateError) as failed:
            noted.end()

    assert (failed.value.found, failed.value.fix) == ("no Azure", f"headgate drill restore {STACK}")
    assert under_way.left() == {"by": "simulation", "region": FIRST}


@pytest.mark.parametrize("text", ["", "[]", '{"by": "edge"}', "{"])
def test_a_damaged_note_is_an_error(tmp_path: Path, text: str) -> None:
    """Taken for nothing, a region would stay out."""
    under_way = UnderWay(tmp_path, STACK)
    under_way.file.write_text(text)

    with pytest.raises(HeadgateError, match="nobody knows what has to be undone"):
        under_way.left()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_raises_so_that_what_was_begun_is_undone(number: int) -> None:
    """Also those that would end the process at once."""
    with pytest.raises(KeyboardInterrupt), interruptible():
        os.kill(os.getpid(), number)


def test_a_signal_waits_while_something_is_undone() -> None:
    """It is told that it was heard, and raised afterwards."""
    said: list[str] = []
    done: list[str] = []

    def undo() -> None:
        with undisturbed(said.append):
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("undone")

    with pytest.raises(KeyboardInterrupt):
        undo()

    assert (said, done) == (["not before the region is back"], ["undone"])
