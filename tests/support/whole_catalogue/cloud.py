"""What stands in Azure: foundation, registry, clusters, a site, both kinds of edge, the trail, a team's rights."""

from __future__ import annotations

from typing import Any

from headgate.stack import region_catalogue
from whole_catalogue.asked import (
    ADDS,
    EDITORS,
    FOR_GOOD,
    FOR_LIFE,
    GRANT,
    HOME,
    HOST,
    IDENTITY,
    LEFT_OUT,
    ORGANISATION,
    OTHER_GRANT,
    OTHERS,
    PLACE,
    PROVISIONED,
    REGIONS,
    SITE,
    TEAM,
    TENANT,
    VIEWERS,
    Fixed,
    Table,
    Turned,
    ownership,
)

# Protected and locked until it is changed: so it can be destroyed afterwards.
_PROTECT = Turned(before=True, after=False)
_SECRETS_READER = "4633458b-17de-408a-b874-0445c86b69e6"


def _guarding(**more: Any) -> Turned:
    return Turned({"lock": True, "grants": [GRANT], **more}, {"lock": False, "grants": [OTHER_GRANT], **more})


def _named() -> dict[str, Turned | Fixed]:
    return {"organisation": Fixed(ORGANISATION, IDENTITY), "ownership": ownership("platform")}


def _at_home(ground: Any) -> dict[str, Turned | Fixed]:
    return {
        "resource_group": Fixed(ground.resource_group, PLACE),
        "workspace_id": Fixed(ground.workspace_id, PLACE),
    }


def foundation() -> Table:
    """Return what everything else stands on."""
    return {
        **_named(),
        "tenant_id": Fixed(TENANT, PLACE),
        "regions": Fixed(
            [{"name": name, "network": f"10.{90 + index}.0.0/16"} for index, name in enumerate(REGIONS)], PLACE
        ),
        "budget": Turned(
            {"monthly": 100, "contacts": ["a@example.com"], "thresholds": [80]},
            {"monthly": 200, "contacts": ["b@example.com"], "thresholds": [50, 100]},
        ),
        "log_retention_days": Turned(30, 60),
        "vault_soft_delete_days": Fixed(7, FOR_LIFE),
        "vault_purge_protection": Fixed(False, FOR_GOOD),
        "protect": _PROTECT,
        "guarding": _guarding(),
    }


def registry(ground: Any) -> Table:
    """Return where models are, with a workspace for learning."""
    networks = [ground.regions[region].private_network for region in REGIONS]
    vault = ground.regions[HOME].vault_id
    return {
        **_named(),
        **_at_home(ground),
        "region": Fixed(HOME, PLACE),
        "zone_redundant": Fixed(True, FOR_LIFE),
        "replicas": Turned([], [{"region": REGIONS[1], "zone_redundant": False}]),
        "retention_days": Turned(15, 30),
        "machine_learning": Fixed(True, ADDS),
        "learning_workspace": Turned({"vault_id": vault}, {"vault_id": vault, "outbound": "internet"}),
        "protect": _PROTECT,
        "guarding": _guarding(private_access=networks),
    }


def cluster(ground: Any, registry: Any, region: str) -> Table:
    """Return a region's cluster: with every kind of pool, or with nodes that Karpenter makes."""
    here = ground.regions[region]
    return {
        "ownership": ownership("platform"),
        **_at_home(ground),
        "resource_group": Fixed(here.resource_group, PLACE),
        "region": Fixed(region, PLACE),
        "zones": Fixed(list(region_catalogue()[region].zones), PLACE),
        "subnet_id": Fixed(here.nodes_subnet_id, PLACE),
        "network_id": Fixed(here.network_id, PLACE),
        "registry_id": Fixed(registry.registry_id, PLACE),
        "control_identity": Fixed(_identity(here.cluster_identity), IDENTITY),
        "node_identity": Fixed(_identity(here.node_identity), IDENTITY),
        "tenant_id": Fixed(TENANT, PLACE),
        "admin_groups": Turned([EDITORS], [OTHERS]),
        "kubernetes_version": Turned("1.35", "1.36"),
        "tier": Turned("Free", "Standard"),
        **_pools(region),
        "autoprovisioning": Fixed(region == PROVISIONED, ADDS),
        "fixed_pools": Fixed(LEFT_OUT, ADDS),
        "network_policy": Fixed("cilium", FOR_LIFE),
        "metrics": Turned(LEFT_OUT, True) if region == PROVISIONED else Fixed(True, "the monitors of models need it"),
        "event_scaling": Turned(LEFT_OUT, True),
        "defender": Turned(before=True, after=False),
        "maintenance": Turned(LEFT_OUT, {"day": "Friday", "start": "22:00", "hours": 6, "utc_offset": "+04:00"}),
        "protect": _PROTECT,
        "guarding": _guarding(),
    }


def _pools(region: str) -> dict[str, Turned | Fixed]:
    """Return a cluster's pools; where Karpenter makes nodes, the system's alone counts."""
    small, gpu = "Standard_D8s_v5", "Standard_NC24ads_A100_v4"
    extra = {"size": small, "min": 0, "max": 1, "spot": True}
    fixed = region == PROVISIONED
    return {
        "system": Turned(
            {"size": "Standard_D4s_v5", "min": 1, "max": 1 if fixed else 2},
            {"size": "Standard_D4s_v5", "min": 2, "max": 2 if fixed else 3},
        ),
        "cpu": Turned({"size": small, "min": 2, "max": 4}, {"size": small, "min": 3, "max": 5}),
        "gpu": Turned({"size": gpu, "min": 1, "max": 2}, {"size": gpu, "min": 1, "max": 3}),
        "pools": Turned({"spare": extra}, {"spare": {**extra, "max": 2}}),
    }


def _identity(found: Any) -> dict[str, Any]:
    return {"id": found.id, "client_id": found.client_id, "principal_id": found.principal_id}


def site(ground: Any) -> Table:
    """Return a site's record."""
    source = {"url": "https://git.example.com/platform/sites", "commit": "0123abcd" * 5}
    other = {"url": "https://git.example.com/sites", "commit": "4567cdef" * 5, "path": "./north", "secret": "git"}
    return {
        "ownership": ownership("platform"),
        **_at_home(ground),
        "site": Fixed(SITE, IDENTITY),
        "region": Fixed(HOME, PLACE),
        "agent_key": Fixed("UHVibGljIGtleSBvZiB0aGUgc2l0ZSdzIGFnZW50cw==", IDENTITY),
        "admin_groups": Turned([EDITORS], [OTHERS]),
        "tenant_id": Fixed(TENANT, PLACE),
        "source": Turned(source, other),
        "sync_minutes": Turned(LEFT_OUT, 60),
        "protect": _PROTECT,
        "guarding": _guarding(),
    }


def front_door(ground: Any, addresses: dict[str, Any], links: dict[str, Any]) -> Table:
    """Return the edge that ends TLS."""
    origins = [
        {
            "name": region,
            "address": addresses[region],
            "private_link_id": links[region],
            "private_link_location": region_catalogue()[region].private_link,
            "priority": index + 1,
        }
        for index, region in enumerate(REGIONS)
    ]
    service = {"name": "documents", "paths": ["/v1/*"], "probe_path": "/v1/ready"}
    return {
        **_edge(ground, "front-door"),
        "origins": Turned(origins, [{**origins[0], "priority": 2, "weight": 100}, {**origins[1], "priority": 1}]),
        "services": Turned(LEFT_OUT, [service]),
        "probe_path": Turned(LEFT_OUT, "/ready"),
        "probe_seconds": Turned(LEFT_OUT, 15),
        "samples": Turned(LEFT_OUT, 6),
        "successes": Turned(LEFT_OUT, 3),
        "rate_limit": Turned(LEFT_OUT, 600),
        "firewall_mode": Turned(LEFT_OUT, "Detection"),
        "tolerated_failures": Fixed(LEFT_OUT, "of the other kind"),
        "ttl_seconds": Fixed(LEFT_OUT, "of the other kind"),
    }


def traffic_manager(ground: Any, addresses: dict[str, Any]) -> Table:
    """Return the edge that answers DNS alone."""
    origins = [
        {"name": region, "address": addresses[region], "priority": index + 1} for index, region in enumerate(REGIONS)
    ]
    other = "of the other kind"
    return {
        **_edge(ground, "traffic-manager"),
        "origins": Turned(origins, [origins[0], {**origins[1], "enabled": False}]),
        "services": Fixed(LEFT_OUT, other),
        "probe_path": Turned(LEFT_OUT, "/ready"),
        "probe_seconds": Turned(10, 30),
        "samples": Fixed(LEFT_OUT, other),
        "successes": Fixed(LEFT_OUT, other),
        "rate_limit": Fixed(LEFT_OUT, other),
        "firewall_mode": Fixed(LEFT_OUT, other),
        "tolerated_failures": Turned(LEFT_OUT, 2),
        "ttl_seconds": Turned(LEFT_OUT, 10),
    }


def _edge(ground: Any, kind: str) -> dict[str, Turned | Fixed]:
    return {
        **_named(),
        **_at_home(ground),
        "host": HOST,
        "kind": Fixed(kind, IDENTITY),
        "protect": _PROTECT,
        "guarding": _guarding(),
    }


def audit(ground: Any, registry: Any, made: dict[str, Any], site: Any) -> Table:
    """Return the trail: of the vaults first, of everything later."""
    first = {region: {f"vault-{region}": ground.regions[region].vault_id} for region in REGIONS}
    more = {region: {**first[region], f"cluster-{region}": made[region].cluster_id} for region in REGIONS}
    more[HOME] |= {**registry.audited, "site": site.cluster_id}
    return {
        **_named(),
        "workspace_id": Fixed(ground.workspace_id, PLACE),
        "regions": Turned(
            *([_trail(ground, region, sources[region]) for region in REGIONS] for sources in (first, more))
        ),
        "retention_days": Turned(1, 2),
        "locked": Fixed(False, FOR_GOOD),
        "stream": Turned(
            {"retention_hours": 24}, {"retention_hours": 48, "max_throughput_units": 8, "reader_id": EDITORS}
        ),
        "writers": Turned(
            {HOME: made[HOME].issuer}, {HOME: made[HOME].issuer, "more": "https://issuer.example.com/more"}
        ),
        "sentinel": Turned(before=False, after=True),
        "protect": _PROTECT,
        "guarding": _guarding(),
    }


def _trail(ground: Any, region: str, sources: dict[str, Any]) -> dict[str, Any]:
    here = ground.regions[region]
    return {
        "name": region,
        "resource_group": here.resource_group,
        "zone_redundant": region == HOME,
        "network": here.private_network,
        "sources": sources,
    }


def access(ground: Any, cluster: Any, region: str) -> Table:
    """Return what a team may do on the cloud in a region."""
    right = {"purpose": "secrets", "role": _SECRETS_READER, "scope": ground.regions[region].vault_id}
    return {
        "ownership": ownership(TEAM),
        "region": Fixed(region, PLACE),
        "cluster_id": Fixed(cluster.cluster_id, PLACE),
        "issuer": Fixed(cluster.issuer, PLACE),
        "service_accounts": Turned(LEFT_OUT, ["models", "jobs"]),
        "edit_groups": Turned([EDITORS], [OTHERS]),
        "view_groups": Turned([VIEWERS], [VIEWERS, EDITORS]),
        "rights": Turned(LEFT_OUT, [right]),
        "protect": _PROTECT,
        "guarding": Turned(LEFT_OUT, {"grants": [GRANT]}),
    }
