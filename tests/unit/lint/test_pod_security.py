"""Pod Security restricted, rule by rule, on pods that break one rule each."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from lint.manifests import Manifest
from lint.pod_security import RULES, findings

pytestmark = pytest.mark.unit

SOUND: dict[str, Any] = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "runtime",
            "image": "r@sha256:0",
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }
    ],
    "volumes": [{"name": "model", "image": {"reference": "m@sha256:0"}}],
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the sound pod with one value changed; `container.` begins a place in its container."""
    pod = copy.deepcopy(SOUND)
    at: Any = pod["containers"][0] if path.startswith("container.") else pod
    *parents, last = path.removeprefix("container.").split(".")
    for name in parents:
        at = at.setdefault(name, {})
    if value is None:
        at.pop(last)
    else:
        at[last] = value
    return pod


def rules_broken(pod: dict[str, Any]) -> list[str]:
    """Return the rules that a Deployment of a pod breaks."""
    body = {"kind": "Deployment", "metadata": {"name": "d", "namespace": "n"}, "spec": {"template": {"spec": pod}}}
    return [finding.rule for finding in findings(Manifest("", body))]


def test_a_restricted_pod_is_sound() -> None:
    """As components make them."""
    assert rules_broken(SOUND) == []


BREAKS = [
    ("hostNamespaces", "hostNetwork", True),
    ("hostNamespaces", "hostPID", True),
    ("hostPorts", "container.ports", [{"containerPort": 80, "hostPort": 80}]),
    ("privileged", "container.securityContext.privileged", True),
    ("allowPrivilegeEscalation", "container.securityContext.allowPrivilegeEscalation", None),
    ("allowPrivilegeEscalation", "container.securityContext.allowPrivilegeEscalation", True),
    ("capabilities", "container.securityContext.capabilities", None),
    ("capabilities", "container.securityContext.capabilities", {"drop": ["ALL"], "add": ["SYS_TIME"]}),
    ("restrictedVolumes", "volumes", [{"name": "host", "hostPath": {"path": "/"}}]),
    ("restrictedVolumes", "volumes", [{"name": "nothing"}]),
    ("runAsNonRoot", "securityContext.runAsNonRoot", None),
    ("runAsNonRoot", "container.securityContext.runAsNonRoot", False),
    ("runAsUser", "container.securityContext.runAsUser", 0),
    ("runAsUser", "securityContext.runAsUser", 0),
    ("seccompProfile", "securityContext.seccompProfile", None),
    ("seccompProfile", "container.securityContext.seccompProfile", {"type": "Unconfined"}),
    ("seLinuxOptions", "securityContext.seLinuxOptions", {"user": "root"}),
    ("sysctls", "securityContext.sysctls", [{"name": "kernel.msgmax", "value": "1"}]),
    ("appArmorProfile", "container.securityContext.appArmorProfile", {"type": "Unconfined"}),
    ("procMount", "container.securityContext.procMount", "Unmasked"),
    ("hostProbesAndHostLifecycle", "container.livenessProbe", {"httpGet": {"host": "other", "port": 80}}),
    ("hostProbesAndHostLifecycle", "container.lifecycle", {"preStop": {"tcpSocket": {"host": "other", "port": 80}}}),
]


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
