"""A pool's nodes as Kubernetes objects: what AKS would register, with KWOK's mark that they are simulated.

Owns names, labels, taints, capacity and zones. Pure: it computes, `agent_pool` applies.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from headgate.sandbox.azure.ids import group_of, stable_uuid
from headgate.sandbox.azure.machines import VmSize, vm_size
from headgate.sandbox.azure.types.spec import Body

Node = dict[str, Any]
POOL_LABEL = "kubernetes.azure.com/agentpool"
_PODS = 250
# What AKS keeps for the system on each machine, roughly as it computes it.
_RESERVED_CPU_MILLI = 140
_RESERVED_MEMORY_SHARE = 0.08
# How many slices of a GPU each profile makes; the device plugin offers each as one `nvidia.com/gpu`.
_SLICES = {"MIG1g": 7, "MIG2g": 3, "MIG3g": 2, "MIG4g": 1, "MIG7g": 1}
_DIGITS = 6
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


def node_names(pool: Body, count: int) -> list[str]:
    """Return the names of a pool's nodes."""
    return [f"{node_prefix(pool)}{_base36(index)}" for index in range(count)]


def node_prefix(pool: Body) -> str:
    """Return what the names of a pool's nodes begin with."""
    cluster = pool["id"].rsplit("/agentPools/", 1)[0]
    return f"aks-{pool['name']}-{int(stable_uuid('vmss', cluster)[:8], 16) % 10**8:08d}-vmss"


def nodes_of(pool: Body, names: Iterable[str]) -> list[str]:
    """Return which names are those of a pool's nodes."""
    return sorted(name for name in names if name.startswith(node_prefix(pool)))


def node_index(name: str) -> int:
    """Return which of its pool's nodes a name is."""
    return int(name[-_DIGITS:], 36)


def wanted_indices(present: Iterable[str], count: int) -> list[int]:
    """Return which nodes a pool of a size consists of: those that it has, the first of them first, then new ones."""
    kept = sorted(node_index(name) for name in present)[:count]
    free = (index for index in range(count + len(kept)) if index not in kept)
    return sorted([*kept, *itertools.islice(free, count - len(kept))])


def node(pool: Body, cluster: Body, index: int) -> Node:
    """Return one node of a pool."""
    properties, name = pool["properties"], node_names(pool, index + 1)[-1]
    size = vm_size(properties["vmSize"]) or VmSize(properties["vmSize"], "", 2, 8)
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": _labels(pool, cluster, name, size, index),
            "annotations": {
                "kwok.x-k8s.io/node": "fake",
                "node.alpha.kubernetes.io/ttl": "0",
                "metrics.k8s.io/resource-metrics-path": f"/metrics/nodes/{name}/metrics/resource",
            },
        },
        "spec": {
            "providerID": f"azure://{cluster['id']}/virtualMachineScaleSets/{node_prefix(pool)}/virtualMachines/{index}",
            "taints": [_taint(text) for text in _taints(properties)],
        },
        "status": {"capacity": _capacity(properties, size), "allocatable": _allocatable(properties, size)},
    }


def _labels(pool: Body, cluster: Body, name: str, size: VmSize, index: int) -> dict[str, str]:
    properties, location = pool["properties"], cluster["location"]
    zones = properties.get("availabilityZones") or []
    zone = f"{location}-{zones[index % len(zones)]}" if zones else "0"
    labels = {
        "agentpool": pool["name"],
        POOL_LABEL: pool["name"],
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.azure.com/cluster": _node_group(cluster),
        "kubernetes.azure.com/mode": str(properties.get("mode") or "User").lower(),
        "kubernetes.azure.com/os-sku": str(properties.get("osSKU") or "Ubuntu"),
        "kubernetes.azure.com/role": "agent",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/role": "agent",
        "node.kubernetes.io/instance-type": size.name,
        "topology.kubernetes.io/region": location,
        "topology.kubernetes.io/zone": zone,
        "type": "kwok",
    }
    if size.gpu:
        labels |= {
            "accelerator": "nvidia",
            "kubernetes.azure.com/accelerator": "nvidia",
            "nvidia.com/gpu.product": size.gpu_model,
        }
    if properties.get("scaleSetPriority") == "Spot":
        labels["kubernetes.azure.com/scalesetpriority"] = "spot"
    return labels | {str(key): str(value) for key, value in (properties.get("nodeLabels") or {}).items()}


def _node_group(cluster: Body) -> str:
    stated = cluster["properties"].get("nodeResourceGroup")
    return str(stated or f"MC_{group_of(cluster['id'])}_{cluster['name']}_{cluster['location']}")[:63]


def _taints(properties: dict[str, Any]) -> list[str]:
    spot = (
        ["kubernetes.azure.com/scalesetpriority=spot:NoSchedule"]
        if properties.get("scaleSetPriority") == "Spot"
        else []
    )
    return list(dict.fromkeys([*(properties.get("nodeTaints") or []), *spot]))


def _taint(text: str) -> dict[str, str]:
    head, _, effect = text.rpartition(":")
    key, _, value = head.partition("=")
    return {"key": key, "effect": effect} | ({"value": value} if value else {})


def _capacity(properties: dict[str, Any], size: VmSize) -> dict[str, str]:
    found = {
        "cpu": str(size.cpu),
        "memory": f"{size.memory_gib}Gi",
        "ephemeral-storage": f"{properties.get('osDiskSizeGB') or 128}Gi",
        "pods": str(properties.get("maxPods") or _PODS),
    }
    slices = _SLICES.get(str(properties.get("gpuInstanceProfile")), 1)
    return found | ({"nvidia.com/gpu": str(size.gpu * slices)} if size.gpu else {})


def _allocatable(properties: dict[str, Any], size: VmSize) -> dict[str, str]:
    memory = int(size.memory_gib * 1024 * (1 - _RESERVED_MEMORY_SHARE))
    reserved = {"cpu": f"{size.cpu * 1000 - _RESERVED_CPU_MILLI}m", "memory": f"{memory}Mi"}
    return _capacity(properties, size) | reserved


def _base36(number: int) -> str:
    digits = ""
    for _ in range(_DIGITS):
        number, rest = divmod(number, 36)
        digits = _BASE36[rest] + digits
    return digits
