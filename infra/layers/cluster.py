"""The cluster layer: in each region a Kubernetes cluster, the gate in front of its API, and its gateway."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from components import catalog, names
from headgate.stack import region_catalogue
from headgate.stack.edge import EdgeKind, Standby, Topology
from headgate.stack.pools import ExtraPool, GpuPool
from infra.layers.alerting import build_alerting
from infra.layers.delivery import build_delivery
from infra.layers.gate import build_gate
from infra.layers.provisioning import build_provisioning
from infra.settings import Settings, platform_image

if TYPE_CHECKING:
    from components.azure.foundation import Identity
    from components.contract.baseline import ClusterBaselineArgs
    from components.contract.cluster import NodePool, ServingClusterArgs, WorkloadIdentity
    from components.contract.gateway import ServingGatewayArgs
    from headgate.stack.platform import PlatformStack
    from headgate.stack.pools import Pool


@dataclass(frozen=True)
class Cluster:
    """A region's cluster, as other layers and the exports see it."""

    id: pulumi.Output[str]
    issuer: pulumi.Output[str]
    name: pulumi.Output[str]
    kubeconfig: pulumi.Output[str]
    address: pulumi.Output[str]
    private_link_id: pulumi.Output[str]
    issuer_url: pulumi.Output[str]
    judged: pulumi.ResourceOptions
    """What is written with these goes to the cluster, once its gate judges it."""


def build_clusters(
    settings: Settings, foundation: catalog.PlatformFoundation, registry: catalog.ModelRegistry
) -> dict[str, Cluster]:
    """Build the clusters, all from the same settings; a region's facts decide its zones."""
    return {
        region.name: _build(settings, foundation, registry, region.name) for region in settings.stack.platform.regions
    }


def _build(
    settings: Settings, foundation: catalog.PlatformFoundation, registry: catalog.ModelRegistry, region: str
) -> Cluster:
    """Build one region's cluster and what every cluster has in it."""
    cluster = catalog.ServingCluster(f"cluster-{region}", _cluster_args(settings, foundation, registry, region))
    provider = catalog.connect(f"cluster-{region}", cluster.kubeconfig, parent=cluster)
    gate = build_gate(settings, region, provider, build_provisioning(settings, region, provider))
    build_delivery(settings, region, provider, gate)
    gateway = _gateway(settings, region, provider, gate)
    judged = pulumi.ResourceOptions(providers=[provider], depends_on=[gate])
    catalog.ClusterBaseline(f"baseline-{region}", _baseline(settings), judged)
    catalog.WorkloadPriorities(f"priorities-{region}", {"ownership": settings.ownership}, judged)
    environment = settings.ownership["environment"]
    catalog.ClusterMonitoring(
        f"monitoring-{region}",
        {"ownership": settings.ownership, "cluster": names.cluster(environment, region), "region": region},
        judged,
    )
    build_alerting(settings, region, judged)
    link = names.private_link(environment, region)
    return Cluster(
        id=cluster.cluster_id,
        issuer=cluster.issuer,
        name=cluster.cluster_name,
        kubeconfig=cluster.kubeconfig,
        address=gateway.address,
        issuer_url=cluster.issuer_url,
        judged=judged,
        private_link_id=pulumi.Output.all(cluster.cluster_id, cluster.node_resource_group).apply(
            lambda parts: private_link_id(parts[0], parts[1], link)
        ),
    )


def _baseline(settings: Settings) -> ClusterBaselineArgs:
    """Say what every cluster has: the device plugin where there are GPUs, and an image of it is named."""
    cluster = settings.stack.platform.cluster
    plugin = cluster.device_plugin
    args: ClusterBaselineArgs = {"ownership": settings.ownership}
    if cluster.has_gpus and plugin is not None:
        args["device_plugin_image"] = platform_image(settings, plugin.image, plugin.digest)
        args["sliced"] = any(pool.partition is not None for pool in cluster.pools.named().values())
    return args


def _cluster_args(
    settings: Settings, foundation: catalog.PlatformFoundation, registry: catalog.ModelRegistry, region: str
) -> ServingClusterArgs:
    """Say what a region's cluster is."""
    platform = settings.stack.platform
    ground = foundation.regions[region]
    cluster = platform.cluster
    warm = _is_warm(platform, region)
    args: ServingClusterArgs = {
        "ownership": settings.ownership,
        "resource_group": ground.resource_group,
        "region": region,
        "zones": list(region_catalogue()[region].zones),
        "subnet_id": ground.nodes_subnet_id,
        "network_id": ground.network_id,
        "registry_id": registry.registry_id,
        "control_identity": _identity(ground.cluster_identity),
        "node_identity": _identity(ground.node_identity),
        "tenant_id": platform.tenant_id,
        "admin_groups": cluster.admin_groups,
        "workspace_id": foundation.workspace_id,
        "kubernetes_version": cluster.kubernetes_version,
        "tier": str(cluster.tier),
        "network_policy": str(cluster.network_policy),
        "metrics": cluster.metrics,
        "event_scaling": cluster.event_scaling,
        "defender": cluster.defender,
        "maintenance": {
            "day": str(cluster.maintenance.day),
            "start": cluster.maintenance.start,
            "hours": cluster.maintenance.hours,
            "utc_offset": cluster.maintenance.utc_offset,
        },
        "autoprovisioning": cluster.autoprovisioning is not None,
        "fixed_pools": cluster.autoprovisioning is not None and cluster.autoprovisioning.draining,
        "system": _pool(cluster.pools.system),
        "cpu": _pool(cluster.pools.cpu, fewest=1 if warm else None),
        "pools": {name: _pool(pool, fewest=0 if warm else None) for name, pool in cluster.pools.more.items()},
        "protect": platform.protect,
    }
    if cluster.pools.gpu is not None:
        args["gpu"] = _pool(cluster.pools.gpu, fewest=0 if warm else None)
    return args


def _identity(identity: Identity) -> WorkloadIdentity:
    return {"id": identity.id, "client_id": identity.client_id, "principal_id": identity.principal_id}


def _is_warm(platform: PlatformStack, name: str) -> bool:
    """Say whether a region waits with as few nodes as it can."""
    region = next(each for each in platform.regions if each.name == name)
    waits = platform.topology is Topology.ACTIVE_PASSIVE and platform.priority(region) > 1
    return waits and region.standby is Standby.WARM


def _pool(pool: Pool, fewest: int | None = None) -> NodePool:
    """Say what a pool is; what it does not ask for is left out. A pool of a fixed size keeps it."""
    low = pool.min if fewest is None or pool.min == pool.max else min(pool.min, fewest)
    asked: NodePool = {"size": pool.size, "min": low, "max": pool.max}
    if isinstance(pool, GpuPool):
        if pool.partition is not None:
            asked["partition"] = str(pool.partition)
        if pool.spot:
            asked["spot"] = True
    if isinstance(pool, ExtraPool) and pool.gpu:
        asked["gpu"] = True
    return asked


def _gateway(
    settings: Settings, region: str, provider: pulumi.ProviderResource, gate: pulumi.Resource
) -> catalog.ServingGateway:
    """Build the way into a region's models; the gate judges it like anything else."""
    platform = settings.stack.platform
    args: ServingGatewayArgs = {
        "ownership": settings.ownership,
        "image": platform_image(settings, platform.gateway.image, platform.gateway.digest),
        "replicas": platform.gateway.replicas,
    }
    if platform.edge_kind is EdgeKind.FRONT_DOOR:
        args["private_link_name"] = names.private_link(settings.ownership["environment"], region)
    else:
        args |= {"public": True, "clients": platform.edge.clients}
    return catalog.ServingGateway(
        f"gateway-{region}",
        args,
        pulumi.ResourceOptions(providers=[provider], depends_on=[gate]),
    )


def private_link_id(cluster_id: str, node_group: str, name: str) -> str:
    """Return the id of the private link service that the cluster makes for its gateway."""
    subscription = cluster_id.split("/")[2]
    return (
        f"/subscriptions/{subscription}/resourceGroups/{node_group}"
        f"/providers/Microsoft.Network/privateLinkServices/{name}"
    )
