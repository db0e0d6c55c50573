"""Composes the whole catalogue: what everything stands on, both clusters and a site, and a team with all it can run."""

from __future__ import annotations

from typing import Any

import pulumi

from components import catalog
from infra.layers.cluster import private_link_id
from whole_catalogue import cloud, clusters, learning, models, telemetry, work
from whole_catalogue.asked import HOME, PROVISIONED, REGIONS, SITE, Table, settled


class Program:
    """Makes one component after another, and remembers by which table."""

    def __init__(self, *, turned: bool) -> None:
        """Make nothing yet."""
        self.turned = turned
        self.tables: list[tuple[str, str, Table]] = []
        self.providers: dict[str, pulumi.ProviderResource] = {}
        self.judged: dict[str, list[pulumi.Resource]] = {}
        self.gateways: dict[str, Any] = {}

    def make(self, kind: str, name: str, table: Table, place: str | None = None) -> Any:
        """Make a component of the catalogue: in a place's cluster, after its gate, or in the cloud."""
        self.tables.append((kind, name, table))
        opts = None
        if place is not None:
            opts = pulumi.ResourceOptions(providers=[self.providers[place]], depends_on=[*self.judged.get(place, [])])
        return getattr(catalog, kind)(name, settled(table, turned=self.turned), opts)

    def build(self) -> dict[str, Any]:
        """Make all of it."""
        ground = self.make("PlatformFoundation", "foundation", cloud.foundation())
        registry = self.make("ModelRegistry", "registry", cloud.registry(ground))
        made = {region: self._cluster(ground, registry, region) for region in REGIONS}
        site = self.make("EdgeSite", f"site-{SITE}", cloud.site(ground))
        self.connect(SITE, site)
        self._shared(SITE)
        self._platform(ground, registry, made, site)
        monitoring = self.make("MonitoringStack", "monitoring", telemetry.stack(ground, made))
        for region in REGIONS:
            self._team(ground, made[region], region, monitoring)
        self._at_site()
        self._promises(monitoring)
        self._on_the_service(ground, registry, made[HOME])
        return {}

    def connect(self, place: str, cluster: Any) -> None:
        """Reach the cluster of a place."""
        self.providers[place] = catalog.connect(f"cluster-{place}", cluster.kubeconfig, parent=cluster)

    def _cluster(self, ground: Any, registry: Any, region: str) -> Any:
        """Make a region's cluster, and what every cluster has in it."""
        cluster = self.make("ServingCluster", f"cluster-{region}", cloud.cluster(ground, registry, region))
        self.connect(region, cluster)
        if region == PROVISIONED:
            nodes = self.make("NodeProvisioning", f"nodes-{region}", clusters.nodes(), region)
            self.judged[region] = [nodes]
        self._shared(region)
        self.make("WorkloadPriorities", f"priorities-{region}", clusters.priorities(), region)
        self.make("ClusterMonitoring", f"measured-{region}", clusters.monitoring(region), region)
        self.space(region)
        self.make("ClusterAlerting", f"alerting-{region}", clusters.alerting(), region)
        return cluster

    def space(self, region: str) -> None:
        """Make the namespace of a cluster's own Prometheus, which no component brings."""
        after = [*self.judged[region]]
        self.judged[region].append(clusters.namespace(self.providers[region], after, region))

    def _shared(self, place: str) -> None:
        """Make what regions and sites alike have: the gate first, which judges the rest."""
        gate = self.make("AdmissionGate", f"gate-{place}", clusters.gate(), place)
        self.judged[place] = [*self.judged.get(place, []), gate]
        self.make("ProgressiveDelivery", f"delivery-{place}", clusters.delivery(), place)
        self.gateways[place] = self.make("ServingGateway", f"gateway-{place}", clusters.gateway(place), place)
        self.make("ClusterBaseline", f"baseline-{place}", clusters.baseline(), place)

    def _platform(self, ground: Any, registry: Any, made: dict[str, Any], site: Any) -> None:
        """Make what stands over both regions: both kinds of edge, and the trail."""
        addresses = {region: self.gateways[region].address for region in REGIONS}
        links = {
            region: pulumi.Output.all(each.cluster_id, each.node_resource_group).apply(
                lambda parts, region=region: private_link_id(parts[0], parts[1], clusters.link(region))
            )
            for region, each in made.items()
        }
        self.make("MultiRegionFailover", "edge", cloud.front_door(ground, addresses, links))
        self.make("MultiRegionFailover", "names", cloud.traffic_manager(ground, addresses))
        trail = self.make("AuditTrail", "audit", cloud.audit(ground, registry, made, site))
        for region in REGIONS:
            self.make("LedgerService", f"ledger-{region}", clusters.ledger(trail.writer_id), region)

    def _team(self, ground: Any, cluster: Any, region: str, monitoring: Any) -> None:
        """Make a team's place in a region, and all that it can run there."""
        access = self.make("TeamAccess", f"access-{region}", cloud.access(ground, cluster, region))
        tenancy = self.make("TeamTenancy", f"tenancy-{region}", clusters.tenancy(access.client_id), region)
        self.judged[region].append(tenancy)
        self.make("MetricsAdapter", f"figures-{region}", clusters.figures(region, monitoring.query_endpoint), region)
        for name, table in models.strategies(region, monitoring.query_endpoint).items():
            self.make("ModelDeployment", f"{name}-{region}", table, region)
        language = models.language(monitoring.query_endpoint)
        self.make("LanguageModelServing", f"assistant-{region}", language, region)
        self.make("BatchScoring", f"scoring-{region}", work.batch(region, access.client_id), region)
        self.make("TrainingPipeline", f"training-{region}", work.training(region, access.client_id), region)
        self.make("RetrainingReceiver", f"receiver-{region}", work.receiver(), region)

    def _at_site(self) -> None:
        """Make the team's place at the site, and a model there."""
        tenancy = self.make("TeamTenancy", f"tenancy-{SITE}", clusters.tenancy(None), SITE)
        self.judged[SITE].append(tenancy)
        self.make("EdgeDeployment", f"canary-{SITE}", models.at_site(), SITE)

    def _promises(self, monitoring: Any) -> None:
        """Make what a team promises."""
        self.make("ModelMonitoring", "canary-monitoring", telemetry.model(monitoring))
        self.make("ServiceObjectives", "objectives", telemetry.objectives(monitoring))

    def _on_the_service(self, ground: Any, registry: Any, cluster: Any) -> None:
        """Make what a team runs on the machine-learning service."""
        identity = ground.regions[HOME].node_identity
        where = {
            "resource_group": ground.resource_group,
            "workspace": registry.learning_workspace_name,
            "region": HOME,
        }
        self.make("ManagedTraining", "managed-training", learning.training(where, identity))
        self.make("ManagedBatchScoring", "managed-scoring", learning.batch(where, identity))
        for name, attached in (("managed-answers", False), ("managed-in-cluster", True)):
            table = learning.online(where, identity, cluster, ground.workspace_id, attached=attached)
            self.make("ManagedOnlineEndpoint", name, table)
