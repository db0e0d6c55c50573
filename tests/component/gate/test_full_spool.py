"""A full spool closes gates P and U: a real collector's disk takes nothing, what fits waits, then nothing passes."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from headgate.audit import LedgerReader
from headgate.audit.spool import LIMIT, LIMIT_VARIABLE, VARIABLE, Spool
from headgate.engine import environment
from headgate.policy.bundle import CHECKOUT
from headgate.sandbox.toolchain import tool_path
from tests.component.engine.conftest import STACK, Trial, trial
from tests.component.gate.test_recording import Collector
from tests.component.pack.test_pack import ALLOWED, Engine, engine
from tests.component.policy.test_check import ALLOWED as MANIFEST
from tests.component.policy.test_check import check

pytestmark = pytest.mark.component
UP = (
    "from headgate.sandbox import shims; shims._PROVIDERS['kubernetes'] = 'trial_kubernetes';"
    f"from headgate.cli.main import main; main(['up', '--yes', '-s', {STACK!r}])"
)
__all__ = ["engine", "trial"]


@dataclass(frozen=True)
class Recording:
    """A collector whose disk is full or not, and a spool before it."""

    collector: Collector
    spool: Spool

    def disk_is(self, *, full: bool) -> None:
        """Let no file of the collector's grow, or let them again: what it writes then fails as on a full disk."""
        limit = 1 if full else resource.RLIM_INFINITY
        resource.prlimit(self.collector.process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    def shell(self, limit: int = LIMIT) -> dict[str, str]:
        """Return the variables of a shell in which entries may wait."""
        ledger = str(self.collector.ledger)
        return {"HEADGATE_LEDGER": ledger, VARIABLE: str(self.spool.folder), LIMIT_VARIABLE: str(limit)}

    def too_little(self) -> int:
        """Return a limit that what waits fits in, and not as much again."""
        return sum(each.stat().st_size for each in self.spool.waiting()) * 3 // 2

    def kept(self) -> list[tuple[str, Any]]:
        """Return the kinds and verdicts that the ledger has in the end."""
        self.collector.end()
        reader = LedgerReader(self.collector.ledger)
        found = [reader.document(entry) for _, entry in reader.entries()]
        return [(each["kind"], each["data"].get("verdict")) for each in found]


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    """Run a collector for one test."""
    running = Recording(Collector(tmp_path), Spool(tmp_path / "spool"))
    yield running
    if running.collector.process.poll() is None:
        running.collector.end()


def test_a_check_waits_then_closes_and_opens_by_itself(recording: Recording, tmp_path: Path) -> None:
    """Exit code 2 and no verdict, though the change breaks no rule; nothing of what had been let through is lost."""
    recording.disk_is(full=True)
    waits = check(tmp_path, "--manifests", "-", text=MANIFEST, **recording.shell())
    little = recording.shell(recording.too_little())
    closed = check(tmp_path, "--manifests", "-", text=MANIFEST, **little)
    waiting = len(recording.spool.waiting())
    recording.disk_is(full=False)
    opens = check(tmp_path, "--manifests", "-", text=MANIFEST, **little)

    assert [each.returncode for each in (waits, closed, opens)] == [0, 2, 0], closed.stderr
    assert b"the spool is full: the entries were not recorded" in closed.stderr
    assert b"headgate audit drain" in closed.stderr
    assert (waiting, recording.spool.waiting(), recording.kept()) == (1, [], [("decision", "pass")] * 2)


def test_an_update_with_the_pack_ends(recording: Recording, engine: Engine) -> None:
    """The engine stops before the update, and tells the cause."""
    recording.disk_is(full=True)
    closed = engine.preview(ALLOWED, **recording.shell(limit=1))
    recording.disk_is(full=False)
    opens = engine.preview(ALLOWED, **recording.shell(limit=1))

    assert (closed.returncode != 0, opens.returncode) == (True, 0), closed.stdout + opens.stdout
    assert "the spool is full: the entries were not recorded" in closed.stdout + closed.stderr
    assert (recording.spool.waiting(), recording.kept()) == ([], [("decision", "pass")])


def with_a_pack(trial: Trial) -> None:
    """Give the trial project rules, and the Python that starts the pack's process."""
    (trial.project / "policies").symlink_to(CHECKOUT / "policies")
    (trial.project / ".venv").symlink_to(sys.prefix)


@pytest.mark.stress
def test_an_update_without_a_preview_touches_nothing(recording: Recording, trial: Trial) -> None:
    """It ends at the stack's own resource, which is judged before any other is made."""
    trial.deploy()
    trial.want(a="1", b="1", c="1")
    with_a_pack(trial)

    def up() -> subprocess.CompletedProcess[str]:
        prepared = environment.prepare(trial.state, project=trial.project)
        return subprocess.run(
            [str(tool_path("pulumi")), "--non-interactive", "up", "--yes", "--skip-preview", "--stack", STACK],
            cwd=trial.project,
            env={**environment.child_environment(prepared), **recording.shell(limit=1)},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    recording.disk_is(full=True)
    closed = up()
    untouched = trial.existing()
    recording.disk_is(full=False)
    opens = up()

    assert (closed.returncode != 0, untouched) == (True, ["a", "b"]), closed.stdout + closed.stderr
    assert "the spool is full: the entries were not recorded" in closed.stdout + closed.stderr
    assert (opens.returncode, trial.existing()) == (0, ["a", "b", "c"]), opens.stdout + opens.stderr


@pytest.mark.stress
def test_headgate_up_touches_nothing(recording: Recording, trial: Trial) -> None:
    """Its preview is judged, and nobody keeps the decision: exit code 2, and no resource is made."""

    def up() -> tuple[int, str]:
        own = {"HEADGATE_STATE": str(trial.state.root), **recording.shell(limit=1)}
        command = [sys.executable, "-c", UP]
        done = subprocess.run(
            command, cwd=trial.project, env={**os.environ, **own}, capture_output=True, text=True, timeout=240
        )
        return done.returncode, done.stdout + done.stderr

    with_a_pack(trial)
    recording.disk_is(full=True)
    code, said = up()
    untouched = trial.existing()
    recording.disk_is(full=False)
    opens, after = up()

    assert (code, untouched) == (2, []), said
    assert "the spool is full: the entries were not recorded" in said
    assert (opens, trial.existing()) == (0, ["a", "b"]), after
