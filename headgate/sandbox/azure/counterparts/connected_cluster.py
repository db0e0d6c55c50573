"""A connected cluster is a region of one small node: a control plane of its own, as a site outside the cloud has one.

Owns the call that needs the control plane's credentials. In Azure they lead through the site's agents; here there is no
line that could be down.
"""

from __future__ import annotations

import base64
from pathlib import Path

from headgate.sandbox.azure.counterparts.agent_pool import write_node
from headgate.sandbox.azure.counterparts.nodes import node
from headgate.sandbox.azure.errors import ArmError
from headgate.sandbox.azure.types.spec import Body
from headgate.sandbox.control import Control, RegionEndpoints, RegionSpec
from headgate.sandbox.kube import KubeClient

_NODE_SIZE = "Standard_D4s_v5"
_LABELS = {"headgate.dev/pool": "cpu", "headgate.dev/site": "true"}


class ConnectedClusters:
    """Sites, by their clusters."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def ensure(self, body: Body) -> None:
        """Start the control plane and wait until it is ready, then have its one node."""
        # It is where it is: the region of its record has a cluster of its own, and is shown by that.
        endpoints = self._control.ensure_region(RegionSpec(body["name"], body["name"]))
        client = KubeClient.from_kubeconfig(endpoints.kubeconfig_path)
        write_node(client, node(_pool(body), {**body, "properties": {}}, 0))

    def remove(self, body: Body) -> None:
        """Stop the control plane and wipe its data."""
        self._control.delete_region(body["name"])

    def user_credential(self, body: Body, _request: Body) -> Body:
        """Return the kubeconfig of a user."""
        endpoints = self._endpoints(body["name"])
        if endpoints is None:
            raise ArmError(409, "ClusterNotConnected", f"The connected cluster '{body['name']}' is not connected.")
        kubeconfig = base64.b64encode(Path(endpoints.kubeconfig_path).read_bytes()).decode()
        return {"kubeconfigs": [{"name": "clusterUser", "value": kubeconfig}]}

    def _endpoints(self, cluster: str) -> RegionEndpoints | None:
        return next((row.endpoints for row in self._control.regions() if row.cluster == cluster), None)


def _pool(body: Body) -> Body:
    """Return the site's one node as a pool of one, which is how nodes are described here."""
    properties = {"vmSize": _NODE_SIZE, "count": 1, "nodeLabels": _LABELS}
    return {"id": f"{body['id']}/agentPools/site", "name": "site", "properties": properties}
