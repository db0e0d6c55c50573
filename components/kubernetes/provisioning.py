"""NodeProvisioning: the NodePools by which a cluster's Karpenter makes nodes to measure, within bounds.

Does not own Karpenter itself: on AKS it is the cluster's (node auto-provisioning).
"""

from typing import Optional

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components.contract.provisioning import Machines, NodeClass, NodeProvisioningArgs
from components.kubernetes.labels import labels
from components.kubernetes.node_pools import node_pool
from components.kubernetes.objects import custom

NODE_CLASS = "headgate"
_API_VERSION = "karpenter.sh/v1"


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
            node_pool(purpose, machines, _reference(self._args["node_class"])),
            pulumi.ResourceOptions(parent=self, depends_on=[node_class]),
        )


def _reference(asked: NodeClass) -> dict[str, str]:
    return {"group": asked["api_version"].partition("/")[0], "kind": asked["kind"], "name": NODE_CLASS}
