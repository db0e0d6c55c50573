"""Contract of ServingCluster: a Kubernetes cluster of one region, with pools that change without touching it."""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.ownership import Ownership


class NodePool(TypedDict):
    """A pool of nodes that the autoscaler keeps between two bounds."""

    size: pulumi.Input[str]
    """Machine size."""
    min: pulumi.Input[int]
    """Fewest nodes."""
    max: pulumi.Input[int]
    """Most nodes."""


class WorkloadIdentity(TypedDict):
    """An identity that a program acts as."""

    id: pulumi.Input[str]
    """The identity."""
    client_id: pulumi.Input[str]
    """Its application id."""
    principal_id: pulumi.Input[str]
    """Its object id, which rights are given to."""


class ServingClusterArgs(TypedDict):
    """What ServingCluster takes."""

    ownership: Ownership
    """Who answers for it; its environment is part of the name."""
    resource_group: pulumi.Input[str]
    """Resource group to create it in."""
    region: str
    """Region of the cluster."""
    zones: list[str]
    """Availability zones of every pool; empty in a region that has none."""
    subnet_id: pulumi.Input[str]
    """Subnet of the nodes."""
    network_id: pulumi.Input[str]
    """Network that the subnet is in."""
    registry_id: pulumi.Input[str]
    """Registry that the nodes may pull from."""
    control_identity: WorkloadIdentity
    """Identity of the control plane."""
    node_identity: WorkloadIdentity
    """Identity of the nodes, which pull images with it."""
    tenant_id: pulumi.Input[str]
    """Identity tenant whose users reach the cluster."""
    admin_groups: list[str]
    """Groups (object ids) whose members administer it."""
    workspace_id: pulumi.Input[str]
    """Log workspace for audit logs and threat detection."""
    kubernetes_version: pulumi.Input[str]
    """Kubernetes version of control plane and pools."""
    tier: NotRequired[pulumi.Input[str]]
    """Uptime promise of the API server: Free, Standard or Premium; Standard by default."""
    system: NodePool
    """Pool of the cluster's own add-ons; nothing else is scheduled there."""
    cpu: NodePool
    """Pool of models and gateways."""
    gpu: NotRequired[NodePool]
    """Pool with GPUs, tainted so that only what asks for one gets there; none by default."""
    protect: NotRequired[bool]
    """Refuse to delete or replace the cluster; on by default."""
