"""Node auto-provisioning: AKS's managed Karpenter, here the real one with its simulated machines.

Owns what AKS brings with the profile: the kinds, and the program with its own identity. NodePools are the platform's.
Machines are those of the location, in its zones, at prices that only order them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from headgate.sandbox.azure import locations
from headgate.sandbox.azure.counterparts.kinds import apply_kinds
from headgate.sandbox.azure.errors import ArmError
from headgate.sandbox.azure.machines import VmSize, vm_sizes
from headgate.sandbox.azure.types.spec import Body
from headgate.sandbox.control import Control, HttpProbe, ProcessSpec, RegionEndpoints
from headgate.sandbox.files import make_private_directory, write_if_changed
from headgate.sandbox.kube import KubeClient
from headgate.sandbox.toolchain import tool_path

_NODE_POOL = "karpenter.sh/nodepool"
# Money an hour, roughly: Karpenter takes the cheapest that fits.
_PER_CPU, _PER_GPU, _SPOT = 0.048, 2.9, 0.3


class NodeProvisioning:
    """Karpenter, for the clusters that ask for it."""

    def __init__(self, control: Control) -> None:
        """Nothing is started yet."""
        self._control = control

    def check(self, asked: Body, old: Body, endpoints: RegionEndpoints) -> None:
        """Refuse to switch it off, as AKS does, while its NodePools may make nodes or nodes of theirs stand."""
        if is_automatic(asked) or not is_automatic(old):
            return
        client = KubeClient.from_kubeconfig(endpoints.kubeconfig_path)
        standing = in_the_way(
            client.list("karpenter.sh/v1", "NodePool").get("items", []),
            client.list("v1", "Node", label_selector=_NODE_POOL).get("items", []),
        )
        if standing:
            raise ArmError(
                400,
                "OperationNotAllowed",
                f"Node auto-provisioning of '{old['name']}' can't be switched off while there are {standing}. Set "
                "spec.limits.cpu of every NodePool to 0, or delete it, and let its nodes go first.",
                "nodeProvisioningProfile.mode",
            )

    def ensure(self, cluster: Body, endpoints: RegionEndpoints) -> None:
        """Have Karpenter running where the cluster's profile is `Auto`, and nowhere else."""
        if not is_automatic(cluster):
            self._control.stop_process(process_name(cluster["name"]))
            return
        client = KubeClient.from_kubeconfig(endpoints.kubeconfig_path)
        apply_kinds(client, "karpenter")
        self._control.ensure_process(karpenter(cluster, Path(endpoints.kubeconfig_path).parent))


def in_the_way(pools: list[dict[str, Any]], nodes: list[dict[str, Any]]) -> str:
    """Return what keeps Karpenter: NodePools that may make nodes, and nodes that they made."""
    able = [pool["metadata"]["name"] for pool in pools if _cpus(pool) != "0"]
    found = ("NodePools", sorted(able)), ("nodes", sorted(node["metadata"]["name"] for node in nodes))
    return " and ".join(f"{kind} {', '.join(names)}" for kind, names in found if names)


def _cpus(pool: dict[str, Any]) -> str:
    return str((pool["spec"].get("limits") or {}).get("cpu"))


def is_automatic(cluster: Body) -> bool:
    """Say whether nodes are made to measure."""
    return (cluster["properties"].get("nodeProvisioningProfile") or {}).get("mode") == "Auto"


def process_name(cluster: str) -> str:
    """Return the supervisor's name of a cluster's Karpenter."""
    return f"{cluster}/karpenter"


def karpenter(cluster: Body, region: Path) -> ProcessSpec:
    """Return the program of a cluster, with the machines that it may buy written beside it."""
    sizes = make_private_directory(region / "karpenter") / "instance-types.json"
    write_if_changed(sizes, json.dumps(instance_types(cluster["location"]), indent=1) + "\n")
    return ProcessSpec(
        name=process_name(cluster["name"]),
        argv=(
            str(tool_path("karpenter")),
            "--metrics-port={port:metrics}",
            "--health-probe-port={port:health}",
            "--disable-leader-election",
            f"--instance-types-file-path={sizes}",
            # New pods come in bursts of a rollout; a laptop's user does not wait ten seconds for the burst to end.
            "--batch-max-duration=2s",
            "--batch-idle-duration=500ms",
        ),
        env={
            "KUBECONFIG": str(region / "kubeconfigs" / "karpenter"),
            "SYSTEM_NAMESPACE": "kube-system",
            "GOGC": "50",
        },
        ready=HttpProbe("http://127.0.0.1:{port:health}/healthz"),
        group=cluster["name"],
    )


def instance_types(location: str) -> list[dict[str, Any]]:
    """Return the machine sizes as Karpenter's simulation reads them: what each has, where, and for how much."""
    zones = [f"{location}-{number}" for number in range(1, locations.zones(location) + 1)] or ["0"]
    return [_instance_type(size, zones) for size in vm_sizes()]


def _instance_type(size: VmSize, zones: list[str]) -> dict[str, Any]:
    price = round(size.cpu * _PER_CPU + size.gpu * _PER_GPU, 4)
    resources = {
        "cpu": str(size.cpu),
        "memory": f"{size.memory_gib}Gi",
        "ephemeral-storage": "128Gi",
        "pods": "250",
    }
    return {
        "name": size.name,
        "architecture": "amd64",
        "operatingSystems": ["linux"],
        "resources": resources | ({"nvidia.com/gpu": str(size.gpu)} if size.gpu else {}),
        "offerings": [
            {"Price": price * share, "Available": True, "Requirements": [_in(_CAPACITY, kind), _in(_ZONE, zone)]}
            for zone in zones
            for kind, share in (("on-demand", 1.0), ("spot", _SPOT))
        ],
    }


_CAPACITY, _ZONE = "karpenter.sh/capacity-type", "topology.kubernetes.io/zone"


def _in(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "operator": "In", "values": [value]}
