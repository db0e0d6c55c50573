"""What a platform asks of its Kubernetes clusters."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from headgate.stack.image import Image
from headgate.stack.pools import Autoprovisioning, Pools
from headgate.stack.values import (
    Address,
    ClusterTier,
    ClusterTierField,
    Guid,
    KubernetesVersion,
    Settings,
    TimeOfDay,
    UtcOffset,
)


class NetworkEngine(StrEnum):
    """What enforces network policies in the clusters."""

    CILIUM = "cilium"
    AZURE = "azure"


class Weekday(StrEnum):
    """A day of the week, as Azure writes it."""

    MONDAY = "Monday"
    TUESDAY = "Tuesday"
    WEDNESDAY = "Wednesday"
    THURSDAY = "Thursday"
    FRIDAY = "Friday"
    SATURDAY = "Saturday"
    SUNDAY = "Sunday"


NetworkEngineField = Annotated[NetworkEngine, Field(strict=False)]
WeekdayField = Annotated[Weekday, Field(strict=False)]


class Maintenance(Settings):
    """When Azure may patch the clusters and renew their nodes' images: one window a week."""

    day: WeekdayField = Weekday.SUNDAY
    """Day of the week."""
    start: TimeOfDay = "01:00"
    """When it begins."""
    hours: Annotated[int, Field(ge=4, le=24)] = 4
    """How long it lasts; Azure wants 4 hours at least."""
    utc_offset: UtcOffset = "+04:00"
    """Time zone of `start`, as an offset."""


class PodMetrics(Image):
    """The custom metrics API of each cluster, answered by the Prometheus adapter."""

    PER_ENVIRONMENT: ClassVar[frozenset[str]] = frozenset({"prometheus", "replicas"})

    prometheus: Address | None = None
    """Prometheus API that it asks without a token; the platform's own by default, which on Azure wants one."""
    replicas: Annotated[int, Field(ge=1, le=5)] = 2
    """Pods."""


class Cluster(Settings):
    """The Kubernetes clusters, one per region, all alike."""

    RELEASED: ClassVar[frozenset[str]] = frozenset({"kubernetes_version"})

    kubernetes_version: KubernetesVersion
    """Kubernetes version of control plane and pools: up by one minor at a time, never down.

    OCI image volumes need 1.36 or newer."""
    tier: ClusterTierField = ClusterTier.STANDARD
    """Uptime promise of the API server."""
    admin_groups: list[Guid] = Field(min_length=1)
    """Entra ID groups (object ids) whose members administer the clusters."""
    network_policy: NetworkEngineField = NetworkEngine.CILIUM
    """What enforces network policies. Can't be changed on a cluster that stands."""
    metrics: bool = True
    """Managed Prometheus: the cluster's metrics go to the Azure Monitor workspace."""
    event_scaling: bool = False
    """KEDA, as AKS's add-on: teams may scale models on requests, down to none (`scale_on_requests`)."""
    pod_metrics: PodMetrics | None = None
    """What language models are scaled by: tokens in flight of their pods. Left out, they stay at their minimum."""
    defender: bool = True
    """Microsoft Defender watches the clusters at run time."""
    maintenance: Maintenance = Maintenance()
    """When Azure may patch clusters and nodes."""
    pools: Pools
    """Node pools."""
    device_plugin: Image | None = None
    """NVIDIA's device plugin in the platform's registry, which offers nodes' GPUs to pods; needed where there are GPUs.

    Left out where something else offers them. HG-SV-004 knows it by its repository, `runtimes/device-plugin`."""
    autoprovisioning: Autoprovisioning | None = None
    """Nodes made to measure by Karpenter, in place of all pools but the system's; left out, pools scale."""

    @property
    def provisioned(self) -> Autoprovisioning | None:
        """Return what nodes are made to measure; nothing where pools take over again."""
        asked = self.autoprovisioning
        return None if asked is None or asked.draining else asked

    @property
    def has_gpus(self) -> bool:
        """Say whether a model can have a GPU here."""
        if self.provisioned is not None:
            return self.provisioned.gpu is not None
        return any(pool.gpu for pool in self.pools.named().values())
