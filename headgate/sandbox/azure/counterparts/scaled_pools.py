"""What the autoscaler does with pools: nodes come and go, quotas and faults are met, and the pool says its count.

Owns the pools that have bounds, and their counts after creation.
"""

from __future__ import annotations

from headgate.sandbox.azure.counterparts.agent_pool import AgentPools
from headgate.sandbox.azure.faults import Faults
from headgate.sandbox.azure.machines import check_quota
from headgate.sandbox.azure.store import Store
from headgate.sandbox.azure.types import spec_by_arm_type
from headgate.sandbox.azure.types.agent_pools import CLUSTER, POOL, every_pool
from headgate.sandbox.azure.types.spec import Body
from headgate.sandbox.control import Control
from headgate.sandbox.kube import KubeClient

_SETTLED = "Succeeded"


class ScaledPools:
    """The pools of every cluster whose number of nodes is the autoscaler's business."""

    def __init__(self, store: Store, faults: Faults, control: Control, nodes: AgentPools) -> None:
        """Ask these; nothing is done yet."""
        self._store, self._faults, self._control, self._nodes = store, faults, control, nodes
        self._spec = spec_by_arm_type(POOL)

    def scaled(self) -> list[tuple[Body, list[Body]]]:
        """Return each cluster whose control plane runs, with its pools that have bounds and are in no operation."""
        running = {row.cluster for row in self._control.regions() if row.endpoints is not None}
        clusters = [each for each in self._store.of_type(CLUSTER) if each["name"] in running and _is_settled(each)]
        found = [(cluster, self._pools(cluster)) for cluster in clusters]
        return [(cluster, pools) for cluster, pools in found if pools]

    def client(self, cluster: Body) -> KubeClient:
        """Return a connection to a cluster."""
        return self._nodes.client(cluster)

    def add(self, cluster: Body, pool: Body, count: int) -> None:
        """Make more nodes, if Azure has machines for them."""
        location = cluster["location"]
        if self._spec is not None:
            self._faults.check_call(self._spec, location, write=True)
        before = {**pool, "location": location}
        size = int(pool["properties"].get("count") or 0)
        refusal = check_quota(location, [_of_size(before, size + count)], [before], every_pool(self._store))
        if refusal is not None:
            raise refusal
        self._count(pool, self._nodes.grow(pool, cluster, count))

    def release(self, cluster: Body, pool: Body, names: list[str]) -> None:
        """Empty nodes and give their machines back."""
        self._count(pool, self._nodes.release(pool, cluster, names))

    def _pools(self, cluster: Body) -> list[Body]:
        pools = self._store.children(cluster["id"], POOL)
        return [pool for pool in pools if pool["properties"].get("enableAutoScaling") and _is_settled(pool)]

    def _count(self, pool: Body, count: int) -> None:
        """Have the pool say how many nodes it has, whatever else became of it meanwhile."""
        with self._store.transaction():
            current = self._store.get(pool["id"])
            if current is not None:
                self._store.put(POOL, _of_size(current, count))


def _of_size(pool: Body, count: int) -> Body:
    return {**pool, "properties": {**pool["properties"], "count": count}}


def _is_settled(body: Body) -> bool:
    properties = body["properties"]
    stopped = (properties.get("powerState") or {}).get("code") == "Stopped"
    return not stopped and properties.get("provisioningState", _SETTLED) == _SETTLED
