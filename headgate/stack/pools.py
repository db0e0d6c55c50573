"""What a platform asks of its clusters' nodes: pools between bounds, or nodes that are made to measure."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from headgate.stack.values import PoolName, Settings, VmSize


class GpuPartition(StrEnum):
    """Into which slices each GPU is cut (NVIDIA MIG); every slice is one `nvidia.com/gpu`."""

    MIG1G = "MIG1g"
    MIG2G = "MIG2g"
    MIG3G = "MIG3g"
    MIG4G = "MIG4g"
    MIG7G = "MIG7g"


GpuPartitionField = Annotated[GpuPartition, Field(strict=False)]


class Pool(Settings):
    """One pool of nodes. Every pool is a resource of its own, so changing it never touches the cluster."""

    size: VmSize
    """Azure machine size of each node."""
    min: Annotated[int, Field(ge=0, le=1000)]
    """Fewest nodes; the autoscaler goes no lower."""
    max: Annotated[int, Field(ge=1, le=1000)]
    """Most nodes; the autoscaler goes no higher."""


class GpuPool(Pool):
    """A pool of nodes with GPUs (taint sku=gpu:NoSchedule)."""

    partition: GpuPartitionField | None = None
    """Slices that each GPU is cut into (A100 and H100 only); left out, a GPU is given whole.

    A change replaces the pool."""
    spot: bool = False
    """Spare capacity at a discount, which Azure takes back at any time; only pods that tolerate that get there."""


class ExtraPool(GpuPool):
    """A further pool, by its name."""

    gpu: bool = False
    """Whether its nodes have GPUs, and the taint that keeps everything else away."""


class Pools(Settings):
    """The pools of each cluster."""

    system: Pool
    """Nodes for the cluster's own add-ons (taint CriticalAddonsOnly)."""
    cpu: Pool
    """Nodes for models and gateways."""
    gpu: GpuPool | None = None
    """Nodes with GPUs (taint sku=gpu:NoSchedule); leave out for none."""
    more: dict[PoolName, ExtraPool] = Field(default={}, max_length=20)
    """Further pools by name: another machine size, spot capacity, another GPU."""

    def named(self) -> dict[str, ExtraPool]:
        """Return every pool but the system's, by name, with whether it has GPUs."""
        cpu = ExtraPool.model_validate({**self.cpu.model_dump(), "gpu": False})
        gpu = {} if self.gpu is None else {"gpu": ExtraPool.model_validate({**self.gpu.model_dump(), "gpu": True})}
        return {"cpu": cpu, **gpu, **self.more}


class ProvisionedNodes(Settings):
    """Nodes of one kind that are made to measure: bought when pods wait, given back when they idle."""

    sizes: list[VmSize] = Field(min_length=1, max_length=60)
    """Machine sizes to choose from; the cheapest that fits is taken."""
    max_cpus: Annotated[int, Field(ge=1, le=100_000)]
    """CPUs that all these nodes together may have: what the largest bill can be."""
    max_gpus: Annotated[int, Field(ge=0, le=10_000)] = 0
    """GPUs that all these nodes together may have."""
    spot: bool = False
    """Use spare capacity at a discount where there is some; Azure takes it back at any time."""
    consolidate_after_seconds: Annotated[int, Field(ge=10, le=86_400)] = 300
    """Seconds for which a node must be empty or too large before it is given back or replaced by a smaller one."""
    expire_hours: Annotated[int, Field(ge=24, le=8760)] = 720
    """Hours after which a node is replaced by a fresh one."""


class NodeClass(Settings):
    """The kind that says how a provisioned machine is set up: AKS's own, unless a cluster's Karpenter has another."""

    api_version: Annotated[str, Field(pattern=r"^[a-z0-9.]+/v[0-9a-z]+$")] = "karpenter.azure.com/v1beta1"
    """Group and version."""
    kind: Annotated[str, Field(pattern=r"^[A-Za-z]+$")] = "AKSNodeClass"
    """Kind."""
    settings: dict[str, str] = Field(default={"imageFamily": "AzureLinux"})
    """Its fields."""


class Autoprovisioning(Settings):
    """Karpenter instead of pools: each cluster keeps its system pool, at its minimum; other nodes are made to fit."""

    draining: bool = False
    """The way back to pools: these stand beside it, each of a fixed size, and what Karpenter made leaves.

    Deploy that before `autoprovisioning` is taken out."""
    cpu: ProvisionedNodes
    """Nodes for models and gateways."""
    gpu: ProvisionedNodes | None = None
    """Nodes with GPUs (taint sku=gpu:NoSchedule); leave out for none."""
    node_class: NodeClass = NodeClass()
    """How machines are set up."""
