"""A managed cluster is a region: a real control plane, started and wiped with it.

Owns the two calls that need the control plane's credentials.
"""

from __future__ import annotations

import base64
import contextlib
import os
import signal
from pathlib import Path

from headgate.sandbox.azure.counterparts.agent_pool import AgentPools
from headgate.sandbox.azure.counterparts.kinds import ensure_kinds
from headgate.sandbox.azure.counterparts.node_provisioning import NodeProvisioning
from headgate.sandbox.azure.errors import ArmError, bad_request
from headgate.sandbox.azure.types.containerservice import pools_of
from headgate.sandbox.azure.types.spec import Body, View
from headgate.sandbox.control import Control, RegionEndpoints, RegionSpec


class ManagedClusters:
    """Regions, by their clusters."""

    def __init__(self, control: Control, view: View, pools: AgentPools) -> None:
        """Inline pools are brought up with their cluster."""
        self._control = control
        self._view = view
        self._pools = pools
        self._provisioning = NodeProvisioning(control)

    def check(self, asked: Body, old: Body) -> None:
        """Refuse to take Karpenter away from nodes that it made."""
        endpoints = self._endpoints(old["name"])
        if endpoints is not None:
            self._provisioning.check(asked, old, endpoints)

    def ensure(self, body: Body) -> None:
        """Start the control plane and wait until it is ready, then have the inline pools' nodes, and Karpenter."""
        endpoints = self._control.ensure_region(RegionSpec(body["name"], body["location"]))
        ensure_kinds(body, endpoints)
        self._provisioning.ensure(body, endpoints)
        for pool in pools_of(body, self._view):
            self._pools.ensure(pool)

    def remove(self, body: Body) -> None:
        """Stop the control plane and wipe its data."""
        self._control.delete_region(body["name"])

    def switch(self, body: Body, on: bool) -> None:
        """Freeze every process of a region, or let them go on: it answers nobody meanwhile, and loses nothing."""
        for process in self._control.processes(group=body["name"]):
            if process.pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGCONT if on else signal.SIGSTOP)

    def user_credential(self, body: Body, _request: Body) -> Body:
        """Return the kubeconfig of a user."""
        return {"kubeconfigs": [{"name": "clusterUser", "value": self._kubeconfig(body)}]}

    def admin_credential(self, body: Body, _request: Body) -> Body:
        """Return the kubeconfig of the local administrator, unless local accounts are off."""
        if body["properties"].get("disableLocalAccounts"):
            raise bad_request(
                "BadRequest",
                "Getting static credential is not allowed because this cluster is set to disable local accounts.",
            )
        return {"kubeconfigs": [{"name": "clusterAdmin", "value": self._kubeconfig(body)}]}

    def _kubeconfig(self, body: Body) -> str:
        endpoints = self._endpoints(body["name"])
        if endpoints is None:
            raise ArmError(
                409, "OperationNotAllowed", f"The managed cluster '{body['name']}' has no control plane yet."
            )
        return base64.b64encode(Path(endpoints.kubeconfig_path).read_bytes()).decode()

    def _endpoints(self, cluster: str) -> RegionEndpoints | None:
        return next((row.endpoints for row in self._control.regions() if row.cluster == cluster), None)
