"""Event logs: read, followed while they grow, and told as errors."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from headgate.engine import failure
from headgate.engine.events import errors_in, read_events
from headgate.engine.follow import Follower
from headgate.engine.render import rendering
from headgate.errors import Exit

pytestmark = pytest.mark.unit

URN = "urn:pulumi:dev::headgate::a$azure-native:containerservice:ManagedCluster::aks"
DEBUG = '{"sequence":0,"diagnosticEvent":{"message":"rpc","color":"never","severity":"debug"}}\n'


def line(**event: Any) -> str:
    """Return one line of an event log."""
    return json.dumps(event, separators=(",", ":")) + "\n"


def test_debug_noise_and_a_torn_last_line_are_left_out(tmp_path: Path) -> None:
    """Half of a stream is debug messages, and a killed engine leaves half a line."""
    log = tmp_path / "log"
    log.write_text(DEBUG + line(sequence=1) + '{"sequence":2,"diag')

    assert list(read_events(log)) == [{"sequence": 1}]


def test_follower_hands_on_each_event_once_over_torn_writes(tmp_path: Path) -> None:
    """A line that arrives in two pieces is one event."""
    log, seen = tmp_path / "log", []
    follower = Follower(log, seen.append)
    text = line(sequence=0, summaryEvent={}) + line(sequence=1)
    follower.poll()
    for end in (5, 40, len(text)):
        log.write_text(text[:end])
        follower.poll()
    follower.poll()

    assert [event["sequence"] for event in seen] == [0, 1]


def test_follower_begins_anew_with_the_file(tmp_path: Path) -> None:
    """The engine truncates the log between preview and update."""
    log, seen = tmp_path / "log", []
    follower = Follower(log, seen.append)
    log.write_text(line(sequence=0, timestamp=1) + line(sequence=1))
    follower.poll()
    log.write_text(line(sequence=0, timestamp=1))
    follower.poll()

    assert [event["sequence"] for event in seen] == [0, 1, 0]


def test_errors_are_told_once_with_their_resource() -> None:
    """The same message from preview and update is one; a mandatory violation is an error too."""
    error = {"diagnosticEvent": {"urn": URN, "message": "quota exceeded\n", "severity": "error"}}
    violation = {"policyEvent": {"policyName": "HG-SC-001", "message": "denied\n", "enforcementLevel": "mandatory"}}

    assert errors_in(iter([error, error, violation])) == ["aks: quota exceeded", "HG-SC-001: denied"]


def test_update_is_rendered_as_lines_where_there_is_no_terminal() -> None:
    """One line for each change that is done, none for a preview's steps; messages once."""
    out = io.StringIO()
    step = {"metadata": {"op": "create", "urn": URN}}
    with rendering(Console(file=out, width=200)) as renderer:
        renderer.see({"resourcePreEvent": {**step, "planning": True}})
        renderer.see({"resOutputsEvent": {**step, "planning": True}})
        renderer.see({"resourcePreEvent": step})
        renderer.see({"diagnosticEvent": {"severity": "warning", "message": "slow today", "urn": URN}})
        renderer.see({"diagnosticEvent": {"severity": "warning", "message": "slow today", "urn": URN}})
        renderer.see({"resOutputsEvent": step})
        renderer.see({"resourcePreEvent": step})
        renderer.see({"resOpFailedEvent": step})

    assert out.getvalue().splitlines() == [
        "  aks: slow today",
        "+ ManagedCluster aks  created (0 s)",
        "✗ ManagedCluster aks  failed",
    ]


def test_what_waits_for_the_update_is_counted_and_not_listed() -> None:
    """A platform's preview has dozens of such findings; they are told before the first change, and only once."""
    out = io.StringIO()
    step = {"metadata": {"op": "create", "urn": URN}}
    waits = "can't be judged: the value is unknown\n  deferred: decided at the update"

    def found(rule: str, message: str) -> dict[str, Any]:
        return {"policyEvent": {"policyName": rule, "message": message, "enforcementLevel": "advisory"}}

    with rendering(Console(file=out, width=200)) as renderer:
        renderer.see({"resourcePreEvent": {**step, "planning": True}})
        for event in (found("HG-B", waits), found("HG-A", waits), found("HG-A", waits), found("HG-C", "better so")):
            renderer.see(event)
        renderer.see({"resourcePreEvent": step})

    assert out.getvalue().splitlines() == [
        "  advice: HG-C: better so",
        "· 2 findings wait for values that only the update knows (HG-A, HG-B)",
    ]


def test_many_errors_are_cut_and_counted() -> None:
    """The first ones are the causes."""
    error = failure.explain("the update of dev failed", "dev", [f"error {number}" for number in range(15)])

    assert str(error.found).splitlines()[-1].strip() == "… and 3 more"


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ("error: incorrect passphrase", "the passphrase is not the one"),
        ("the stack is currently locked by 1 lock(s)", "another update holds its lock"),
        ("409 RoleAssignmentExists: The role assignment already exists.", "Azure has this very right already"),
        ('unknown stack "organization/headgate/platform-dev"', "a stack that it needs does not exist"),
        ("write /x: no space left on device", "the disk is full"),
    ],
)
def test_known_failures_say_what_to_do(message: str, cause: str) -> None:
    """The engine's words stay, with a cause and a fix."""
    error = failure.explain("the update of dev failed", "dev", [message])

    assert (cause in error.what, error.found, bool(error.fix)) == (True, message, True)


def test_refusal_by_policy_is_exit_code_1() -> None:
    """Violations are told apart from what could not be evaluated."""
    assert failure.denied("dev", ["aks: HG-SC-001: denied"]).exit_code is Exit.VIOLATIONS
