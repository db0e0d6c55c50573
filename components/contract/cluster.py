"""Contract of ServingCluster: a Kubernetes cluster of one region, with pools that change without touching it."""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.guarding import Guarding
from components.contract.ownership import Ownership


class NodePool(TypedDict):
    """A pool of nodes that the autoscaler keeps between two bounds; of a fixed size where the two are equal."""

    size: pulumi.Input[str]
    """Machine size."""
    min: int
    """Fewest nodes."""
    max: int
    """Most nodes."""
    gpu: NotRequired[bool]
    """Whether its machines have GPUs: tainted so that only what asks for one gets there; off by default."""
    partition: NotRequired[pulumi.Input[str]]
    """Slices that each GPU is cut into: MIG1g, MIG2g, MIG3g, MIG4g or MIG7g; whole GPUs by default."""
    spot: NotRequired[bool]
    """Spare capacity that the cloud takes back at any time, tainted; off by default."""


class MaintenanceWindow(TypedDict):
    """When the cloud may patch a cluster and renew its nodes' images: once a week."""

    day: pulumi.Input[str]
    """Day of the week, such as `Sunday`."""
    start: pulumi.Input[str]
    """When it begins, as HH:MM."""
    hours: pulumi.Input[int]
    """How long it lasts; 4 at least."""
    utc_offset: pulumi.Input[str]
    """Time zone of the beginning, such as `+04:00`."""


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
    """Pool of models and gateways; none where nodes are made to measure."""
    gpu: NotRequired[NodePool]
    """Pool with GPUs, tainted so that only what asks for one gets there; none by default."""
    pools: NotRequired[dict[str, NodePool]]
    """Further pools by name (1 to 12 lower-case letters and digits): GPUs, spot capacity, other machines."""
    autoprovisioning: NotRequired[bool]
    """Let Karpenter make nodes to measure: only the system pool stays, at its fewest nodes; off by default."""
    fixed_pools: NotRequired[bool]
    """Have every pool beside Karpenter too, which Azure takes where each has equal bounds: the way back to pools.

    Off by default."""
    network_policy: NotRequired[pulumi.Input[str]]
    """What enforces network policies: cilium (the default) or azure. Can't be changed later."""
    metrics: NotRequired[pulumi.Input[bool]]
    """Send the cluster's metrics to managed Prometheus; on by default."""
    event_scaling: NotRequired[bool]
    """Have KEDA, as AKS's add-on, so that models can scale on requests; off by default."""
    defender: NotRequired[pulumi.Input[bool]]
    """Watch for threats at run time; on by default."""
    maintenance: NotRequired[MaintenanceWindow]
    """When clusters and nodes may be patched; Sunday, 01:00 to 05:00 at +04:00 by default."""
    protect: NotRequired[bool]
    """Refuse to delete or replace the cluster; on by default."""
    guarding: NotRequired[Guarding]
    """Rights, and a lock, which is off by default here: it would keep pools from being removed too."""
