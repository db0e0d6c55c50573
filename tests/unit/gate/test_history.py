"""What the ledger says of stacks, as the rules are told it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from headgate.audit import Entry, Ledger
from headgate.gate.history import history
from headgate.gate.knowledge import Knowledge
from headgate.plan.view import Operation, Resource, View
from headgate.policy.bundle import CHECKOUT
from headgate.release.proof import deployment_entry

pytestmark = pytest.mark.unit

SCHEMA = json.loads((CHECKOUT / "policies" / "schemas" / "facts.json").read_text())
DRILLED = {"drill": "failover", "result": "succeeded"}


def recorded(ledger: Path, *entries: tuple[str, str, str, Any]) -> Path:
    """Write entries of (kind, stack, time, data) to a ledger."""
    with Ledger(ledger) as written:
        written.append_documents([Entry(kind, stack, data, time=time).as_json() for kind, stack, time, data in entries])
    return ledger


def resource(stack: str) -> Resource:
    """Return a resource of a stack."""
    urn = f"urn:pulumi:{stack}::headgate::pulumi:pulumi:Stack::headgate-{stack}"
    return Resource(urn, "pulumi", "pulumi:pulumi:Stack", f"headgate-{stack}", Operation.SAME, {})


def test_a_stack_is_told_by_its_deployments_and_its_drills(tmp_path: Path) -> None:
    """Since when it is there, what it serves since the last deployment, and its last drill, in one form of time."""
    ledger = recorded(
        tmp_path,
        ("deployment", "platform-prod", "2026-01-02T03:00:00+03:00", {"versions": {"team-a/score": "1.0.0"}}),
        ("drill", "platform-prod", "2026-03-01T00:00:00Z", DRILLED),
        ("drill", "platform-prod", "2026-02-01T00:00:00Z", DRILLED),
        ("deployment", "platform-prod", "2026-02-01T00:00:00Z", {"versions": {"team-a/score": "1.1.0"}}),
        ("deployment", "platform-dev", "2025-01-01T00:00:00Z", {}),
    )

    told = Knowledge(None, ledger).about([resource("platform-prod")])

    jsonschema.validate(told, SCHEMA)
    assert told == {
        "history": {
            "stacks": {
                "platform-prod": {
                    "since": "2026-01-02T00:00:00.000000Z",
                    "versions": {"team-a/score": "1.1.0"},
                    "drilled": "2026-03-01T00:00:00.000000Z",
                }
            }
        }
    }


@pytest.mark.parametrize(
    "data",
    [
        {"drill": "failover", "result": "failed"},
        {"drill": "failover"},
        {"drill": "failover", "result": "Succeeded"},
        {"drill": "failover", "result": True},
        {"drill": "restore", "result": "succeeded"},
        {"result": "succeeded"},
        "failover succeeded",
        None,
    ],
)
def test_a_drill_that_did_not_succeed_is_none(tmp_path: Path, data: Any) -> None:
    """Whatever it says instead: only the words of a success are one."""
    ledger = recorded(tmp_path, ("drill", "platform-prod", "2026-03-01T00:00:00Z", data))

    assert history(ledger, ["platform-prod"]) == {"stacks": {"platform-prod": {}}}


def test_a_ledger_of_which_nothing_was_written_knows_no_stack(tmp_path: Path) -> None:
    """That is something else than no ledger."""
    assert history(tmp_path, ["platform-prod"]) == {"stacks": {}}


def test_a_ledger_that_can_not_be_read_is_told_as_such(tmp_path: Path) -> None:
    """Nothing that is recorded there is taken for something that never was."""
    ledger = recorded(tmp_path, ("deployment", "platform-prod", "2026-01-01T00:00:00Z", {}))
    (ledger / "checkpoint").write_text("burnt")

    assert list(history(ledger, ["platform-prod"])) == ["unavailable"]


def test_nobody_is_asked_where_nobody_was_named() -> None:
    """The rules say so themselves."""
    assert Knowledge(None, None).about([resource("platform-prod")]) == {}


def test_a_deployment_says_which_version_each_workload_serves() -> None:
    """From the objects as they stand; what does not say one is left out."""

    def rollout(name: Any, annotations: Any, operation: Operation = Operation.SAME) -> Resource:
        metadata = {"name": name, "annotations": annotations}
        properties = {"metadata": metadata}
        return Resource("id", "kubernetes", "k", "x", operation, properties, kind="Rollout", namespace="team-a")

    version = {"headgate.dev/model-version": "1.0.0"}
    view = View(
        (
            rollout("score", version),
            rollout("gone", version, Operation.DELETE),
            rollout("other", {}),
            rollout("none", None),
            rollout(None, version),
            rollout("odd", {"headgate.dev/model-version": 1}),
        ),
        "state",
        "a-prod",
    )

    assert deployment_entry(view, {"same": 1}).data["versions"] == {"team-a/score": "1.0.0"}
