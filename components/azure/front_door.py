"""Front Door Premium: the public name, a firewall before it, and an origin group for each service.

Not a component: MultiRegionFailover builds it.
"""

import pulumi
from pulumi_azure_native import cdn

from components import names
from components.azure import firewall
from components.azure.guard import Guard
from components.contract.failover import EdgeService, FailoverArgs, Origin

PROBE_PATH = "/v2/health/ready"
MODELS = "models"


class FrontDoor:
    """The resources of one front door. `parts` are those that a lock on the profile must not outlive."""

    def __init__(self, name: str, args: FailoverArgs, guard: Guard) -> None:
        self._name = name
        self._args = args
        self._guard = guard

        self.profile = self._profile()
        endpoint = self._endpoint()
        self.parts: list[pulumi.Resource] = [endpoint, *firewall.protect(name, args, guard, self.profile, endpoint)]
        models: EdgeService = {"name": MODELS, "paths": ["/*"], "probe_path": args.get("probe_path", PROBE_PATH)}
        for service in (models, *args.get("services", [])):
            group = self._origin_group(service)
            origins = [self._origin(group, service, origin) for origin in args["origins"]]
            self.parts += [group, *origins, self._route(endpoint, group, service, origins)]

        self.host = endpoint.host_name
        self.alias = endpoint.host_name

    def _logical(self, service: EdgeService, models: str, other: str) -> str:
        """Name a resource of a service. The models' have the names that they had before there were others."""
        return f"{self._name}-{models}" if service["name"] == MODELS else f"{self._name}-{service['name']}-{other}"

    def _profile(self) -> cdn.Profile:
        """Make the profile; Premium, because only that reaches private gateways and has managed firewall rules."""
        return cdn.Profile(
            f"{self._name}-profile",
            profile_name=names.edge(self._guard.environment),
            resource_group_name=self._args["resource_group"],
            location="Global",
            sku={"name": "Premium_AzureFrontDoor"},
            origin_response_timeout_seconds=60,
            tags=self._guard.tags,
            opts=self._guard.options(protect=True),
        )

    def _endpoint(self) -> cdn.AFDEndpoint:
        """Make the public name."""
        return cdn.AFDEndpoint(
            f"{self._name}-endpoint",
            endpoint_name=names.edge_endpoint(self._args["organisation"], self._guard.environment),
            profile_name=self.profile.name,
            resource_group_name=self._args["resource_group"],
            location="Global",
            enabled_state="Enabled",
            # The name is given to nobody else when it is deleted and made again.
            auto_generated_domain_name_label_scope="TenantReuse",
            tags=self._guard.tags,
            opts=self._guard.options(),
        )

    def _origin_group(self, service: EdgeService) -> cdn.AFDOriginGroup:
        """Say how a region is found healthy."""
        args = self._args
        return cdn.AFDOriginGroup(
            self._logical(service, "gateways", "gateways"),
            origin_group_name=_group_name(service),
            profile_name=self.profile.name,
            resource_group_name=args["resource_group"],
            health_probe_settings={
                "probe_path": service["probe_path"],
                "probe_protocol": "Https",
                "probe_request_type": "HEAD",
                "probe_interval_in_seconds": args.get("probe_seconds", 30),
            },
            load_balancing_settings={
                "sample_size": args.get("samples", 4),
                "successful_samples_required": args.get("successes", 2),
                "additional_latency_in_milliseconds": 0,
            },
            session_affinity_state="Disabled",
            opts=self._guard.options(),
        )

    def _origin(self, group: cdn.AFDOriginGroup, service: EdgeService, origin: Origin) -> cdn.AFDOrigin:
        """Add a region's gateway; one that drains stays, and gets no traffic."""
        region = origin["name"]
        return cdn.AFDOrigin(
            self._logical(service, f"{region}-origin", f"{region}-origin"),
            origin_name=region,
            origin_group_name=group.name,
            profile_name=self.profile.name,
            resource_group_name=self._args["resource_group"],
            host_name=origin["address"],
            origin_host_header=self._args["host"],
            http_port=80,
            https_port=443,
            priority=origin.get("priority", 1),
            weight=origin.get("weight", 500),
            enabled_state="Enabled" if origin.get("enabled", True) else "Disabled",
            enforce_certificate_name_check=True,
            shared_private_link_resource=_private_link(origin),
            opts=self._guard.options(),
        )

    def _route(
        self,
        endpoint: cdn.AFDEndpoint,
        group: cdn.AFDOriginGroup,
        service: EdgeService,
        origins: list[cdn.AFDOrigin],
    ) -> cdn.Route:
        """Send a service's paths to its group, by HTTPS alone. Azure refuses a route to a group without origins."""
        return cdn.Route(
            self._logical(service, "route", "route"),
            route_name=service["name"],
            endpoint_name=endpoint.name,
            profile_name=self.profile.name,
            resource_group_name=self._args["resource_group"],
            origin_group={"id": group.id},
            patterns_to_match=service["paths"],
            supported_protocols=["Https"],
            forwarding_protocol="HttpsOnly",
            https_redirect="Disabled",
            link_to_default_domain="Enabled",
            enabled_state="Enabled",
            opts=self._guard.options(depends_on=origins),
        )


def _group_name(service: EdgeService) -> str:
    """Name a service's origin group; the models' has the name that it had before there were others."""
    return "gateways" if service["name"] == MODELS else service["name"]


def _private_link(origin: Origin) -> dict[str, object] | None:
    """Return how the edge reaches a gateway without a public address."""
    if "private_link_id" not in origin:
        return None
    return {
        "private_link": {"id": origin["private_link_id"]},
        "private_link_location": origin.get("private_link_location", origin["name"]),
        "request_message": "Headgate: edge to gateway",
    }
