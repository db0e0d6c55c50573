"""NodeProvisioning: the NodePools by which a cluster's Karpenter makes nodes to measure, within bounds.

Does not own Karpenter itself: on AKS it is the cluster's (node auto-provisioning).
"""

from typing import Any, Optional

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components.contract.provisioning import Machines, NodeProvisioningArgs
from components.kubernetes.labels import labels
from components.kubernetes.model_pod import GPU
from components.kubernetes.objects import custom

NODE_CLASS = "headgate"
_API_VERSION = "karpenter.sh/v1"
_POOL = "headgate.dev/pool"


class NodeProvisioning(pulumi.ComponentResource):
    """Nodes of one cluster that come when pods wait, and go when they idle."""

    pools: pulumi.Output[list[str]]
    """Names of the NodePools; known once Karpenter takes them, so what depends on it finds nodes."""

    def __init__(
        self,
        name: str,
        args: NodeProvisioningArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:NodeProvisioning", name, dict(args), opts)
        self._name = name
        self._args = args
        self._labels = labels(args["ownership"])

        machines = self._node_class()
        pools = [self._pool("cpu", args["cpu"], machines)]
        if "gpu" in args:
            pools.append(self._pool("gpu", args["gpu"], machines))

        self.pools = pulumi.Output.all(*[pool.id for pool in pools])
        self.register_outputs({"pools": self.pools})

    def _node_class(self) -> CustomResource:
        """Say how machines are set up."""
        asked = self._args["node_class"]
        return custom(
            f"{self._name}-class",
            asked["api_version"],
            asked["kind"],
            {"name": NODE_CLASS, "labels": self._labels},
            dict(asked.get("settings", {})),
            pulumi.ResourceOptions(parent=self),
        )

    def _pool(self, purpose: str, machines: Machines, node_class: CustomResource) -> CustomResource:
        """Make one kind of nodes available."""
        return custom(
            f"{self._name}-{purpose}",
            _API_VERSION,
            "NodePool",
            {
                "name": purpose,
                "labels": self._labels,
                "annotations": {"pulumi.com/waitFor": "condition=Ready"},
            },
            self._pool_spec(purpose, machines),
            pulumi.ResourceOptions(parent=self, depends_on=[node_class]),
        )

    def _pool_spec(self, purpose: str, machines: Machines) -> dict[str, Any]:
        """Return a pool: its nodes are found by their label, as those of an agent pool are."""
        limits = {"cpu": str(machines["max_cpus"])}
        node: dict[str, Any] = {
            "node_class_ref": self._reference(),
            "requirements": _requirements(machines),
            "expire_after": f"{machines.get('expire_hours', 720)}h",
        }
        if purpose == "gpu":
            limits[GPU] = str(machines.get("max_gpus", 0))
            node["taints"] = [{"key": "sku", "value": "gpu", "effect": "NoSchedule"}]
        return {
            "template": {"metadata": {"labels": {_POOL: purpose}}, "spec": node},
            "limits": limits,
            "disruption": {
                "consolidation_policy": "WhenEmptyOrUnderutilized",
                "consolidate_after": f"{machines.get('consolidate_after_seconds', 300)}s",
                "budgets": [{"nodes": "10%"}],
            },
        }

    def _reference(self) -> dict[str, str]:
        asked = self._args["node_class"]
        return {"group": asked["api_version"].partition("/")[0], "kind": asked["kind"], "name": NODE_CLASS}


def _requirements(machines: Machines) -> list[dict[str, Any]]:
    capacity = ["spot", "on-demand"] if machines.get("spot") else ["on-demand"]
    wanted = {
        "node.kubernetes.io/instance-type": machines["sizes"],
        "karpenter.sh/capacity-type": capacity,
        "kubernetes.io/arch": ["amd64"],
        "kubernetes.io/os": ["linux"],
    }
    return [{"key": key, "operator": "In", "values": values} for key, values in wanted.items()]
