"""The real platform's table: which counterpart stands behind which type.

Owns the wiring to the supervisor; order is the order of a start.
"""

from __future__ import annotations

from headgate.sandbox.azure.autoscaler.loop import Autoscaler
from headgate.sandbox.azure.counterparts import Counterpart, Counterparts, RealAction
from headgate.sandbox.azure.counterparts.agent_pool import AgentPools
from headgate.sandbox.azure.counterparts.connected_cluster import ConnectedClusters
from headgate.sandbox.azure.counterparts.container_registry import ContainerRegistries
from headgate.sandbox.azure.counterparts.front_door import FrontDoors
from headgate.sandbox.azure.counterparts.managed_cluster import ManagedClusters
from headgate.sandbox.azure.counterparts.metrics_workspace import MetricsWorkspaces
from headgate.sandbox.azure.counterparts.scaled_pools import ScaledPools
from headgate.sandbox.azure.counterparts.traffic_manager import TrafficManagers
from headgate.sandbox.azure.faults import Faults
from headgate.sandbox.azure.store import Store
from headgate.sandbox.azure.types import arc, containerservice, edge, monitoring, traffic
from headgate.sandbox.control import Control
from headgate.sandbox.layout import StateDir


def real_counterparts(state: StateDir, view: Store) -> Counterparts:
    """Return the counterparts that the supervisor of a state directory runs."""
    control = Control(state)
    pools = AgentPools(control, view)
    clusters = ManagedClusters(control, view, pools)
    sites = ConnectedClusters(control)
    doors = FrontDoors(state, control, view)
    managers = TrafficManagers(state, control, view)
    metrics = MetricsWorkspaces(state, control, view)
    table: dict[str, Counterpart] = {
        containerservice.CLUSTER: clusters,
        containerservice.POOL: pools,
        arc.CONNECTED: sites,
        "Microsoft.ContainerRegistry/registries": ContainerRegistries(state, control),
        **dict.fromkeys((edge.PROFILE, edge.ENDPOINT, edge.ORIGIN_GROUP, edge.ORIGIN, edge.ROUTE), doors),
        **dict.fromkeys((traffic.PROFILE, traffic.ENDPOINT), managers),
        **dict.fromkeys((monitoring.WORKSPACE, *monitoring.PARTS), metrics),
    }
    credential = f"{containerservice.CLUSTER}/listCluster{{}}Credential"
    actions: dict[str, RealAction] = {
        credential.format("User").lower(): clusters.user_credential,
        credential.format("Admin").lower(): clusters.admin_credential,
        f"{arc.CONNECTED}/listClusterUserCredential".lower(): sites.user_credential,
    }
    doors.follow_network()
    metrics.follow()

    def begin(faults: Faults, scale: float) -> None:
        Autoscaler(ScaledPools(view, faults, control, pools), scale).start()

    return Counterparts(table, actions, begin)
