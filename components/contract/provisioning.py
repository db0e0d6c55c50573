"""Contract of NodeProvisioning: nodes of a cluster that are made to measure, within bounds."""

from typing import NotRequired, TypedDict

from components.contract.ownership import Ownership


class Machines(TypedDict):
    """Nodes of one kind."""

    sizes: list[str]
    """Machine sizes to choose from; the cheapest that fits is taken."""
    max_cpus: int
    """CPUs that all these nodes together may have."""
    max_gpus: NotRequired[int]
    """GPUs that all these nodes together may have; none by default."""
    spot: NotRequired[bool]
    """Use spare capacity at a discount where there is some; off by default."""
    consolidate_after_seconds: NotRequired[int]
    """Seconds for which a node must be empty or too large before it goes; 300 by default."""
    expire_hours: NotRequired[int]
    """Hours after which a node is replaced by a fresh one; 720 by default."""


class NodeClass(TypedDict):
    """The kind that says how a machine is set up, and its fields."""

    api_version: str
    """Group and version."""
    kind: str
    """Kind."""
    settings: NotRequired[dict[str, str]]
    """Its fields; none by default."""


class NodeProvisioningArgs(TypedDict):
    """What NodeProvisioning takes."""

    ownership: Ownership
    """Who answers for it."""
    node_class: NodeClass
    """How machines are set up, in the words of the cluster's Karpenter."""
    cpu: Machines
    """Nodes for models and gateways."""
    gpu: NotRequired[Machines]
    """Nodes with GPUs, tainted so that only what asks for one gets there; none by default."""
