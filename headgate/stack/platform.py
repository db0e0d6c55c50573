"""What a platform stack asks for: regions, clusters, registry, edge, and who pays."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from headgate.stack.audit import Audit
from headgate.stack.cluster import Cluster
from headgate.stack.edge import Edge, EdgeKind, Region, RegionState, Topology, TopologyField
from headgate.stack.image import Image
from headgate.stack.monitoring import Monitoring
from headgate.stack.signed_rules import SignedRules
from headgate.stack.sites import Site
from headgate.stack.values import (
    DataClass,
    DataClassField,
    Digest,
    Email,
    FirstOfMonth,
    Guid,
    Host,
    Label,
    Repository,
    Settings,
)


class Gateway(Settings):
    """The entry of each cluster, behind which Ingresses of class `headgate` are reached."""

    PER_ENVIRONMENT: ClassVar[frozenset[str]] = frozenset({"host", "replicas"})

    host: Host
    """Host name that the gateway's certificate carries."""
    image: Repository
    """Repository of the gateway's image in the platform's registry."""
    digest: Digest
    """Digest of the gateway's image."""
    replicas: Annotated[int, Field(ge=1, le=50)] = 2
    """Gateway pods in each region."""


class Gate(Settings):
    """The admission gate of each cluster, which refuses what the rules deny."""

    opa: Image
    """Open Policy Agent, which decides."""
    certificates: Image
    """Keeper of the gate's certificates."""
    replicas: Annotated[int, Field(ge=1, le=9)] = 3
    """Pods of Open Policy Agent; nothing is admitted while none runs."""
    memory_mib: Annotated[int, Field(ge=256, le=16384)] = 512
    """Most that each of them takes, in MiB; 512 is enough to know of some 4,000 versions of models, 1,024 of 10,000."""
    bundle: SignedRules | None = None
    """Signed rules to pull from the platform's registry; by default the update gives the gates their rules as files."""

    def images(self) -> tuple[tuple[str, str], ...]:
        """Return repository and digest of each image."""
        return tuple((each.image, each.digest) for each in (self.opa, self.certificates))


class Delivery(Settings):
    """The controller of each cluster that moves requests from one version of a model to the next."""

    controller: Image
    """Argo Rollouts."""
    replicas: Annotated[int, Field(ge=1, le=5)] = 2
    """Pods, of which one leads."""

    def images(self) -> tuple[tuple[str, str], ...]:
        """Return repository and digest of each image."""
        return ((self.controller.image, self.controller.digest),)


class Registry(Settings):
    """The registry of models and images, replicated to every serving region."""

    retention_days: Annotated[int, Field(ge=0, le=365)] = 15
    """Days after which untagged manifests are removed."""
    machine_learning: bool = True
    """Also create an Azure Machine Learning registry, for teams that train there."""
    learning_workspace: bool = True
    """Also create an Azure Machine Learning workspace in the primary region, where they experiment."""


class Vault(Settings):
    """The key vault of each region."""

    purge_protection: bool = True
    """Nobody, not even an owner, can destroy a deleted vault before its days are over."""
    soft_delete_days: Annotated[int, Field(ge=7, le=90)] = 90
    """Days for which a deleted vault can be recovered."""


class Logs(Settings):
    """Where everything logs to."""

    retention_days: Annotated[int, Field(ge=30, le=730)] = 365
    """Days for which logs are kept."""


class Budget(Settings):
    """What the environment may cost a month, and who hears of it."""

    monthly: Annotated[int, Field(ge=1)]
    """Amount a month, in the subscription's currency."""
    starts: FirstOfMonth | None = None
    """First day of the month from which it counts, by default that in which it is made; does nothing from then on."""
    contacts: list[Email] = Field(min_length=1, max_length=50)
    """Mailboxes that are told at each threshold."""
    thresholds: list[Annotated[int, Field(ge=1, le=1000)]] = Field(default=[50, 80, 100], min_length=1, max_length=5)
    """Percentages of the amount at which to tell them."""


class PlatformStack(Settings):
    """What teams share in one environment: foundation, registry, clusters and edge (`headgate:platform`)."""

    SECTION: ClassVar[str] = "platform"

    organisation: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{1,7}$")]
    """Two to eight letters and digits that begin every name which must be unique in the world."""
    tenant_id: Guid
    """Entra ID tenant of the vaults and clusters."""
    owner: Label
    """Group that answers for this stack; a label and a tag on everything."""
    cost_center: Label
    """Where the cost is booked; a tag on everything."""
    data_class: DataClassField
    """Most sensitive data that this platform carries; decides in which regions it may run."""
    protect: bool = True
    """Refuse to delete or replace clusters, registries, vaults and workspaces."""
    lock: bool = True
    """Lock vaults, registries, stores and workspaces in Azure against deletion by anyone, whatever their rights."""
    topology: TopologyField = Topology.ACTIVE_PASSIVE
    """active-passive: one region serves and the next takes over; active-active: all serve, shared by weight."""
    regions: list[Region] = Field(min_length=1, max_length=5)
    """Regions that serve, the primary first: registry, logs and edge live there."""
    cluster: Cluster
    """Kubernetes clusters."""
    gateway: Gateway
    """Entry of each cluster."""
    gate: Gate
    """Admission gate of each cluster."""
    delivery: Delivery
    """Progressive delivery in each cluster."""
    registry: Registry = Registry()
    """Models and images."""
    edge: Edge = Edge()
    """Failover between regions."""
    vault: Vault = Vault()
    """Keys and secrets."""
    logs: Logs = Logs()
    """Audit and diagnostics."""
    audit: Audit = Audit()
    """Immutable copy of all audit logs."""
    monitoring: Monitoring
    """Measurements, alerts, and who is told."""
    budget: Budget
    """Cost and alerts."""
    sites: list[Site] = Field(default=[], max_length=200)
    """Small clusters outside the cloud."""

    def sites_of(self, region: str) -> list[Site]:
        """Return the sites whose records a region keeps."""
        return [site for site in self.sites if site.region == region]

    @property
    def serving(self) -> list[Region]:
        """Return the regions that take traffic."""
        return [region for region in self.regions if region.state is RegionState.SERVING]

    @property
    def standby(self) -> list[Region]:
        """Return the regions that take traffic only when others have failed."""
        first = min((self.priority(region) for region in self.serving), default=1)
        return [region for region in self.serving if self.priority(region) > first]

    @property
    def edge_kind(self) -> EdgeKind:
        """Return what sends callers to a region: asked for, or what the class of data allows."""
        by_class = EdgeKind.TRAFFIC_MANAGER if self.data_class is DataClass.RESTRICTED else EdgeKind.FRONT_DOOR
        return self.edge.kind or by_class

    @property
    def probe_seconds(self) -> int:
        """Return the seconds between probes of the edge that is used."""
        return self.edge.probe_seconds or (30 if self.edge_kind is EdgeKind.FRONT_DOOR else 10)

    def priority(self, region: Region) -> int:
        """Return a region's place in the order of traffic."""
        if self.topology is Topology.ACTIVE_ACTIVE:
            return 1
        return region.priority or self.regions.index(region) + 1
