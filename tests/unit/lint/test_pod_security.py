"""Pod Security restricted, rule by rule, on pods that break one rule each."""

from __future__ import annotations

from typing import Any

import pytest
from pod_specifications import BREAKS, SOUND, changed

from lint.manifests import Manifest
from lint.pod_security import RULES, findings

pytestmark = pytest.mark.unit


def rules_broken(pod: dict[str, Any]) -> list[str]:
    """Return the rules that a Deployment of a pod breaks."""
    body = {"kind": "Deployment", "metadata": {"name": "d", "namespace": "n"}, "spec": {"template": {"spec": pod}}}
    return [finding.rule for finding in findings(Manifest("", body))]


def test_a_restricted_pod_is_sound() -> None:
    """As components make them."""
    assert rules_broken(SOUND) == []


@pytest.mark.parametrize(("rule", "path", "value"), BREAKS, ids=[f"{rule}-{path}" for rule, path, _ in BREAKS])
def test_each_rule_finds_what_it_is_for(rule: str, path: str, value: Any) -> None:
    """One broken value, one finding, of that rule."""
    assert rules_broken(changed(path, value)) == [rule]


def test_every_rule_is_tried() -> None:
    """A rule that nothing breaks might find nothing."""
    assert {rule for rule, _, _ in BREAKS} == set(RULES)


def test_a_container_may_say_what_its_pod_leaves_open() -> None:
    """Both ways of setting a field count, as for the API server."""
    pod = changed("securityContext.runAsNonRoot", None)
    pod["containers"][0]["securityContext"]["runAsNonRoot"] = True

    assert rules_broken(pod) == []


@pytest.mark.parametrize("kind", ["initContainers", "ephemeralContainers"])
def test_other_containers_are_judged_too(kind: str) -> None:
    """An unsound container that starts first is no better."""
    pod = changed(kind, [{"name": "first", "image": "i@sha256:0"}])

    assert set(rules_broken(pod)) == {"allowPrivilegeEscalation", "capabilities"}


def test_pods_are_found_at_any_depth() -> None:
    """In a CronJob, a Rollout, or a list within a custom resource."""
    unsound = changed("hostIPC", True)
    body = {
        "kind": "PipelineRun",
        "metadata": {"name": "p"},
        "spec": {"steps": [{"podTemplate": {"spec": unsound}}, {"podTemplate": {"spec": SOUND}}]},
    }

    assert [(each.resource, each.text) for each in findings(Manifest("", body))] == [
        ("PipelineRun p", "spec.steps[0].podTemplate.spec: hostIPC must not be set")
    ]
