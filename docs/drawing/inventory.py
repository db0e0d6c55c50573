"""What a deployment consists of, read from Pulumi states: regions, clusters, pools, models, registry, edge."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Resource = Mapping[str, Any]


@dataclass
class Pool:
    """A node pool."""

    name: str
    size: str
    least: int
    most: int


@dataclass
class Served:
    """A model, served in a region."""

    name: str
    namespace: str
    version: str
    digest: str
    least: int = 0
    most: int = 0


@dataclass
class Region:
    """A region with its cluster."""

    name: str
    cluster: str
    version: str
    pools: list[Pool] = field(default_factory=list)
    models: list[Served] = field(default_factory=list)
    namespaces: list[str] = field(default_factory=list)
    is_gated: bool = False
    priority: int | None = None
    weight: int | None = None


@dataclass
class Inventory:
    """All of it."""

    regions: list[Region]
    edge: str | None
    registries: list[str]
    shared: list[str]
    resources: int
    stacks: list[str]


_SHARED = {
    "azure-native:keyvault:Vault": ("key vault", "key vaults"),
    "azure-native:operationalinsights:Workspace": ("log workspace", "log workspaces"),
    "azure-native:managedidentity:UserAssignedIdentity": ("managed identity", "managed identities"),
    "azure-native:network:VirtualNetwork": ("virtual network", "virtual networks"),
    "azure-native:machinelearningservices:Registry": ("Azure ML registry", "Azure ML registries"),
}


def read(states: Sequence[Path]) -> Inventory:
    """Read what `pulumi stack export` wrote, of one stack or several."""
    resources, stacks = [], []
    for path in states:
        exported = json.loads(path.read_text())
        found = exported.get("deployment", exported).get("resources") or []
        resources += found
        stacks += [one["urn"].split("::")[0].removeprefix("urn:pulumi:") for one in found[:1]]
    regions = [_region(one, resources) for one in _of(resources, "azure-native:containerservice:ManagedCluster")]
    return Inventory(
        regions=sorted(regions, key=lambda one: (one.priority or 99, one.name)),
        edge=next((_value(one, "hostName") for one in _of(resources, "azure-native:cdn:AFDEndpoint")), None),
        registries=[_value(one, "loginServer") for one in _of(resources, "azure-native:containerregistry:Registry")],
        shared=_shared(resources),
        resources=sum(1 for one in resources if one.get("custom")),
        stacks=stacks,
    )


def _plain(token: str) -> str:
    """Drop the API version from a type: azure-native:cdn/v20250415:AFDEndpoint."""
    package, _, rest = token.partition(":")
    module, _, name = rest.partition(":")
    return f"{package}:{module.split('/')[0] if package == 'azure-native' else module}:{name}"


def _of(resources: Sequence[Resource], token: str) -> Iterator[Resource]:
    """Yield the resources of a type."""
    return (one for one in resources if _plain(one["type"]) == token)


def _value(resource: Resource, name: str, default: Any = "") -> Any:
    """Return a property as it was deployed, else as it was asked for."""
    found = (resource.get("outputs") or {}).get(name)
    return (resource.get("inputs") or {}).get(name, default) if found is None else found


def _shared(resources: Sequence[Resource]) -> list[str]:
    """Return what all regions share, by kind, with how many there are."""
    counts = [(sum(1 for _ in _of(resources, token)), *labels) for token, labels in _SHARED.items()]
    return [f"{count} {several}" if count > 1 else one for count, one, several in counts if count]


def _region(cluster: Resource, resources: Sequence[Resource]) -> Region:
    """Return one cluster's region."""
    name = str(_value(cluster, "location"))
    region = Region(
        name=name,
        cluster=_name(cluster),
        version=str(_value(cluster, "kubernetesVersion")),
        pools=[_pool(one) for one in _of(resources, "azure-native:containerservice:AgentPool") if _is_in(one, cluster)],
    )
    region.pools.sort(key=lambda pool: (pool.name != "system", pool.name))
    for origin in _of(resources, "azure-native:cdn:AFDOrigin"):
        if name in (_value(origin, "originName"), _value(origin, "name")):
            region.priority, region.weight = _value(origin, "priority", None), _value(origin, "weight", None)
    objects = [one for one in resources if one["type"].startswith("kubernetes:") and _runs_in(one, name)]
    region.namespaces = [_name(one) for one in _of(objects, "kubernetes:core/v1:Namespace")]
    region.is_gated = any("ValidatingWebhookConfiguration" in one["type"] for one in objects)
    region.models = _models(objects)
    return region


def _name(resource: Resource) -> str:
    """Return a resource's name in its own world."""
    metadata = _value(resource, "metadata", {})
    return str(metadata.get("name") if metadata else _value(resource, "name") or _value(resource, "resourceName"))


def _is_in(pool: Resource, cluster: Resource) -> bool:
    """Say whether a pool belongs to a cluster, which it names by its Azure name."""
    return pool["inputs"].get("resourceName") in (cluster["inputs"].get("resourceName"), _value(cluster, "name"))


def _pool(pool: Resource) -> Pool:
    """Return a pool."""
    name = str(pool["inputs"].get("agentPoolName") or _value(pool, "name"))
    return Pool(name, str(_value(pool, "vmSize")), int(_value(pool, "minCount", 0)), int(_value(pool, "maxCount", 0)))


def _runs_in(resource: Resource, region: str) -> bool:
    """Say whether an object was deployed through a region's provider, which is named after it."""
    return str(resource.get("provider", "")).rpartition("::")[0].endswith(f"-{region}")


def _models(objects: Sequence[Resource]) -> list[Served]:
    """Return the models of a region, with the bounds of their autoscalers."""
    found = {}
    for deployment in _of(objects, "kubernetes:apps/v1:Deployment"):
        metadata = _value(deployment, "metadata", {})
        version = (metadata.get("annotations") or {}).get("headgate.dev/model-version")
        if version:
            namespace = str(metadata.get("namespace"))
            served = Served(str(metadata["name"]), namespace, str(version), _digest(deployment))
            found[(namespace, served.name)] = served
    for scaler in _of(objects, "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"):
        metadata, spec = _value(scaler, "metadata", {}), _value(scaler, "spec", {})
        served = found.get((str(metadata.get("namespace")), str(spec.get("scaleTargetRef", {}).get("name"))))
        if served:
            served.least, served.most = int(spec.get("minReplicas", 1)), int(spec.get("maxReplicas", 1))
    return list(found.values())


def _digest(deployment: Resource) -> str:
    """Return the digest of a deployment's model image, shortened."""
    pod = _value(deployment, "spec", {}).get("template", {}).get("spec", {})
    images = [volume["image"].get("reference", "") for volume in pod.get("volumes") or [] if "image" in volume]
    digest = str(images[0]).rpartition("@sha256:")[2] if images else ""
    return f"sha256:{digest[:8]}…" if digest else ""
