"""kill -9 and Ctrl-C of an update under the real CLI: the next one completes, and its state is never corrupted.

Every change tries a create that was cut off, and all of it on the whole platform (`tests/sandbox/test_crashes.py`).
"""

from __future__ import annotations

import json
import os
import signal

import pytest

from headgate.engine import locks, orphan, projects

from .conftest import STACK, Trial, children_of, wait_for

pytestmark = pytest.mark.component


def resources(trial: Trial) -> dict[str, str]:
    """Return name → id of the custom resources in the state."""
    content = json.loads(projects.stack_state(trial.state, projects.read(trial.project), STACK).read_text())
    latest = content["checkpoint"]["latest"]
    assert not latest.get("pending_operations")
    return {
        each["urn"].rpartition("::")[2]: each["id"]
        for each in latest["resources"]
        if each["type"].startswith("kubernetes:")
    }


def test_create_that_went_through_is_kept(trial: Trial) -> None:
    """A CLI killed after the provider had created: the object is entered in the state, not created twice."""
    trial.want(a="1")
    trial.kill_up_at("after-create")

    result = trial.deploy()

    assert resources(trial) == {"a": "default/a"}
    assert [note.split(" (")[0] for note in result.notes] == [
        "cleared the lock of an update that was killed",
        "kept, since its creation had gone through: a",
    ]


@pytest.mark.stress
def test_create_that_never_happened_is_forgotten_and_done_anew(trial: Trial) -> None:
    """A CLI killed before the provider had created: the operation is forgotten and the object created."""
    trial.want(a="1")
    trial.kill_up_at("before-create")

    result = trial.deploy()

    assert (trial.existing(), resources(trial)) == (["a"], {"a": "default/a"})
    assert result.notes[1] == "forgot, since its creation had not gone through: a (kubernetes:core/v1:ConfigMap)"


@pytest.mark.stress
@pytest.mark.parametrize("point", ["before-update", "after-update", "before-delete", "after-delete"])
def test_killed_update_and_deletion_are_completed(deployed: Trial, point: str) -> None:
    """An update or a deletion that was cut off, on either side of its effect, is completed by the next `up`."""
    deployed.want(**({"a": "2", "b": "1"} if "update" in point else {"b": "1"}))
    deployed.kill_up_at(point)

    deployed.deploy()

    value = {"a": "2", "b": "1"} if "update" in point else {"b": "1"}
    found = {name: json.loads((deployed.objects / f"default~{name}.json").read_text()) for name in deployed.existing()}
    assert {name: each["data"]["value"] for name, each in found.items()} == value
    assert resources(deployed) == {name: f"default/{name}" for name in value}


@pytest.mark.stress
def test_interrupt_finishes_what_is_under_way(trial: Trial) -> None:
    """On Ctrl-C the CLI ends by itself, releases its lock, and the next `up` completes."""
    trial.want(a="1")
    trial.halt("after-create")
    with trial.start_up() as process:
        wait_for((trial.objects / "reached").exists)
        process.send_signal(signal.SIGINT)
        # A second one ends an engine that waits for a provider which never answers.
        wait_for(lambda: process.poll() is not None or _again(process.pid))
    trial.go_on()

    trial.deploy()

    assert resources(trial) == {"a": "default/a"}


def _again(pid: int) -> bool:
    """Press Ctrl-C once more."""
    os.kill(pid, signal.SIGINT)
    return False


def test_update_whose_headgate_was_killed_is_ended(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `headgate up` that is killed leaves the CLI running: the next one ends that, completes, and clears up."""
    monkeypatch.setattr(orphan, "GRACE_SECONDS", 1.0)
    trial.want(a="1")
    trial.halt("after-create")
    with trial.start_up() as process:
        wait_for((trial.objects / "reached").exists)
        (left,) = children_of(process.pid, "pulumi")
        process.kill()
    trial.go_on()

    notes = trial.deploy().notes

    assert resources(trial) == {"a": "default/a"}
    assert locks.process_started(left) is None
    assert list((trial.state.root / "updates").iterdir()) == []
    assert notes[-1].startswith("kept, since its creation had gone through: a")
