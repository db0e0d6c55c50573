"""What only its owners let go: by their approval of the very plan, at the plan and right before it is applied."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from headgate.errors import Exit
from headgate.gate.protected import Rules, approved
from headgate.plan.pulumi import from_preview
from headgate.plan.view import View
from headgate.policy.bundle import Bundle
from headgate.policy.decision import Decision

from .conftest import STACK, Waiting

pytestmark = pytest.mark.component

URN = f"urn:pulumi:{STACK}::headgate::"
REGISTRY = f"{URN}azure-native:containerregistry:Registry::models"
NAMESPACE = f"{URN}kubernetes:core/v1:Namespace::team-fraud"
LABELS = {"headgate.dev/protected": "true"}
PROPERTIES = {"metadata": {"name": "team-fraud", "labels": LABELS}}
OWNERS = "or the approval of this plan by 1 in a role of platform"


def view(*steps: dict[str, Any]) -> View:
    """Return the view of a plan of the stack."""
    root = {"op": "same", "urn": f"{URN}pulumi:pulumi:Stack::headgate-{STACK}", "newState": {"custom": False}}
    return from_preview({"steps": [root, *steps]}, "plan")


def registry(operation: str, *, protect: bool = False) -> dict[str, Any]:
    """Return what a plan does to the registry, which its state keeps from deletion."""
    old, new = {"custom": True, "protect": True}, {"custom": True, "protect": protect}
    return {"op": operation, "urn": REGISTRY, "oldState": old} | ({"newState": new} if operation != "delete" else {})


def judged(waiting: Waiting, what: View, *, applies: bool = False) -> Decision:
    """Judge a plan with the approvals that it has, by the rules of the checkout."""
    proposal: Any = SimpleNamespace(view=what, record=waiting.keep())
    return approved(proposal, Rules(Bundle.find(waiting.project / "policies")), waiting.store, applies=applies)


def refused(decision: Decision) -> set[str]:
    """Return the rules on approvals that block."""
    return {each.rule.id for each in decision.blocking if each.rule.category == "approval"}


@pytest.mark.parametrize("step", [registry("delete"), registry("update")], ids=["deleted", "unprotected"])
def test_what_is_protected_goes_with_the_approval_of_its_owners(waiting: Waiting, step: dict[str, Any]) -> None:
    """And not by just anybody's: Amina answers for security, and Badr for the platform."""
    gone = view(step)
    nobody = judged(waiting, gone)
    waiting.approve("amina")
    one = judged(waiting, gone)
    waiting.approve("badr")
    both, applied = judged(waiting, gone), judged(waiting, gone, applies=True)

    assert refused(nobody) == refused(one) == {"HG-AP-001", "HG-AP-006"}
    assert OWNERS in next(each.violations[0].expected for each in nobody.blocking if each.rule.id == "HG-AP-006")
    assert (refused(both), "HG-AP-006" in refused(applied)) == (set(), False)


def test_break_glass_lets_nothing_go(waiting: Waiting) -> None:
    """Two people in an emergency open the way for a plan, and not for what it would lose."""
    waiting.keep()
    waiting.approve("cyrus", "--break-glass", "INC-1")
    waiting.approve("badr", "--break-glass", "INC-1")

    assert refused(judged(waiting, view(registry("delete")))) == {"HG-AP-006"}


def test_what_a_cluster_would_refuse_no_approval_lifts(waiting: Waiting) -> None:
    """A namespace loses its label first: approved by all, its deletion is a violation still."""
    old = {"custom": True, "type": "kubernetes:core/v1:Namespace", "inputs": PROPERTIES}
    gone = view({"op": "delete", "urn": NAMESPACE, "oldState": old})
    waiting.keep()
    waiting.approve("amina")
    waiting.approve("badr")
    found = judged(waiting, gone)

    assert (found.exit_code, refused(found)) == (Exit.VIOLATIONS, {"HG-AP-006"})


def test_a_pull_request_that_loses_something_lacks_approvals_alone(waiting: Waiting) -> None:
    """Gate P without a plan that anybody could have signed: refused, with exit code 3."""
    from headgate.gate.pull_request import decide

    found = decide(view(registry("delete")), Bundle.find(waiting.project / "policies"))

    assert (found.exit_code, refused(found)) == (Exit.APPROVALS_MISSING, {"HG-AP-006"})
