"""The sites layer: small clusters outside the cloud, behind the same gate and a gateway of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from components import catalog, names
from headgate.stack.sites import EdgeModel, Site
from infra.layers.delivery import build_delivery
from infra.layers.gate import build_gate
from infra.layers.platform import SharedPlatform
from infra.layers.retraining import triggers_of
from infra.settings import Settings, platform_image

if TYPE_CHECKING:
    from components.contract.edge_deployment import EdgeDeploymentArgs
    from components.contract.edge_site import SiteSource


def build_sites(settings: Settings, foundation: catalog.PlatformFoundation) -> dict[str, catalog.EdgeSite]:
    """Build the platform's sites; the record of each is in its region's resource group."""
    return {site.name: _site(settings, foundation, site) for site in settings.stack.platform.sites}


def _site(settings: Settings, foundation: catalog.PlatformFoundation, site: Site) -> catalog.EdgeSite:
    """Build one site, and what every cluster has in it."""
    platform = settings.stack.platform
    source: SiteSource = {"url": site.source.url, "commit": site.source.commit}
    if site.source.secret is not None:
        source["secret"] = site.source.secret
    made = catalog.EdgeSite(
        f"site-{site.name}",
        {
            "ownership": settings.ownership,
            "site": site.name,
            "resource_group": foundation.regions[site.region].resource_group,
            "region": site.region,
            "agent_key": site.agent_key,
            "admin_groups": platform.cluster.admin_groups,
            "tenant_id": platform.tenant_id,
            "workspace_id": foundation.workspace_id,
            "source": source,
            "sync_minutes": site.source.sync_minutes,
            "protect": platform.protect,
            "guarding": {"lock": platform.lock},
        },
    )
    _inside(settings, site, catalog.connect(f"site-{site.name}", made.kubeconfig, parent=made))
    return made


def _inside(settings: Settings, site: Site, provider: pulumi.ProviderResource) -> None:
    """Build what a region's cluster has too, smaller: gate, borders, delivery and entry.

    All of it comes from the site's mirror: the gate is closed while it can't start, and it must start without a line.
    """
    gateway, place = settings.stack.platform.gateway, f"site-{site.name}"
    gate = build_gate(settings, place, provider, [], mirror=site.mirror, replicas=site.replicas)
    build_delivery(settings, place, provider, gate, mirror=site.mirror, replicas=site.replicas)
    judged = pulumi.ResourceOptions(providers=[provider], depends_on=[gate])
    catalog.ServingGateway(
        f"gateway-{place}",
        {
            "ownership": settings.ownership,
            "image": platform_image(settings, gateway.image, gateway.digest, site.mirror),
            "replicas": site.replicas,
        },
        judged,
    )
    catalog.ClusterBaseline(f"baseline-{place}", {"ownership": settings.ownership}, judged)


def build_edge(settings: Settings, platform: SharedPlatform) -> dict[str, catalog.EdgeDeployment]:
    """Deploy the team's models at the sites that it names, in a namespace of its own at each."""
    wanted = settings.stack.team.edge
    tenancies = {
        site: _tenancy(settings, site, platform.sites[site].provider)
        for site in dict.fromkeys(model.site for model in wanted)
    }
    return {f"{model.model}@{model.site}": _at(settings, platform, model, tenancies[model.site]) for model in wanted}


def _tenancy(settings: Settings, site: str, provider: pulumi.ProviderResource) -> catalog.TeamTenancy:
    """Build the team's place at a site: the borders of every cluster, and no GPU."""
    team = settings.stack.team
    return catalog.TeamTenancy(
        f"tenancy-site-{site}",
        {
            "ownership": settings.ownership,
            "quota": {"cpu": team.quota.cpu, "memory": team.quota.memory, "gpus": 0, "pods": team.quota.pods},
            "edit_groups": team.groups.edit,
            "view_groups": team.groups.view,
            "protect": team.protect,
        },
        pulumi.ResourceOptions(providers=[provider]),
    )


def _at(
    settings: Settings, platform: SharedPlatform, edge: EdgeModel, tenancy: catalog.TeamTenancy
) -> catalog.EdgeDeployment:
    """Deploy one model at one site: version, digest and runtime are those of the model itself."""
    team, site = settings.stack.team, platform.sites[edge.site]
    model = next(model for model in team.models if model.name == edge.model)
    args: EdgeDeploymentArgs = {
        "ownership": settings.ownership,
        "site": edge.site,
        "namespace": names.namespace(team.name),
        "service_account": tenancy.service_account,
        "model": model.name,
        "version": model.version,
        "model_image": f"{platform.registry}/models/{team.name}/{model.name}@{model.digest}",
        "runtime_image": f"{platform.registry}/{model.runtime.image}@{model.runtime.digest}",
        "host": site.host,
        "cpu": edge.resources.cpu,
        "memory": edge.resources.memory,
        "min_replicas": edge.replicas.min,
        "max_replicas": edge.replicas.max,
        "latency_objective_ms": model.latency_objective_ms,
    }
    trained_again = team.retraining_of(model)
    if trained_again:
        args["retraining"] = triggers_of(trained_again)
    if model.rollback:
        args["rollback"] = model.rollback.record
    if site.mirror is not None:
        args["mirror"] = site.mirror
    options = pulumi.ResourceOptions(providers=[site.provider], depends_on=[tenancy])
    return catalog.EdgeDeployment(f"{model.name}-site-{edge.site}", args, options)
