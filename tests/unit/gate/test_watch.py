"""What a killed headgate left is recorded once; what changed past the gates is told once, while nobody is at work."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from headgate.audit import Entry, LedgerReader, record
from headgate.cli.deployments import at_work
from headgate.engine import orphan
from headgate.engine.backend import Backend as FileBackend
from headgate.engine.projects import Project, stack_state
from headgate.engine.working import working
from headgate.errors import HeadgateError
from headgate.gate.ungated import state_digest
from headgate.gate.watch import Watch, run
from headgate.sandbox.layout import StateDir

pytestmark = pytest.mark.unit
STACK = "fraud-prod"
NOBODY = 4_194_305  # above the largest process id


class Backend:
    """A stack's state in a file back end, the ledger beside it, and what a killed headgate left."""

    def __init__(self, root: Path) -> None:
        self.ledger, self.project, self.state = (
            root / "ledger",
            Project(root, "headgate", root),
            StateDir(root / "state"),
        )
        self.file = stack_state(self.state, self.project, STACK)
        self.file.parent.mkdir(parents=True)
        self.watch = Watch(self.ledger, FileBackend(self.state, self.project))

    def hold(self, *names: str) -> str:
        """Write a state of these resources, and return its digest."""
        resources = [{"urn": urn(name), "type": "kubernetes:core/v1:ConfigMap"} for name in names]
        self.file.write_text(json.dumps({"version": 3, "checkpoint": {"latest": {"resources": resources}}}))
        return state_digest(self.file)

    def deploy(self, *names: str, **more: Any) -> None:
        """Change the state, and record it as an approved plan's."""
        told = {"state": self.hold(*names), "plan": "sha256:1", **more}
        record(self.ledger, [Entry(kind="deployment", subject=STACK, data=told)])

    def leave(self, *names: str, about: str = '{"action": "update", "plan": "sha256:1"}') -> Path:
        """Leave what an update whose headgate was killed leaves."""
        folder = orphan.place(self.state) / f"{STACK}.{NOBODY}"
        folder.mkdir(parents=True)
        (folder / orphan.ABOUT).write_text(about)
        ends = [{"resOutputsEvent": {"metadata": {"urn": urn(name), "op": "create"}}} for name in names]
        text = "".join(f"{json.dumps(each)}\n" for each in ends)
        (folder / orphan.EVENTS).write_text(text + '{"resOutputsEvent": {"meta')
        return folder

    def told(self) -> list[tuple[str, Any]]:
        """Return the entries after the deployments."""
        reader = LedgerReader(self.ledger)
        found = [reader.document(entry) for _, entry in reader.entries()]
        return [(each["kind"], each["data"]) for each in found if each["kind"] != "deployment"]


def urn(name: str) -> str:
    """Return a resource's URN."""
    return f"urn:pulumi:{STACK}::headgate::kubernetes:core/v1:ConfigMap::{name}"


@pytest.fixture
def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Backend:
    """Return an empty one."""
    monkeypatch.setenv("HEADGATE_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("HEADGATE_LEDGER", str(tmp_path / "ledger"))
    return Backend(tmp_path)


def test_what_a_killed_headgate_did_is_recorded_once_and_its_state_is_known(backend: Backend) -> None:
    """By the watch, with no command in between; a line that was being written is no operation."""
    backend.deploy("a")
    state = backend.hold("a", "b")
    backend.leave("b")
    found = [backend.watch.look() for _ in range(2)]

    run_ = f"{STACK}.{NOBODY}"
    operations = {
        "stack": STACK,
        "action": "update",
        "result": "killed",
        "plan": "sha256:1",
        "run": run_,
        "counts": {"succeeded": 1, "unchanged": 0},
        "part": 1,
        "parts": 1,
        "resources": [{"urn": urn("b"), "operation": "create", "result": "succeeded"}],
    }
    attempt = {"state": state, "result": "killed", "run": run_, "protected": True}
    assert (found, backend.told()) == ([[], []], [("operations", operations), ("attempt", attempt)])


def test_the_next_command_records_it_where_nobody_watches(backend: Backend) -> None:
    """Before it begins; of one that was killed before it noted what it does, what the engine told counts."""
    backend.deploy("a")
    folder = backend.leave("b", about="{")
    with at_work(STACK, backend.project):
        told = [(kind, data["action"]) for kind, data in backend.told() if kind == "operations"]

    assert (told, folder.exists()) == ([("operations", "update")], False)


def test_a_state_that_changed_after_the_kill_is_not_taken_for_the_killed_ones(backend: Backend) -> None:
    """Somebody went past the gates meanwhile: the operations are told, and the alarm is raised."""
    backend.deploy("a")
    folder = backend.leave("b")
    os.utime(folder / orphan.EVENTS, (1, 1))
    backend.hold("a", "b", "c")
    (found,) = backend.watch.look()

    assert [kind for kind, _ in backend.told()] == ["operations", "alert"]
    assert backend.told()[-1][1] == found.entry().data


def test_an_alarm_is_raised_once_for_each_change(backend: Backend) -> None:
    """Whoever looks again finds nothing new, another watch neither; a further change is another alarm."""
    backend.deploy("a")
    quiet = backend.watch.look()
    backend.hold("a", "b")
    first = backend.watch.look()
    again = [backend.watch.look(), Watch(backend.ledger, FileBackend(backend.state, backend.project)).look()]
    backend.hold("a", "b", "c")
    second = backend.watch.look()

    assert (quiet, again, [len(first), len(second)]) == ([], [[], []], [1, 1])
    assert [kind for kind, _ in backend.told()] == ["alert", "alert"]


def test_a_stack_that_nobody_approves_and_one_at_work_are_left_alone(backend: Backend) -> None:
    """Plain updates of an unprotected stack are nobody's offence; a state under somebody's hands is no state."""
    record(backend.ledger, [Entry(kind="deployment", subject=STACK, data={"state": backend.hold("a")})])
    backend.hold("a", "b")
    unprotected = backend.watch.look()
    backend.deploy("a")
    backend.hold("a", "b")
    with working(backend.state, STACK):
        at_work_now = backend.watch.look()

    assert (unprotected, at_work_now, len(backend.watch.look())) == ([], [], 1)


def test_a_watch_goes_on_where_it_can_not_read(backend: Backend) -> None:
    """It says so, and looks again."""
    stop, told = threading.Event(), list[str]()
    backend.deploy("a")
    backend.file.write_text("{")

    def tell(text: str) -> None:
        told.append(text)
        backend.hold("a", "b")
        if len(told) > 1:
            stop.set()

    run(backend.watch, 0, tell, stop)

    assert "the state can't be read" in told[0]
    assert told[1].startswith(f"{STACK}: changed without a record since ")
    backend.file.write_text("{")
    with pytest.raises(HeadgateError):
        backend.watch.look()
