"""An update that no gate recorded is found by the state that it left, and nothing else is called one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.audit import Entry, LedgerReader, record
from headgate.cli.deployments import attempt, record_deployment
from headgate.engine.projects import Project, stack_state
from headgate.errors import HeadgateError
from headgate.gate.ungated import state_digest, ungated
from headgate.sandbox.layout import StateDir

pytestmark = pytest.mark.unit

STACK = "fraud-prod"


class Backend:
    """A stack's state in a file back end, and the ledger beside it."""

    def __init__(self, root: Path) -> None:
        self.ledger, self.project = root / "ledger", Project(root, "headgate", root)
        self.file = stack_state(StateDir(root / "state"), self.project, STACK)
        self.file.parent.mkdir(parents=True)

    def hold(self, *names: str, time: str = "then") -> None:
        """Write a state of these resources."""
        urns = [f"urn:pulumi:{STACK}::headgate::kubernetes:core/v1:ConfigMap::{name}" for name in names]
        resources = [{"urn": urn, "type": "kubernetes:core/v1:ConfigMap"} for urn in urns]
        latest = {"manifest": {"time": time}, "resources": resources}
        self.file.write_text(json.dumps({"version": 3, "checkpoint": {"stack": STACK, "latest": latest}}))

    def deploy(self, *names: str) -> None:
        """Change the state, and record it."""
        self.hold(*names)
        record_deployment(STACK, self.project, {"create": len(names)})

    def fail(self, *names: str) -> None:
        """Change the state, and be interrupted."""
        with attempt(STACK, self.project, protected=True):
            self.hold(*names)
            raise KeyboardInterrupt

    def look(self) -> tuple[str, str] | None:
        """Return what is found, and what was known."""
        found = ungated(self.ledger, STACK, self.file)
        return (found.found, found.known) if found else None

    def entries(self) -> list[tuple[str, Any]]:
        """Return the entries after the deployments."""
        found = [json.loads(content) for _, content in LedgerReader(self.ledger).entries()]
        return [(each["kind"], each["data"]) for each in found if each["kind"] != "deployment"]


@pytest.fixture
def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Backend:
    """Return an empty one."""
    monkeypatch.setenv("HEADGATE_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("HEADGATE_LEDGER", str(tmp_path / "ledger"))
    return Backend(tmp_path)


def test_a_state_that_was_changed_past_the_gates_is_found(backend: Backend) -> None:
    """Until something is recorded nothing is known; saved again unchanged it is the same."""
    backend.hold("a")
    unknown = backend.look()
    backend.deploy("a")
    known = state_digest(backend.file)
    backend.hold("a", time="now")
    same = backend.look()
    backend.hold("a", "b")

    assert (unknown, same, backend.look()) == (None, None, (state_digest(backend.file), known))


def test_a_state_that_is_gone_or_another_stacks_record_is_no_excuse(backend: Backend) -> None:
    """Emptied by hand is changed, too; what was recorded of another stack counts for that alone."""
    backend.deploy("a")
    known = state_digest(backend.file)
    backend.file.unlink()
    record(backend.ledger, [Entry(kind="deployment", subject="fraud-dev", data={"state": state_digest(backend.file)})])

    assert backend.look() == (state_digest(backend.file), known)


def test_the_next_update_raises_the_alarm_before_it_makes_the_state_known(backend: Backend) -> None:
    """Only on a protected stack: elsewhere plain updates are nobody's offence."""
    backend.deploy("a")
    backend.hold("a", "b")
    with attempt(STACK, backend.project, protected=False):
        pass
    quiet = backend.entries()
    with attempt(STACK, backend.project, protected=True):
        backend.hold("a", "b", "c")

    assert quiet == []
    assert [(kind, data["alert"]) for kind, data in backend.entries()] == [("alert", "update-without-decision")]


def test_work_that_failed_half_way_is_recorded_and_raises_no_alarm(backend: Backend) -> None:
    """One that changed nothing leaves nothing."""
    backend.deploy("a")
    for names in (("a",), ("a", "b")):
        with pytest.raises(KeyboardInterrupt):
            backend.fail(*names)

    told = {"state": state_digest(backend.file), "result": "failed", "protected": True}
    assert (backend.entries(), backend.look()) == ([("attempt", told)], None)


def test_a_state_that_cannot_be_read_is_an_error(backend: Backend) -> None:
    """Nobody says that all is well of what nobody has read."""
    backend.deploy("a")
    backend.file.write_text("{")

    with pytest.raises(HeadgateError, match="the state can't be read"):
        backend.look()
