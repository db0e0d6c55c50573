"""An agent pool is a set of KWOK nodes in its cluster's region.

Owns bringing the nodes to the pool's count. The autoscaler owns a count between the bounds: a pool that has it enabled
keeps the nodes that it has, as long as they are within them.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from headgate.sandbox.azure.counterparts.nodes import POOL_LABEL, Node, node, nodes_of, wanted_indices
from headgate.sandbox.azure.ids import key
from headgate.sandbox.azure.machines import pool_count
from headgate.sandbox.azure.types.spec import Body, View
from headgate.sandbox.control import Control, RegionSpec
from headgate.sandbox.kube import KubeClient, KubeError

LOG = logging.getLogger(__name__)
FIELD_MANAGER = "headgate-azure"
_DRAIN_SECONDS = 10.0
_DRAIN_STEP = 0.2


class AgentPools:
    """The nodes of every pool."""

    def __init__(self, control: Control, view: View) -> None:
        """Clients are made per region, when first needed."""
        self._control = control
        self._view = view
        self._clients: dict[str, tuple[str, KubeClient]] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def ensure(self, pool: Body) -> None:
        """Have the nodes that the pool asks for, with what it says of them."""
        cluster = self._view.get(_cluster_id(pool))
        if cluster is None:
            return
        with self._locked(pool):
            client = self.client(cluster)
            self._bring(client, pool, cluster, wanted_count(pool["properties"], len(_present(client, pool))))

    def grow(self, pool: Body, cluster: Body, more: int) -> int:
        """Make more nodes beside those that there are; return how many there are now."""
        with self._locked(pool):
            client = self.client(cluster)
            count = len(_present(client, pool)) + more
            self._bring(client, pool, cluster, count)
        return count

    def release(self, pool: Body, cluster: Body, names: list[str]) -> int:
        """Drain and remove some nodes; return how many there are now."""
        with self._locked(pool):
            client = self.client(cluster)
            self._retire(client, names)
            return len(_present(client, pool))

    def _bring(self, client: KubeClient, pool: Body, cluster: Body, count: int) -> None:
        """Have that many nodes, with what the pool says of them."""
        present = _present(client, pool)
        wanted = [node(pool, cluster, index) for index in wanted_indices(present, count)]
        for document in wanted:
            write_node(client, document)
        names = {document["metadata"]["name"] for document in wanted}
        self._retire(client, [name for name in present if name not in names])

    def _locked(self, pool: Body) -> threading.Lock:
        """Return the lock of a pool: an update and the autoscaler may both be at it."""
        with self._lock:
            return self._locks.setdefault(key(pool["id"]), threading.Lock())

    def remove(self, pool: Body) -> None:
        """Drain and remove the pool's nodes; a region that is gone has none."""
        cluster = self._view.get(_cluster_id(pool))
        if cluster is None or cluster["properties"].get("provisioningState") == "Deleting":
            return
        endpoints = next((row.endpoints for row in self._control.regions() if row.cluster == cluster["name"]), None)
        if endpoints is not None:
            with self._locked(pool):
                client = self.client(cluster)
                self._retire(client, _present(client, pool))

    def client(self, cluster: Body) -> KubeClient:
        """Return a connection to a cluster's API server, which runs."""
        endpoints = self._control.ensure_region(RegionSpec(cluster["name"], cluster["location"]))
        server, client = self._clients.get(cluster["name"], ("", None))
        if client is None or server != endpoints.server:
            client = KubeClient.from_kubeconfig(endpoints.kubeconfig_path)
            self._clients[cluster["name"]] = (endpoints.server, client)
        return client

    def _retire(self, client: KubeClient, names: list[str]) -> None:
        """Cordon and empty nodes, all at once, then delete them: disruption budgets are honoured, for a while."""
        for name in names:
            _ignoring_missing(lambda name=name: client.patch("v1", "Node", name, {"spec": {"unschedulable": True}}))
        until = time.monotonic() + _DRAIN_SECONDS
        while names and time.monotonic() < until and sum(_evict(client, name) for name in names):
            time.sleep(_DRAIN_STEP)
        for name in names:
            _ignoring_missing(lambda name=name: client.delete("v1", "Node", name))


def wanted_count(properties: dict[str, Any], present: int) -> int:
    """Return how many nodes a pool shall have, given how many it has."""
    if (properties.get("powerState") or {}).get("code") == "Stopped":
        return 0
    if not properties.get("enableAutoScaling"):
        return pool_count(properties)
    if present == 0:
        return pool_count(properties)
    return min(max(present, int(properties.get("minCount") or 0)), int(properties.get("maxCount") or present))


def _cluster_id(pool: Body) -> str:
    return str(pool["id"]).rsplit("/agentPools/", 1)[0]


def _present(client: KubeClient, pool: Body) -> list[str]:
    listed = client.list("v1", "Node", label_selector=f"{POOL_LABEL}={pool['name']}")
    return nodes_of(pool, (item["metadata"]["name"] for item in listed.get("items", [])))


def write_node(client: KubeClient, document: Node) -> None:
    """Create a node with its capacity, as a kubelet registers; or correct one that exists."""
    try:
        client.request("POST", "/api/v1/nodes", body=document)
        return
    except KubeError as error:
        if error.status != 409:
            raise
    wanted = {key: value for key, value in document.items() if key != "status"}
    client.apply(wanted, field_manager=FIELD_MANAGER, force=True)
    name = document["metadata"]["name"]
    client.patch("v1", "Node", name, {"status": document["status"]}, subresource="status")


def _evict(client: KubeClient, name: str) -> bool:
    """Ask each pod of a node to leave; say whether some are still there."""
    pods = client.list("v1", "Pod", field_selector=f"spec.nodeName={name}").get("items", [])
    for pod in pods:
        metadata = pod["metadata"]
        path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/eviction"
        eviction = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": metadata["name"], "namespace": metadata["namespace"]},
        }
        try:
            client.request("POST", path, body=eviction)
        except KubeError as error:
            if error.status not in (404, 429):  # gone meanwhile, or held by a disruption budget
                LOG.warning("eviction of %s: %s", metadata["name"], error)
    return bool(pods)


def _ignoring_missing(call: Any) -> None:
    try:
        call()
    except KubeError as error:
        if error.status != 404:
            raise
