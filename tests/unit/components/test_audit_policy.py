"""The policy of what a Kubernetes API server records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import components.kubernetes
import headgate.sandbox.region

pytestmark = pytest.mark.unit

OWN = "headgate:"


def policy(package: Any, name: str) -> dict[str, Any]:
    """Return a policy that lies beside a package."""
    found: dict[str, Any] = yaml.safe_load((Path(package.__file__).parent / name).read_text(encoding="utf-8"))
    return found


def level(rules: list[dict[str, Any]], verb: str, resource: str, user: str = "alice") -> str:
    """Return at which level a request of a person is recorded: the first rule that fits decides."""
    for rule in rules:
        named = [name for group in rule.get("resources", []) for name in group.get("resources", ["*"])]
        fits = (
            verb in rule.get("verbs", [verb])
            and (not named or resource in named)
            and user in rule.get("users", [user])
            and "userGroups" not in rule
            and "nonResourceURLs" not in rule
        )
        if fits:
            return str(rule["level"])
    return "None"


@pytest.mark.parametrize(
    ("verb", "resource", "expected"),
    [
        ("create", "deployments", "Request"),
        ("delete", "validatingwebhookconfigurations", "Request"),
        ("get", "deployments", "Metadata"),
        ("create", "secrets", "Metadata"),
        ("get", "secrets", "Metadata"),
        ("update", "configmaps", "Metadata"),
        ("create", "serviceaccounts/token", "Metadata"),
        ("create", "events", "None"),
    ],
)
def test_what_people_do_is_recorded_and_secrets_never_are(verb: str, resource: str, expected: str) -> None:
    """A change with its request, a read without its answer, a secret by its name alone."""
    assert level(policy(components.kubernetes, "audit_policy.yaml")["rules"], verb, resource) == expected


def test_the_sandbox_records_what_a_cluster_of_ours_does() -> None:
    """But for its own programs, which no cluster elsewhere has."""
    sandbox = policy(headgate.sandbox.region, "audit-policy.yaml")
    rules = []
    for rule in sandbox["rules"]:
        users = [user for user in rule.get("users", []) if not user.startswith(OWN)]
        if users or "users" not in rule:
            rules.append({**rule, "users": users} if users else rule)

    assert {**sandbox, "rules": rules} == policy(components.kubernetes, "audit_policy.yaml")
