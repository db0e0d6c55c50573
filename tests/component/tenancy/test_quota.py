"""A team can't take more than its quota, whatever it asks for and however often at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from headgate.sandbox.kube import KubeClient
from headgate.stack import load_stack
from tests.component.region.steps import named, until
from tests.component.tenancy.conftest import Caller, Team, small_pod

pytestmark = pytest.mark.component

SPACE = "team-fraud"
PODS = f"/api/v1/namespaces/{SPACE}/pods"


@pytest.fixture
def empty(kube: KubeClient, teams: dict[str, Team]) -> Iterator[None]:
    """Take away what a test left; quotas count what is gone as gone."""
    yield
    for each in kube.list("v1", "Pod", SPACE)["items"]:
        if each["metadata"]["name"] != "server":
            path = f"{PODS}/{each['metadata']['name']}"
            kube.request("DELETE", path, body={"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0})
    until(lambda: kube.get("v1", "ResourceQuota", "quota", SPACE)["status"]["used"]["pods"] == "1")


def refusal(administrator: Caller, document: dict[str, Any], path: str = PODS) -> str:
    """Return why an object is refused, even where an administrator asks."""
    status, answer = administrator.call("POST", path, document)
    assert status == 403, answer
    return str(answer["message"])


@pytest.mark.parametrize(
    ("resources", "counted"),
    [
        ({"cpu": "129"}, "requests.cpu"),
        ({"memory": "513Gi"}, "requests.memory"),
        ({"nvidia.com/gpu": "5"}, "requests.nvidia.com/gpu"),
        ({"nvidia.com/mig-1g.10gb": "1"}, "requests.nvidia.com/mig-1g.10gb"),
        ({"amd.com/gpu": "1"}, "requests.amd.com/gpu"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_one_pod_can_not_be_larger_than_the_quota(
    teams: dict[str, Team], administrator: Caller, resources: dict[str, str], counted: str
) -> None:
    """CPU, memory, GPUs, and parts of GPUs, which a quota of whole ones would not count."""
    whole = {"cpu": "100m", "memory": "128Mi", **resources}
    pod = small_pod("large", SPACE, {"requests": whole, "limits": whole})

    message = refusal(administrator, pod)

    assert "exceeded quota: quota" in message
    assert counted in message


@pytest.mark.usefixtures("empty")
def test_many_at_once_take_no_more_than_the_quota(teams: dict[str, Team], administrator: Caller) -> None:
    """Thirty pods of a sixteenth of the CPUs, created at the same moment: fifteen fit beside what runs."""
    quota = load_stack("fraud-prod").team.quota
    amount = {"cpu": str(int(quota.cpu) // 16), "memory": "1Gi"}
    pods = [small_pod(f"many-{n:02}", SPACE, {"requests": amount, "limits": amount}) for n in range(30)]

    with ThreadPoolExecutor(10) as executor:
        statuses = list(executor.map(lambda pod: administrator.call("POST", PODS, pod)[0], pods))

    assert {status: statuses.count(status) for status in sorted(set(statuses))} == {201: 15, 403: 15}


@pytest.mark.usefixtures("empty")
def test_a_team_at_its_limit_leaves_another_its_own(
    kube: KubeClient, teams: dict[str, Team], administrator: Caller
) -> None:
    """What fraud takes, vision does not lack."""
    amount = {"cpu": "127", "memory": "1Gi"}
    taken = small_pod("everything", SPACE, {"requests": amount, "limits": amount})
    other = small_pod("still-there", "team-vision", {"requests": amount, "limits": amount})

    assert administrator.call("POST", PODS, taken)[0] == 201
    assert "exceeded quota" in refusal(administrator, {**taken, "metadata": {"name": "more"}})
    assert administrator.call("POST", "/api/v1/namespaces/team-vision/pods", other, query={"dryRun": "All"})[0] == 201


def test_a_deployment_stays_within_the_quota_and_says_so(kube: KubeClient, teams: dict[str, Team]) -> None:
    """Pods that do not fit are not made, and the deployment's condition says why."""
    amount = {"cpu": "60", "memory": "1Gi"}
    pod = small_pod("x", SPACE, {"requests": amount, "limits": amount})
    labels = {"app": "greedy"}
    spec = {
        "replicas": 5,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod["spec"]},
    }
    kube.apply(
        named("Deployment", "greedy", SPACE, version="apps/v1", spec=spec), field_manager="component-test", force=True
    )

    def told() -> str:
        status = kube.get("apps/v1", "Deployment", "greedy", SPACE).get("status", {})
        return "".join(each.get("message", "") for each in status.get("conditions", []))

    until(lambda: "exceeded quota: quota" in told())
    made = kube.list("v1", "Pod", SPACE, label_selector="app=greedy")["items"]
    kube.delete("apps/v1", "Deployment", "greedy", SPACE)
    until(lambda: not kube.list("v1", "Pod", SPACE, label_selector="app=greedy")["items"])

    assert len(made) == 2


@pytest.mark.parametrize("priority", ["system-cluster-critical", "system-node-critical"])
def test_a_team_can_not_push_others_off_their_nodes(
    teams: dict[str, Team], administrator: Caller, priority: str
) -> None:
    """The system's priorities preempt everyone: none of a team's pods may have one."""
    assert "exceeded quota: no-system-priority" in refusal(
        administrator, small_pod("pushy", SPACE, priorityClassName=priority)
    )


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("Service", {"type": "LoadBalancer", "ports": [{"port": 80}]}),
        ("Service", {"type": "NodePort", "ports": [{"port": 80}]}),
        (
            "PersistentVolumeClaim",
            {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        ),
    ],
    ids=["load balancer", "node port", "volume"],
)
def test_what_costs_or_opens_is_not_in_the_quota(
    teams: dict[str, Team], administrator: Caller, kind: str, spec: dict[str, Any]
) -> None:
    """No address past the gateway, and no disk, unless the stack's quota says so."""
    path = f"/api/v1/namespaces/{SPACE}/{'services' if kind == 'Service' else 'persistentvolumeclaims'}"

    assert "exceeded quota: quota" in refusal(administrator, named(kind, "x", SPACE, spec=spec), path)


def test_a_pod_that_asks_for_nothing_gets_little(kube: KubeClient, teams: dict[str, Team]) -> None:
    """Requests and limits are filled in, its writes to the node's disk included."""
    (container,) = kube.get("v1", "Pod", "server", SPACE)["spec"]["containers"]

    assert container["resources"] == {
        "limits": {"cpu": "500m", "memory": "512Mi", "ephemeral-storage": "1Gi"},
        "requests": {"cpu": "100m", "memory": "128Mi", "ephemeral-storage": "128Mi"},
    }


@pytest.mark.parametrize(
    "spec",
    [
        {"hostNetwork": True},
        {"hostPID": True},
        {"volumes": [{"name": "host", "hostPath": {"path": "/"}}]},
        {"securityContext": {"runAsUser": 0}},
        {"containers": [{"name": "c", "image": "x", "securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}}]},
    ],
    ids=["host network", "host processes", "host files", "root", "capabilities"],
)
def test_a_pod_past_its_borders_is_refused(teams: dict[str, Team], administrator: Caller, spec: dict[str, Any]) -> None:
    """Pod Security `restricted`, enforced, whoever asks."""
    assert 'violates PodSecurity "restricted' in refusal(administrator, small_pod("escape", SPACE, **spec))
