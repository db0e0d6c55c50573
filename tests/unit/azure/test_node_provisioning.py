"""AKS's node auto-provisioning: Karpenter where the profile says so, with the machines of its location."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest

from headgate.sandbox.azure.counterparts import node_provisioning
from headgate.sandbox.azure.counterparts.node_provisioning import (
    in_the_way,
    instance_types,
    is_automatic,
    karpenter,
)
from headgate.sandbox.azure.errors import ArmError
from headgate.sandbox.control import Control, RegionEndpoints

pytestmark = pytest.mark.unit


def test_a_machine_with_gpus_is_offered_with_them_in_each_zone_and_cheaper_when_spare() -> None:
    """As Karpenter's simulation reads it."""
    machine = next(row for row in instance_types("uaenorth") if row["name"] == "Standard_NC24ads_A100_v4")
    offered = [
        (row["Requirements"][1]["values"][0], row["Requirements"][0]["values"][0], row["Price"])
        for row in machine["offerings"]
    ]

    assert machine["resources"]["nvidia.com/gpu"] == "1"
    assert [(zone, kind) for zone, kind, _ in offered] == [
        (f"uaenorth-{number}", kind) for number in (1, 2, 3) for kind in ("on-demand", "spot")
    ]
    assert offered[1][2] < offered[0][2]


def test_a_location_without_zones_has_the_zone_that_azure_writes() -> None:
    """`0`, as on its nodes."""
    zones = {row["Requirements"][1]["values"][0] for row in instance_types("uaecentral")[0]["offerings"]}

    assert zones == {"0"}


@pytest.mark.parametrize(
    ("properties", "automatic"),
    [
        ({}, False),
        ({"nodeProvisioningProfile": {"mode": "Manual"}}, False),
        ({"nodeProvisioningProfile": {"mode": "Auto"}}, True),
    ],
)
def test_the_profile_decides(properties: dict[str, Any], automatic: bool) -> None:
    """Nothing runs where pools scale by themselves."""
    assert is_automatic({"name": "c", "properties": properties}) is automatic


def test_karpenter_acts_as_itself_on_loopback_ports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own kubeconfig, ports that are free here, and the machines written beside it."""
    monkeypatch.setattr(node_provisioning, "tool_path", lambda name: Path("/tools") / name)
    spec = karpenter({"name": "aks-x", "location": "uaenorth", "properties": {}}, tmp_path)

    sizes = tmp_path / "karpenter" / "instance-types.json"
    assert (spec.name, spec.group, spec.argv[0]) == ("aks-x/karpenter", "aks-x", "/tools/karpenter")
    assert spec.env["KUBECONFIG"] == str(tmp_path / "kubeconfigs" / "karpenter")
    assert f"--instance-types-file-path={sizes}" in spec.argv
    assert {row["name"] for row in json.loads(sizes.read_text())} >= {"Standard_D8s_v5", "Standard_NC24ads_A100_v4"}


@pytest.mark.parametrize(
    ("pools", "nodes", "standing"),
    [
        ({}, (), ""),
        ({"cpu": "0"}, (), ""),
        ({"cpu": "64", "gpu": None}, (), "NodePools cpu, gpu"),
        ({"cpu": "0"}, ("cpu-x",), "nodes cpu-x"),
        ({"cpu": "8"}, ("cpu-x", "cpu-a"), "NodePools cpu and nodes cpu-a, cpu-x"),
    ],
)
def test_karpenter_stays_while_it_has_nodes_or_may_make_some(
    pools: dict[str, str | None], nodes: tuple[str, ...], standing: str
) -> None:
    """As AKS has it: NodePools may stay with a limit of no CPUs, nodes may not."""
    given = [
        {"metadata": {"name": name}, "spec": {"limits": {"cpu": cpus}} if cpus else {}} for name, cpus in pools.items()
    ]

    assert in_the_way(given, [{"metadata": {"name": name}} for name in nodes]) == standing


class _Cluster:
    """A control plane with a NodePool and a node of it."""

    def list(self, _version: str, kind: str, **_: Any) -> dict[str, Any]:
        named = {"metadata": {"name": "cpu"}, "spec": {"limits": {"cpu": "0"}}}
        return {"items": [named if kind == "NodePool" else {"metadata": {"name": "cpu-x"}}]}


def test_switching_it_off_is_refused_before_anything_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Azure's answer says what stands; a cluster that keeps it, or never had it, is not asked."""
    asked: list[str] = []

    def connect(path: str) -> _Cluster:
        asked.append(path)
        return _Cluster()

    monkeypatch.setattr(node_provisioning.KubeClient, "from_kubeconfig", connect)
    provisioning = node_provisioning.NodeProvisioning(cast("Control", None))
    endpoints = RegionEndpoints("aks-x", "uaenorth", "https://127.0.0.1:1", "", "kubeconfig")
    on = {"name": "aks-x", "properties": {"nodeProvisioningProfile": {"mode": "Auto"}}}
    off = {"name": "aks-x", "properties": {"nodeProvisioningProfile": {"mode": "Manual"}}}

    provisioning.check(on, on, endpoints)
    provisioning.check(off, off, endpoints)
    with pytest.raises(ArmError, match="can't be switched off while there are nodes cpu-x"):
        provisioning.check(off, on, endpoints)

    assert asked == ["kubeconfig"]
