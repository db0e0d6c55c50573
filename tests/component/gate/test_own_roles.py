"""What a region brings itself is let through by the gate that it has: it is applied again with each start."""

from __future__ import annotations

from pathlib import Path

import pytest

import headgate.sandbox.region
from headgate.gate.pull_request import decide
from headgate.gate.scope import Scope
from headgate.plan import manifests
from headgate.policy.bundle import CHECKOUT, Bundle

pytestmark = pytest.mark.component

OWN = Path(headgate.sandbox.region.__file__).with_name("manifests")


def test_no_role_or_extension_of_a_region_is_wider_than_the_rules_allow() -> None:
    """A region whose own objects its gate refused would not come back from a restart."""
    view = manifests.view({path.name: path.read_text() for path in sorted(OWN.glob("*.yaml"))})
    rules = frozenset({"HG-ID-001", "HG-TN-003"})
    found = decide(view, Bundle.find(CHECKOUT / "policies"), "sandbox", scope=Scope(rules=rules))

    assert [(each.resource.name, each.violations) for each in found.findings] == []
    assert len(found.results) > len(("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"))
