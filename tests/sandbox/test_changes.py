"""Changes in place, drift repaired, and what a platform engineer does on a normal day."""

from __future__ import annotations

import json
from typing import Any

import pytest
from running_platform import Outcome, RunningPlatform, eventually

pytestmark = pytest.mark.sandbox


def operations(outcome: Outcome) -> dict[str, str]:
    """Return the operation of each step of a preview, by the resource's name."""
    return {
        step["urn"].rpartition("::")[2]: step["op"]
        for step in outcome.json()["steps"]
        if step["op"] not in {"same", "read"}
    }


def ready_pods(platform: RunningPlatform, region: str) -> str:
    """Return how many of the model's pods are ready in a region, as its Rollout counts them."""
    where = ("rollout", "fraud-score", "-n", "team-fraud", "-o", "jsonpath={.status.readyReplicas}")
    return platform.kubectl(region, "get", *where).out


def restore(platform: RunningPlatform, *objects: str) -> None:
    """Delete what a test took over with kubectl, whose fields Pulumi would rightly not take back, and deploy again."""
    assert platform.kubectl("uaecentral", "delete", *objects, "-n", "team-fraud", "--wait=true").code == 0
    assert platform.pulumi("refresh", "--yes", "--skip-preview", "-s", "fraud-sandbox").code == 0
    restored = platform.up("fraud-sandbox")
    assert restored.code == 0, restored.text


def test_a_rollout_deleted_behind_its_back_comes_back(platform: RunningPlatform) -> None:
    """`refresh` finds the loss and `up` repairs it, in the region where it happened only."""
    gone = platform.kubectl("uaenorth", "delete", "rollout", "fraud-score", "-n", "team-fraud", "--wait=true")
    assert gone.code == 0, gone.text

    refreshed = platform.pulumi("refresh", "--yes", "--skip-preview", "-s", "fraud-sandbox")
    repaired = platform.up("fraud-sandbox")

    assert refreshed.code == 0, refreshed.text
    assert repaired.code == 0, repaired.text
    assert "+ 1 created" in repaired.out
    eventually(lambda: ready_pods(platform, "uaenorth") == "2", "the autoscaler's two pods are ready")


def test_scaling_bounds_of_a_model_are_updated_in_place(platform: RunningPlatform) -> None:
    """A team's new bounds change its autoscaler and nothing is replaced."""

    def wider(config: dict[str, Any]) -> None:
        config["headgate:team"]["models"][0]["replicas"] = {"min": 3, "max": 6}

    changed = str(platform.edited("fraud-sandbox", wider))
    preview = platform.pulumi("preview", "--json", "-s", "fraud-sandbox", "--config-file", changed)
    assert set(operations(preview).values()) == {"update"}

    assert platform.up("fraud-sandbox", "--config-file", changed).code == 0
    eventually(lambda: ready_pods(platform, "uaecentral") == "3", "the autoscaler's three pods are ready")
    assert platform.up("fraud-sandbox").code == 0


def test_a_pools_maximum_never_replaces_the_cluster(platform: RunningPlatform) -> None:
    """The pool is a resource of its own: its new maximum updates it, in each region, and touches no cluster."""

    def larger(config: dict[str, Any]) -> None:
        config["headgate:platform"]["cluster"] = {"pools": {"cpu": {"max": 5}}}

    changed = str(platform.edited("platform-sandbox", larger))
    preview = platform.pulumi("preview", "--json", "-s", "platform-sandbox", "--config-file", changed)

    found = operations(preview)
    assert set(found.values()) == {"update"}, preview.text
    assert {"cluster-uaenorth-cpu-pool", "cluster-uaecentral-cpu-pool"} <= set(found)
    assert {"cluster-uaenorth-cluster", "cluster-uaecentral-cluster"} & set(found) == set()


def test_a_digest_that_is_not_in_the_registry_is_refused_and_the_old_one_answers(platform: RunningPlatform) -> None:
    """Past Pulumi too: the cluster's own gate has never heard of it."""
    path = "jsonpath={.spec.template.spec.volumes}"
    volumes = platform.kubectl("uaecentral", "get", "rollout", "fraud-score", "-n", "team-fraud", "-o", path).out
    index = next(number for number, volume in enumerate(json.loads(volumes)) if "image" in volume)
    patch = [
        {
            "op": "replace",
            "path": f"/spec/template/spec/volumes/{index}/image/reference",
            "value": "hgplatformsandbox.azurecr.io/models/fraud/fraud-score@sha256:" + "0" * 64,
        }
    ]
    patched = platform.kubectl(
        "uaecentral", "patch", "rollout", "fraud-score", "-n", "team-fraud", "--type=json", "-p", json.dumps(patch)
    )

    assert patched.code != 0
    assert "[HG-SC-003]" in patched.err
    assert "it is not in the registry" in patched.err
    assert platform.headgate("tour", "up", "--json").json()["request"]["ok"]


def test_pods_without_a_node_stay_visible_as_pending(platform: RunningPlatform) -> None:
    """A pod that no node can hold stays Pending with the scheduler's reason, and the ready ones go on answering."""
    quota = {"spec": {"hard": {"requests.cpu": "500", "limits.cpu": "500"}}}
    team = ("-n", "team-fraud")
    name = "resourcequota/quota"
    platform.kubectl("uaecentral", "patch", name, *team, "--type=merge", "-p", json.dumps(quota))
    limits = platform.kubectl("uaecentral", "get", "limitrange", *team, "-o", "name").out.strip()
    platform.kubectl("uaecentral", "delete", limits, *team)
    path = "/spec/template/spec/containers/0/resources"
    enormous = [{"op": "replace", "path": f"{path}/{each}/cpu", "value": "100"} for each in ("limits", "requests")]
    patch = json.dumps(enormous)
    patched = platform.kubectl("uaecentral", "patch", "rollout", "fraud-score", *team, "--type=json", "-p", patch)

    assert patched.code == 0, patched.text
    eventually(lambda: "Pending" in platform.kubectl("uaecentral", "get", "pods", *team).out, "a pod is pending")
    eventually(
        lambda: "Insufficient cpu" in platform.kubectl("uaecentral", "get", "events", *team).out, "the reason is told"
    )
    restore(platform, "rollout/fraud-score", name)
    eventually(lambda: "Pending" not in platform.kubectl("uaecentral", "get", "pods", *team).out, "nothing is pending")
