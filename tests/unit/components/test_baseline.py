"""ClusterBaseline: nothing goes in or out where nothing of ours runs, and a device plugin that can do little else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from components.catalog import ClusterBaseline
from headgate.policy.bundle import Bundle

pytestmark = pytest.mark.unit

IMAGE = "hgplatformprod.azurecr.io/runtimes/device-plugin@sha256:" + "a" * 64
DAEMON = "kubernetes:apps/v1:DaemonSet"
REPORTS = {"b-policyreports", "b-clusterpolicyreports"}


def build(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one cluster's baseline."""

    def program() -> dict[str, Any]:
        args: Any = {"ownership": ownership, **more}
        ClusterBaseline("b", args)
        return {}

    return program


def test_defaults_deny_all_traffic_where_nothing_of_ours_runs(record: Any, ownership: dict[str, str]) -> None:
    """A pod that lands in one of these namespaces by mistake talks to nobody."""
    recording = record(build(ownership))
    policies = [each for each in recording.resources if each.type == "kubernetes:networking.k8s.io/v1:NetworkPolicy"]

    assert {each.name: each.inputs["metadata"]["namespace"] for each in policies} == {
        "b-default-default-deny": "default",
        "b-kube-public-default-deny": "kube-public",
        "b-kube-node-lease-default-deny": "kube-node-lease",
    }
    assert [each.inputs["spec"] for each in policies] == [{"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}] * 3
    assert set(recording.children()) == {each.name for each in policies} | REPORTS


def test_max_offers_gpus_from_every_node_that_has_them(record: Any, ownership: dict[str, str]) -> None:
    """On tainted and on spot nodes alike, before anything that needs them."""
    recording = record(build(ownership, device_plugin_image=IMAGE, sliced=True))
    pod = recording.one(DAEMON).inputs["spec"]["template"]["spec"]

    assert pod["nodeSelector"] == {"kubernetes.azure.com/accelerator": "nvidia"}
    assert [row["key"] for row in pod["tolerations"]] == ["sku", "kubernetes.azure.com/scalesetpriority"]
    assert pod["priorityClassName"] == "system-node-critical"
    assert pod["containers"][0]["image"] == IMAGE
    assert pod["containers"][0]["args"][0] == "--mig-strategy=single"


def test_hardened_the_plugin_has_a_folder_of_the_node_and_nothing_else(record: Any, ownership: dict[str, str]) -> None:
    """Root for the kubelet's sockets alone: no capability, no privilege, no token, no network, nothing to write on."""
    recording = record(build(ownership, device_plugin_image=IMAGE))
    pod = recording.one(DAEMON).inputs["spec"]["template"]["spec"]

    assert pod["containers"][0]["securityContext"] == {
        "runAsUser": 0,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["securityContext"] == {"seccompProfile": {"type": "RuntimeDefault"}}
    assert pod["volumes"] == [
        {"name": "sockets", "hostPath": {"path": "/var/lib/kubelet/device-plugins", "type": "Directory"}}
    ]
    assert pod["automountServiceAccountToken"] is False
    deny = recording.one("kubernetes:networking.k8s.io/v1:NetworkPolicy", "b-devices-default-deny").inputs
    assert deny["metadata"]["namespace"] == "headgate-devices"


def test_the_gates_know_the_plugin_already_in_a_preview(record: Any, ownership: dict[str, str]) -> None:
    """All by which `serving.device_plugin` of the signed parameters excepts it is written out, and is what they say."""
    excepted = Bundle.find().parameters["base"]["serving"]["device_plugin"]
    daemon = record(build(ownership, device_plugin_image=IMAGE), preview=True).one(DAEMON).inputs
    pod = daemon["spec"]["template"]["spec"]
    (container,), (volume,) = pod["containers"], pod["volumes"]

    assert {
        "namespace": daemon["metadata"]["namespace"],
        "name": daemon["metadata"]["name"],
        "service_account": pod["serviceAccountName"],
        "repositories": [container["image"].removeprefix("hgplatformprod.azurecr.io/").partition("@")[0]],
        "folder": volume["hostPath"]["path"],
    } == excepted
    assert volume["hostPath"]["type"] == "Directory"
