"""`up` with the real CLI: what a crash leaves is repaired, and every failure says what to do."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from headgate import engine
from headgate.engine import locks, orphan, projects
from headgate.engine.update import Update
from headgate.errors import HeadgateError

from .conftest import STACK, Trial, children_of, wait_for

pytestmark = pytest.mark.component


def deploy(trial: Trial, **options: Callable[..., None]) -> Update:
    """Run `up` on the trial stack."""
    return engine.up(STACK, project=trial.project, state=trial.state, **options)


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


def test_first_up_creates_and_second_changes_nothing(trial: Trial) -> None:
    """A stack is created from nothing; the same again is all `same`; the stack file stays as it was."""
    stack_file = trial.project / "stacks" / f"Pulumi.{STACK}.yaml"
    before = stack_file.read_text()

    first, second = deploy(trial), deploy(trial)

    assert (first.changes, second.changes) == ({"create": 3}, {"same": 3})
    assert (trial.existing(), stack_file.read_text()) == (["a", "b"], before)


def test_create_that_went_through_is_kept(trial: Trial) -> None:
    """A CLI killed after the provider had created: the object is entered in the state, not created twice."""
    trial.want(a="1")
    trial.kill_up_at("after-create")

    result = deploy(trial)

    assert resources(trial) == {"a": "default/a"}
    assert [note.split(" (")[0] for note in result.notes] == [
        "cleared the lock of an update that was killed",
        "kept, since its creation had gone through: a",
    ]


def test_create_that_never_happened_is_forgotten_and_done_anew(trial: Trial) -> None:
    """A CLI killed before the provider had created: the operation is forgotten and the object created."""
    trial.want(a="1")
    trial.kill_up_at("before-create")

    result = deploy(trial)

    assert (trial.existing(), resources(trial)) == (["a"], {"a": "default/a"})
    assert result.notes[1] == "forgot, since its creation had not gone through: a (kubernetes:core/v1:ConfigMap)"


@pytest.mark.parametrize("point", ["before-update", "after-update", "before-delete", "after-delete"])
def test_killed_update_and_deletion_are_completed(trial: Trial, point: str) -> None:
    """An update or a deletion that was cut off, on either side of its effect, is completed by the next `up`."""
    deploy(trial)
    trial.want(**({"a": "2", "b": "1"} if "update" in point else {"b": "1"}))
    trial.kill_up_at(point)

    deploy(trial)

    value = {"a": "2", "b": "1"} if "update" in point else {"b": "1"}
    found = {name: json.loads((trial.objects / f"default~{name}.json").read_text()) for name in trial.existing()}
    assert {name: each["data"]["value"] for name, each in found.items()} == value
    assert resources(trial) == {name: f"default/{name}" for name in value}


def test_lock_of_a_living_process_is_respected(trial: Trial) -> None:
    """While another update runs, `up` says who holds the lock and touches nothing."""
    deploy(trial)
    folder = trial.state.pulumi_backend / ".pulumi" / "locks" / "organization" / "headgate" / STACK
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "pid": os.getpid(),
        "username": "me",
        "hostname": os.uname().nodename,
        "timestamp": "2999-01-01T00:00:00Z",
    }
    (folder / "x.json").write_text(json.dumps(content))

    with pytest.raises(HeadgateError) as caught:
        deploy(trial)

    assert caught.value.what == f"stack {STACK} is being updated by somebody else"
    assert f"kill {os.getpid()}" in str(caught.value.fix)
    assert locks.stack_locks(trial.state.pulumi_backend, "headgate", STACK) != []


def test_program_error_is_shown_once_with_its_line(trial: Trial) -> None:
    """A program that raises ends the update with its traceback, from the program's own frame on."""
    (trial.project / "infra" / "__main__.py").write_text("def f():\n    raise ValueError('no such region')\nf()\n")

    with pytest.raises(HeadgateError) as caught:
        deploy(trial)

    found = str(caught.value.found)
    assert found.count("ValueError: no such region") == 1
    assert f'File "{trial.project}/infra/__main__.py", line 2, in f' in found
    assert "runpy" not in found


def test_error_made_for_people_has_no_traceback(trial: Trial) -> None:
    """A HeadgateError raised in the program shows as its message alone."""
    (trial.project / "infra" / "__main__.py").write_text(
        "from headgate.errors import HeadgateError\n"
        "raise HeadgateError('no such region', where='stacks/x.yaml:3', fix='use uaenorth')\n"
    )

    with pytest.raises(HeadgateError) as caught:
        deploy(trial)

    assert " ".join(str(caught.value.found).split()) == "stacks/x.yaml:3: no such region do: use uaenorth"


def test_wrong_passphrase_says_what_is_wrong(trial: Trial) -> None:
    """A salt that belongs to another passphrase is told as such, with what to do."""
    other = "v1:TtzBIVKkhV8=:v1:T3b1cwJ2kvXp0e6z:7q4JMOEp1mP1xMbF8t8u3m1rLx8yjA=="
    (trial.project / "stacks" / f"Pulumi.{STACK}.yaml").write_text(f"encryptionsalt: {other}\n")

    with pytest.raises(HeadgateError) as caught:
        deploy(trial)

    assert "the passphrase is not the one that the stack's secrets were encrypted with" in caught.value.what


def test_unknown_stack_names_those_that_exist(trial: Trial) -> None:
    """A stack without a file makes no stack, and the error lists the stacks."""
    with pytest.raises(HeadgateError) as caught:
        engine.up("trial-prod", project=trial.project, state=trial.state)

    assert (caught.value.what, caught.value.expected) == ("the stack has no file", f"one of {STACK}")


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

    deploy(trial)

    assert resources(trial) == {"a": "default/a"}


def _again(pid: int) -> bool:
    """Press Ctrl-C once more."""
    os.kill(pid, signal.SIGINT)
    return False


def test_state_and_passphrase_are_private(trial: Trial) -> None:
    """State, passphrase and plugins are readable by their owner alone."""
    deploy(trial)

    modes = {
        path.name: path.stat().st_mode & 0o077
        for path in (trial.state.root, trial.state.passphrase_file, trial.state.pulumi_backend, trial.state.shims)
    }

    assert modes == dict.fromkeys(modes, 0)


def test_secret_of_the_stack_is_masked_in_errors(trial: Trial) -> None:
    """A program that prints a secret of its configuration in an error does not get it shown."""
    folder = Path(trial.project)
    (folder / "infra" / "__main__.py").write_text(
        "import pulumi\nvalue = pulumi.Output.secret('correct-horse-battery')\npulumi.export('password', value)\n"
    )
    deploy(trial)
    (folder / "infra" / "__main__.py").write_text("raise ValueError('got correct-horse-battery')\n")

    with pytest.raises(HeadgateError) as caught:
        deploy(trial)

    assert "got [secret]" in str(caught.value.found)
    assert "correct-horse-battery" not in str(caught.value)


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

    notes = deploy(trial).notes

    assert resources(trial) == {"a": "default/a"}
    assert locks.process_started(left) is None
    assert list((trial.state.root / "updates").iterdir()) == []
    assert notes[-1].startswith("kept, since its creation had gone through: a")
