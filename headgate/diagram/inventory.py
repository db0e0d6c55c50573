"""What a deployment consists of, read from resource views: regions, clusters, pools, models, registry, edge, records.

Owns the reading. Takes plans, where much is not known yet, as well as states; draws nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from headgate.diagram.edge import Edge, read_edge, weight_of
from headgate.diagram.workload import Namespace, Service, read_namespaces, read_services
from headgate.plan.opaque import UNKNOWN
from headgate.plan.places import SITE, Surroundings, UnknownError, plain_type, value_at
from headgate.plan.view import Operation, Resource, View

CLUSTER = "azure-native:containerservice:ManagedCluster"
_SITE_CLUSTER = "azure-native:kubernetes:ConnectedCluster"
_POOL = "azure-native:containerservice:AgentPool"
_NAMED_BY = {CLUSTER: "resourceName", _SITE_CLUSTER: "clusterName"}
_GATE = "ValidatingWebhookConfiguration"
# What regions share or have beside their clusters, by kind: how one is called, and how several are.
_SHARED = {
    "azure-native:keyvault:Vault": ("key vault", "key vaults"),
    "azure-native:network:VirtualNetwork": ("network", "networks"),
    "azure-native:network:PrivateEndpoint": ("private endpoint", "private endpoints"),
    "azure-native:managedidentity:UserAssignedIdentity": ("identity", "identities"),
    "azure-native:machinelearningservices:Registry": ("Azure ML registry", "Azure ML registries"),
    "azure-native:machinelearningservices:Workspace": ("Azure ML workspace", "Azure ML workspaces"),
    "azure-native:consumption:Budget": ("budget", "budgets"),
}
_RECORDS = {
    "azure-native:operationalinsights:Workspace": ("logs", "workspaceName"),
    "azure-native:storage:StorageAccount": ("immutable storage", "accountName"),
    "azure-native:eventhub:Namespace": ("event stream", "namespaceName"),
    "azure-native:monitor:AzureMonitorWorkspace": ("metrics", "azureMonitorWorkspaceName"),
}


@dataclass(frozen=True)
class Pool:
    """Nodes of one kind, between bounds."""

    name: str
    size: str
    low: int
    high: int
    spot: bool = False


@dataclass(frozen=True)
class Region:
    """A region, or a site: its cluster, what runs there, and its share of the traffic, which a site has none of."""

    name: str
    cluster: str = ""
    version: str = ""
    pools: tuple[Pool, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    services: tuple[Service, ...] = ()
    is_gated: bool = False
    priority: int | None = None
    weight: int | None = None


@dataclass(frozen=True)
class Registry:
    """The registry of models and images, and where its copies are."""

    name: str
    regions: tuple[str, ...]


@dataclass(frozen=True)
class Record:
    """Where logs, decisions and events are kept."""

    kind: str
    name: str


@dataclass(frozen=True)
class Inventory:
    """All of it."""

    stacks: tuple[str, ...]
    regions: tuple[Region, ...]
    edge: Edge | None = None
    registry: Registry | None = None
    records: tuple[Record, ...] = ()
    shared: tuple[str, ...] = ()
    resources: int = 0


@dataclass(frozen=True)
class Whole:
    """The resources of all views together, in an order that does not change, and what surrounds each."""

    views: tuple[View, ...]
    around: dict[str, Surroundings]

    def of(self, token: str) -> Iterator[Resource]:
        """Yield the resources of an Azure type."""
        return (each for each in self.all() if plain_type(each.type) == token)

    def all(self) -> Iterator[Resource]:
        """Yield every resource."""
        for view in self.views:
            yield from view.resources

    def region(self, resource: Resource) -> str:
        """Return the region of a resource."""
        return self.around[resource.id].region(resource)

    def component(self, resource: Resource) -> str:
        """Return the name of the component around a resource."""
        found = self.around[resource.id].component(resource)
        return found.name if found else ""


def read(views: Sequence[View]) -> Inventory:
    """Read what one stack, or several together, consist of."""
    whole = _whole(views)
    names = sorted({whole.region(each) for each in whole.all() if each.connection or plain_type(each.type) == CLUSTER})
    edge = read_edge(whole.all())
    regions = [_region(name, whole, edge) for name in names if name]
    return Inventory(
        stacks=tuple(view.stack or view.origin for view in whole.views),
        regions=tuple(sorted(regions, key=lambda one: (one.priority or 99, one.name))),
        edge=edge,
        registry=_registry(whole),
        records=tuple(_records(whole)),
        shared=tuple(_shared(whole)),
        resources=sum(1 for each in whole.all() if not each.type.startswith(("pulumi:", "headgate:"))),
    )


def _whole(views: Sequence[View]) -> Whole:
    """Put the views in order, without what is going to be deleted, and work out where everything is."""
    kept = [
        View(
            tuple(sorted((each for each in view.resources if each.operation is not Operation.DELETE), key=_by_id)),
            view.origin,
            view.stack,
        )
        for view in views
    ]
    around = {view.stack: Surroundings(view) for view in kept}
    return Whole(tuple(kept), {each.id: around[view.stack] for view in kept for each in view.resources})


def _by_id(resource: Resource) -> str:
    return resource.id


def text_at(resource: Resource, path: str, default: str = "") -> str:
    """Return a text of a resource; the default where it is not there or not known yet."""
    try:
        value = value_at(resource.properties, path)
    except UnknownError:
        return default
    return str(value) if isinstance(value, str | int | float) else default


def number_at(resource: Resource, path: str, default: int = 0) -> int:
    """Return a whole number of a resource."""
    text = text_at(resource, path)
    return int(float(text)) if text.replace(".", "", 1).isdigit() else default


def _region(name: str, whole: Whole, edge: Edge | None) -> Region:
    """Return one region."""
    cluster = _cluster(name, whole)
    pools = [_pool(each) for each in whole.of(_POOL) if whole.region(each) == name]
    objects = [each for each in whole.all() if each.provider == "kubernetes" and whole.region(each) == name]
    priority, weight = weight_of(edge, name)
    return Region(
        name=name,
        cluster=text_at(cluster, _NAMED_BY[plain_type(cluster.type)], cluster.name) if cluster else "",
        version=text_at(cluster, "kubernetesVersion") if cluster else "",
        pools=tuple(sorted(pools, key=lambda pool: (pool.name != "system", pool.name))),
        namespaces=tuple(read_namespaces(objects, whole.around)),
        services=tuple(read_services(objects, whole.around)),
        is_gated=any(each.kind == _GATE for each in objects),
        priority=priority,
        weight=weight,
    )


def _cluster(name: str, whole: Whole) -> Resource | None:
    """Return a region's cluster, or a site's: its record is in a region, and the site is the component around it."""
    if not name.startswith(SITE):
        return next((each for each in whole.of(CLUSTER) if whole.region(each) == name), None)
    return next((each for each in whole.of(_SITE_CLUSTER) if whole.component(each) == name), None)


def _pool(pool: Resource) -> Pool:
    return Pool(
        name=text_at(pool, "agentPoolName", pool.name),
        size=text_at(pool, "vmSize", "a size yet unknown"),
        low=number_at(pool, "minCount"),
        high=number_at(pool, "maxCount"),
        spot=text_at(pool, "scaleSetPriority") == "Spot",
    )


def _registry(whole: Whole) -> Registry | None:
    """Return the container registry with its copies."""
    found = next(whole.of("azure-native:containerregistry:Registry"), None)
    if found is None:
        return None
    copies = sorted({whole.region(each) for each in whole.of("azure-native:containerregistry:Replication")})
    return Registry(f"{text_at(found, 'registryName', found.name)}.azurecr.io", (whole.region(found), *copies))


def _records(whole: Whole) -> Iterator[Record]:
    """Yield where records go; storage counts where a policy keeps its content from being changed."""
    immutable = any("ImmutabilityPolicy" in each.type for each in whole.all())
    for token, (kind, name) in _RECORDS.items():
        for each in whole.of(token):
            if kind != "immutable storage" or immutable or _is_immutable(each):
                yield Record(kind, text_at(each, name, each.name))


def _is_immutable(account: Resource) -> bool:
    policy: Any = account.properties.get("immutableStorageWithVersioning")
    return policy not in (None, UNKNOWN)


def _shared(whole: Whole) -> Iterator[str]:
    """Yield what else there is, by kind and number."""
    for token, (one, several) in _SHARED.items():
        count = sum(1 for _ in whole.of(token))
        if count:
            yield f"{count} {several if count > 1 else one}"
