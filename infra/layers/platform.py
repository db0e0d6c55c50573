"""What a team's stack knows of the platform: read through a StackReference, never written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import pulumi

from components import catalog, names, sizing
from headgate.errors import HeadgateError
from headgate.stack import load_stack
from headgate.stack.edge import RegionState
from headgate.stack.faults import raise_all
from headgate.stack.monitoring import Monitoring
from headgate.stack.platform import PlatformStack
from headgate.stack.together import check_with_platform
from infra.layers.unknown import unknown
from infra.settings import CHECKOUT, Settings
from infra.standing import standing

T = TypeVar("T")


@dataclass(frozen=True)
class SharedAlerting:
    """Where a team's alerts go: what the platform's settings say, and what it has deployed."""

    region: str
    resource_group: pulumi.Output[str]
    metrics_workspace: pulumi.Output[str]
    query: pulumi.Output[str]
    """Address of the Prometheus API that answers for every region."""
    action_groups: pulumi.Output[dict[str, str]]
    settings: Monitoring


@dataclass(frozen=True)
class SharedCluster:
    """A region's cluster, as the cloud knows it."""

    id: pulumi.Output[str]
    issuer: pulumi.Output[str]


@dataclass(frozen=True)
class SharedSite:
    """A site of the platform, as a team's layers see it."""

    provider: pulumi.ProviderResource
    host: str
    mirror: str | None


@dataclass(frozen=True)
class SharedPlatform:
    """The platform, as a team's layers see it."""

    name: str
    reference: pulumi.StackReference
    regions: dict[str, pulumi.ProviderResource]
    clusters: dict[str, SharedCluster]
    registry: str
    deployed_registry: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    host: str
    home: str
    """Region that runs what only one region runs."""
    first: str
    """Region of what the platform has once, such as the machine-learning workspace."""
    organisation: str
    private_ranges: tuple[str, ...]
    """Where the private endpoints of data and registry are, in every region."""
    locked: bool
    """Whether Azure deletes nothing in its vaults, registries, stores and workspaces."""
    alerting: SharedAlerting
    sites: dict[str, SharedSite]
    """Sites that the team serves at."""

    def logs(self) -> pulumi.Output[str]:
        """Return the workspace of the platform's logs, in which audits are made."""
        return self.reference.get_output("workspace").apply(lambda found: _deployed(found, self.name, "workspace"))

    def prometheus(self) -> pulumi.Output[str]:
        """Return the address of the platform's Prometheus; a platform that has none is an error."""
        exported = self.reference.get_output("monitoring")
        return exported.apply(lambda found: _deployed((found or {}).get("query"), self.name, "monitoring.query"))


def read_platform(settings: Settings) -> SharedPlatform:
    """Read the platform of the team's environment.

    Which regions there are, and what the registry is called, the platform's settings already say: so a preview knows
    every image by name, even where the platform has not been deployed yet. What is drained, its last update says: until
    a region is out of traffic its models must stay, whatever the settings ask for.
    """
    name = settings.stack.name.platform
    loaded = load_stack(name, CHECKOUT / "stacks")
    raise_all(check_with_platform(settings.stack, loaded))
    asked = loaded.platform
    before = standing(name)
    reference = pulumi.StackReference(f"organization/headgate/{name}")
    server = names.login_server(asked.organisation, str(name.environment))
    kubeconfigs = reference.get_output("kubeconfigs")
    clusters = reference.get_output("clusters")
    return SharedPlatform(
        name=str(name),
        reference=reference,
        regions={
            region.name: catalog.connect(f"cluster-{region.name}", _kubeconfig(kubeconfigs, str(name), region.name))
            for region in asked.regions
            if before is None or before.regions.get(region.name) is not RegionState.DRAINING
        },
        clusters={region.name: _cluster(clusters, str(name), region.name) for region in asked.regions},
        registry=server,
        deployed_registry=reference.get_output("registry").apply(lambda deployed: _same(deployed, server, str(name))),
        endpoint=reference.get_output("endpoint").apply(lambda deployed: _deployed(deployed, str(name), "endpoint")),
        host=asked.gateway.host,
        home=asked.serving[0].name,
        first=asked.regions[0].name,
        organisation=asked.organisation,
        locked=asked.lock,
        sites=_sites(settings, asked, reference.get_output("sites")),
        private_ranges=tuple(sizing.subnets(region.network).endpoints for region in asked.regions),
        alerting=_alerting(reference, asked, str(name)),
    )


def _alerting(reference: pulumi.StackReference, asked: PlatformStack, name: str) -> SharedAlerting:
    """Return where a team's alerts go."""
    exported = reference.get_output("monitoring")

    def deployed(key: str) -> pulumi.Output[Any]:
        return exported.apply(lambda found: _deployed((found or {}).get(key), name, f"monitoring.{key}"))

    return SharedAlerting(
        region=asked.regions[0].name,
        resource_group=deployed("alerts_group"),
        metrics_workspace=deployed("workspace"),
        query=deployed("query"),
        action_groups=deployed("action_groups"),
        settings=asked.monitoring,
    )


def _sites(settings: Settings, asked: PlatformStack, kubeconfigs: pulumi.Output[Any]) -> dict[str, SharedSite]:
    """Connect to the sites that the team names, and to no other."""
    wanted = {model.site for model in settings.stack.team.edge}
    return {
        site.name: SharedSite(
            catalog.connect(
                f"site-{site.name}",
                _kubeconfig(kubeconfigs, str(settings.stack.name.platform), site.name, "sites"),
            ),
            site.host,
            site.mirror,
        )
        for site in asked.sites
        if site.name in wanted
    }


def _kubeconfig(
    kubeconfigs: pulumi.Output[Any], platform: str, place: str, output: str = "kubeconfigs"
) -> pulumi.Output[str]:
    """Return a region's or a site's client configuration; never nothing, which would mean the shell's own cluster."""
    return pulumi.Output.secret(
        kubeconfigs.apply(lambda found: _deployed((found or {}).get(place), platform, f"{output}.{place}"))
    )


def _cluster(clusters: pulumi.Output[Any], platform: str, region: str) -> SharedCluster:
    """Return what the cloud knows of a region's cluster."""

    def fact(name: str) -> pulumi.Output[str]:
        return clusters.apply(
            lambda found: _deployed(((found or {}).get(region) or {}).get(name), platform, f"clusters.{region}.{name}")
        )

    return SharedCluster(id=fact("id"), issuer=fact("issuer"))


def _same(deployed: str | None, named: str, platform: str) -> str | pulumi.Output[str]:
    """Return the registry that the platform has; images are named by the one that its settings say."""
    found = _deployed(deployed, platform, "registry")
    if isinstance(found, str) and found != named:
        raise HeadgateError(
            f"stack {platform} has another registry than its settings say",
            where=f"organization/headgate/{platform}",
            found=found,
            expected=named,
            fix=f"pulumi up -s {platform}, or correct `organisation` in its settings",
        )
    return found


def _deployed(value: T | None, platform: str, what: str) -> T | pulumi.Output[T]:
    """Return what the platform exports; in a preview it may be yet to come, in an update it must be there."""
    if value is not None:
        return value
    if pulumi.runtime.is_dry_run():
        return unknown()
    raise HeadgateError(
        f"stack {platform} does not export {what}",
        where=f"organization/headgate/{platform}",
        found="a platform that is not deployed, or an older one",
        expected=f"the output `{what}`",
        fix=f"pulumi up -s {platform}",
    )
