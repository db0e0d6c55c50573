"""`headgate drill`: which region, what is recorded, how it ends, and what a killed drill leaves."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from headgate.audit.reader import LedgerReader
from headgate.cli import drill_failover
from headgate.cli.drill_failover import DrilledPlatform, drill_of
from headgate.cli.main import cli
from headgate.errors import HeadgateError
from tests.unit.drill.conftest import FIRST, SECOND, SimulatedOutage, SimulatedPlatform

pytestmark = pytest.mark.unit
STACK = "platform-sandbox"


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimulatedPlatform:
    """Put a simulated platform in the place of a sandbox's."""
    simulated = SimulatedPlatform()

    @contextlib.contextmanager
    def asking(*_: Any) -> Iterator[SimulatedPlatform]:
        yield simulated

    monkeypatch.setenv("HEADGATE_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("HEADGATE_LEDGER", str(tmp_path / "ledger"))
    monkeypatch.setattr(drill_failover, "asking", asking)
    monkeypatch.setattr(drill_failover, "_platform", lambda stack, _: DrilledPlatform(stack, "edge", simulated, 120.0))
    monkeypatch.setattr(drill_failover, "_serving", lambda *_: FIRST)
    monkeypatch.setattr(drill_failover, "outage_of", lambda *_: SimulatedOutage(simulated))
    monkeypatch.setattr(drill_failover, "outage_left", lambda *_: SimulatedOutage(simulated))
    return simulated


def run(*arguments: str) -> Result:
    """Run the command as the command line does, but for the exit."""
    return CliRunner().invoke(cli, ["drill", *arguments], standalone_mode=False)


def recorded(tmp_path: Path) -> list[dict[str, Any]]:
    """Return the data of every entry."""
    reader = LedgerReader(tmp_path / "ledger")
    return [reader.document(entry)["data"] for _, entry in reader.entries()]


def test_a_failover_is_told_and_recorded_with_what_it_is_held_against(
    platform: SimulatedPlatform, tmp_path: Path
) -> None:
    """Exit code 0; the same figures on the screen's JSON and in the ledger."""
    done = run("failover", STACK, "--json")

    told = json.loads(done.stdout)
    assert done.return_value == 0
    assert (told["stack"], told["region"], told["by"], told["result"], told["lost_entries"]) == (
        STACK, FIRST, "outage", "succeeded", 0,
    )  # fmt: skip
    assert told["objective"] == {"recovery_seconds": 120.0, "lost_entries": 0}
    assert [each["result"] for each in recorded(tmp_path)] == ["began", "succeeded"]
    assert {**recorded(tmp_path)[1], "stack": STACK} == {**told, "drill": "failover"}
    assert "uaenorth goes out\nuaenorth comes back\n" in done.stderr


def test_a_person_reads_how_long_it_took(platform: SimulatedPlatform) -> None:
    """And what failed."""
    done = run("failover", STACK)

    assert "others answered after 15.05 s (objective: 120 s)" in done.stdout
    assert "60 of 80 failed while it was out, 0 of 41 after it" in done.stdout
    assert done.stdout.rstrip().endswith("the drill succeeded")


def test_a_failed_drill_is_recorded_too(platform: SimulatedPlatform, tmp_path: Path) -> None:
    """Exit code 1, and no success that the gates would count."""
    platform.detection = 1000.0

    done = run("failover", STACK)

    fault = "others did not answer in its place within 120 s"
    assert (done.return_value, recorded(tmp_path)[-1]["result"], recorded(tmp_path)[-1]["faults"]) == (
        1, "failed", [fault],
    )  # fmt: skip
    assert f"  failed:    {fault}\nthe drill failed" in done.stdout


def test_an_interrupted_drill_is_recorded_and_undone(platform: SimulatedPlatform, tmp_path: Path) -> None:
    """The region is back, and nothing is left to be undone."""

    def interrupt(running: SimulatedPlatform) -> None:
        if running.out:
            raise KeyboardInterrupt

    platform.at_each_step = interrupt
    done = run("failover", STACK)

    assert isinstance(done.exception, click.Abort)
    assert (recorded(tmp_path)[-1]["result"], recorded(tmp_path)[-1]["faults"]) == ("failed", ["interrupted"])
    assert (platform.out, drill_of(STACK).left()) == ("", None)


def test_a_platform_that_is_not_well_is_neither_drilled_nor_recorded(
    platform: SimulatedPlatform, tmp_path: Path
) -> None:
    """A drill that never began is no failed one."""
    platform.broken = {SECOND: "HTTP 503"}

    done = run("failover", STACK)

    assert isinstance(done.exception, HeadgateError)
    assert int(done.exception.exit_code) == 2
    assert not (tmp_path / "ledger").exists()


def test_the_next_drill_undoes_what_a_killed_one_left_and_ends(platform: SimulatedPlatform, tmp_path: Path) -> None:
    """The edge may not have noticed that the region is back: to take out another one now would be an outage."""
    platform.out = FIRST
    _leave()

    done = run("failover", STACK)

    assert isinstance(done.exception, HeadgateError)
    assert done.exception.found == f"{FIRST} was left out of service"
    assert (platform.out, drill_of(STACK).left()) == ("", None)
    assert [(each["result"], each["faults"]) for each in recorded(tmp_path)] == [("failed", [drill_failover.KILLED])]


def test_restore_brings_a_region_back_without_another_drill(platform: SimulatedPlatform) -> None:
    """And says so where there is nothing to bring back."""
    platform.out = FIRST
    _leave()

    outputs = [run("restore", STACK).stdout, run("restore", STACK).stdout, run("restore", STACK, "--json").stdout]

    assert outputs[:2] == [f"{STACK}: {FIRST} is back\n", f"{STACK}: no drill left anything\n"]
    assert json.loads(outputs[2]) == {"stack": STACK, "restored": ""}
    assert platform.out == ""


def test_a_drill_that_nobody_could_record_is_not_done(
    platform: SimulatedPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not in the ledger proves nothing."""
    monkeypatch.delenv("HEADGATE_LEDGER")

    done = run("failover", STACK)

    assert isinstance(done.exception, HeadgateError)
    assert done.exception.what == "a drill is recorded in a ledger, and there is none"


def test_the_objective_is_that_of_the_rules() -> None:
    """As HG-RE-002 holds the edge's probes against it."""
    assert drill_failover.objective_of("platform-prod") == 120.0


def _leave() -> None:
    with drill_of(STACK).alone():
        drill_of(STACK).begin({"by": "simulation", "region": FIRST})
