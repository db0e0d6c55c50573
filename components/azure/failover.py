"""MultiRegionFailover on Azure: Front Door Premium, which probes each region's gateway and leaves out what fails."""

from typing import Optional

import pulumi
from pulumi_azure_native import cdn

from components import names
from components.azure.diagnostics import log_everything
from components.azure.tags import tags
from components.contract.failover import FailoverArgs, Origin

PROBE_PATH = "/v2/health/ready"
_ORIGINS = "gateways"


class MultiRegionFailover(pulumi.ComponentResource):
    """One public name, served by the healthiest region."""

    host: pulumi.Output[str]
    """Public host name."""
    endpoint: pulumi.Output[str]
    """Public address, as a URL."""

    def __init__(
        self,
        name: str,
        args: FailoverArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:MultiRegionFailover", name, dict(args), opts)
        self._name = name
        self._args = args
        self._environment = args["ownership"]["environment"]

        profile = self._profile()
        endpoint = self._endpoint(profile)
        group = self._origin_group(profile)
        origins = [self._origin(profile, group, origin) for origin in args["origins"]]
        self._route(profile, endpoint, group, origins)
        log_everything(f"{name}-edge", profile, args["workspace_id"], self)

        self.host = endpoint.host_name
        self.endpoint = endpoint.host_name.apply(lambda host: f"https://{host}")
        self.register_outputs({"host": self.host, "endpoint": self.endpoint})

    def _options(self, depends_on: list[cdn.AFDOrigin] | None = None) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=depends_on)

    def _profile(self) -> cdn.Profile:
        """Make the profile; Premium, because only that reaches private gateways."""
        return cdn.Profile(
            f"{self._name}-profile",
            profile_name=names.edge(self._environment),
            resource_group_name=self._args["resource_group"],
            location="Global",
            sku={"name": "Premium_AzureFrontDoor"},
            origin_response_timeout_seconds=60,
            tags=tags(self._args["ownership"]),
            opts=pulumi.ResourceOptions(parent=self, protect=self._args.get("protect", True)),
        )

    def _endpoint(self, profile: cdn.Profile) -> cdn.AFDEndpoint:
        """Make the public name."""
        return cdn.AFDEndpoint(
            f"{self._name}-endpoint",
            endpoint_name=names.edge_endpoint(self._args["organisation"], self._environment),
            profile_name=profile.name,
            resource_group_name=self._args["resource_group"],
            location="Global",
            enabled_state="Enabled",
            # The name is given to nobody else when it is deleted and made again.
            auto_generated_domain_name_label_scope="TenantReuse",
            tags=tags(self._args["ownership"]),
            opts=self._options(),
        )

    def _origin_group(self, profile: cdn.Profile) -> cdn.AFDOriginGroup:
        """Say how a region is found healthy."""
        args = self._args
        return cdn.AFDOriginGroup(
            f"{self._name}-{_ORIGINS}",
            origin_group_name=_ORIGINS,
            profile_name=profile.name,
            resource_group_name=args["resource_group"],
            health_probe_settings={
                "probe_path": args.get("probe_path", PROBE_PATH),
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
            opts=self._options(),
        )

    def _origin(self, profile: cdn.Profile, group: cdn.AFDOriginGroup, origin: Origin) -> cdn.AFDOrigin:
        """Add a region's gateway."""
        return cdn.AFDOrigin(
            f"{self._name}-{origin['name']}-origin",
            origin_name=origin["name"],
            origin_group_name=group.name,
            profile_name=profile.name,
            resource_group_name=self._args["resource_group"],
            host_name=origin["address"],
            origin_host_header=self._args["host"],
            http_port=80,
            https_port=443,
            priority=origin.get("priority", 1),
            weight=origin.get("weight", 500),
            enabled_state="Enabled",
            enforce_certificate_name_check=True,
            shared_private_link_resource=_private_link(origin),
            opts=self._options(),
        )

    def _route(
        self, profile: cdn.Profile, endpoint: cdn.AFDEndpoint, group: cdn.AFDOriginGroup, origins: list[cdn.AFDOrigin]
    ) -> None:
        """Send everything to the group, by HTTPS alone. Azure refuses a route to a group without origins."""
        cdn.Route(
            f"{self._name}-route",
            route_name="models",
            endpoint_name=endpoint.name,
            profile_name=profile.name,
            resource_group_name=self._args["resource_group"],
            origin_group={"id": group.id},
            patterns_to_match=["/*"],
            supported_protocols=["Https"],
            forwarding_protocol="HttpsOnly",
            https_redirect="Disabled",
            link_to_default_domain="Enabled",
            enabled_state="Enabled",
            opts=self._options(depends_on=origins),
        )


def _private_link(origin: Origin) -> dict[str, object] | None:
    """Return how the edge reaches a gateway without a public address."""
    if "private_link_id" not in origin:
        return None
    return {
        "private_link": {"id": origin["private_link_id"]},
        "private_link_location": origin.get("private_link_location", origin["name"]),
        "request_message": "Headgate: edge to gateway",
    }
