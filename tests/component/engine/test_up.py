"""`up` with the real CLI: what it makes, and that every failure says what to do."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from headgate import engine
from headgate.engine import locks
from headgate.engine.steps import Steps
from headgate.errors import HeadgateError

from .conftest import STACK, Trial

pytestmark = pytest.mark.component


def test_first_up_creates_and_second_changes_nothing(trial: Trial) -> None:
    """A stack is created from nothing; the same again is all `same`; the stack file stays as it was."""
    stack_file = trial.project / "stacks" / f"Pulumi.{STACK}.yaml"
    before = stack_file.read_text()

    steps = Steps(), Steps()
    first, second = (engine.up(STACK, project=trial.project, state=trial.state, steps=each) for each in steps)

    assert (first.changes, second.changes) == ({"create": 3}, {"same": 3})
    # The provider, which the engine leaves out of its summary, is one of them.
    assert [each.counts() for each in steps] == [{"succeeded": 4, "unchanged": 0}, {"unchanged": 4}]
    assert {(row["operation"], row["result"]) for row in steps[0].rows()} == {("create", "succeeded")}
    assert (trial.existing(), stack_file.read_text()) == (["a", "b"], before)
    states = [path for path in (trial.state.pulumi_backend / ".pulumi" / "stacks").rglob("*") if path.is_file()]
    assert {oct(path.stat().st_mode & 0o777) for path in states} == {"0o600"}


def test_lock_of_a_living_process_is_respected(deployed: Trial) -> None:
    """While another update runs, `up` says who holds the lock and touches nothing."""
    folder = deployed.state.pulumi_backend / ".pulumi" / "locks" / "organization" / "headgate" / STACK
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "pid": os.getpid(),
        "username": "me",
        "hostname": os.uname().nodename,
        "timestamp": "2999-01-01T00:00:00Z",
    }
    (folder / "x.json").write_text(json.dumps(content))

    with pytest.raises(HeadgateError) as caught:
        deployed.deploy()

    assert caught.value.what == f"stack {STACK} is being updated by somebody else"
    assert f"kill {os.getpid()}" in str(caught.value.fix)
    assert locks.stack_locks(deployed.state.pulumi_backend, "headgate", STACK) != []


def test_program_error_is_shown_once_with_its_line(trial: Trial) -> None:
    """A program that raises ends the update with its traceback, from the program's own frame on."""
    (trial.project / "infra" / "__main__.py").write_text("def f():\n    raise ValueError('no such region')\nf()\n")

    with pytest.raises(HeadgateError) as caught:
        trial.deploy()

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
        trial.deploy()

    assert " ".join(str(caught.value.found).split()) == "stacks/x.yaml:3: no such region do: use uaenorth"


def test_wrong_passphrase_says_what_is_wrong(trial: Trial) -> None:
    """A salt that belongs to another passphrase is told as such, with what to do."""
    other = "v1:TtzBIVKkhV8=:v1:T3b1cwJ2kvXp0e6z:7q4JMOEp1mP1xMbF8t8u3m1rLx8yjA=="
    (trial.project / "stacks" / f"Pulumi.{STACK}.yaml").write_text(f"encryptionsalt: {other}\n")

    with pytest.raises(HeadgateError) as caught:
        trial.deploy()

    assert "the passphrase is not the one that the stack's secrets were encrypted with" in caught.value.what


def test_unknown_stack_names_those_that_exist(trial: Trial) -> None:
    """A stack without a file makes no stack, and the error lists the stacks."""
    with pytest.raises(HeadgateError) as caught:
        engine.up("trial-prod", project=trial.project, state=trial.state)

    assert (caught.value.what, caught.value.expected) == ("the stack has no file", f"one of {STACK}")


def test_state_and_passphrase_are_private(deployed: Trial) -> None:
    """State, passphrase and plugins are readable by their owner alone."""
    modes = {
        path.name: path.stat().st_mode & 0o077
        for path in (
            deployed.state.root,
            deployed.state.passphrase_file,
            deployed.state.pulumi_backend,
            deployed.state.shims,
        )
    }

    assert modes == dict.fromkeys(modes, 0)


def test_secret_of_the_stack_is_masked_in_errors(trial: Trial) -> None:
    """A program that prints a secret of its configuration in an error does not get it shown."""
    folder = Path(trial.project)
    (folder / "infra" / "__main__.py").write_text(
        "import pulumi\nvalue = pulumi.Output.secret('correct-horse-battery')\npulumi.export('password', value)\n"
    )
    trial.deploy()
    (folder / "infra" / "__main__.py").write_text("raise ValueError('got correct-horse-battery')\n")

    with pytest.raises(HeadgateError) as caught:
        trial.deploy()

    assert "got [secret]" in str(caught.value.found)
    assert "correct-horse-battery" not in str(caught.value)
