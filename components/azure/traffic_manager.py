"""Traffic Manager: DNS that leads to the first healthy region. TLS ends in the region, so data stays in the country.

Not a component: MultiRegionFailover builds it.
"""

import pulumi
from pulumi_azure_native import trafficmanager

from components import names
from components.azure.front_door import PROBE_PATH
from components.azure.guard import Guard
from components.contract.failover import FailoverArgs, Origin

# Azure's longest for the fast interval: a slow answer is no answer, and a failure is seen within interval + timeout.
_TIMEOUT = 9
# Places of regions that drain: behind all others, and nobody else's.
_DRAINED = 100


class TrafficManager:
    """The resources of one profile. `parts` are those that a lock on the profile must not outlive."""

    def __init__(self, name: str, args: FailoverArgs, guard: Guard) -> None:
        self._name = name
        self._args = args
        self._guard = guard

        self.profile = self._profile()
        self.parts: list[pulumi.Resource] = [self._endpoint(origin) for origin in args["origins"]]

        # Callers know the name that the gateways' certificates carry; its CNAME record leads here.
        self.host = pulumi.Output.from_input(args["host"])
        self.alias = pulumi.Output.from_input(f"{self._relative_name}.trafficmanager.net")

    @property
    def _relative_name(self) -> str:
        return names.edge_endpoint(self._args["organisation"], self._guard.environment)

    def _profile(self) -> trafficmanager.Profile:
        """Make the profile: by priority, or by weight where all regions have the same."""
        args = self._args
        return trafficmanager.Profile(
            f"{self._name}-dns",
            profile_name=names.edge_dns(self._guard.environment),
            resource_group_name=args["resource_group"],
            location="global",
            profile_status="Enabled",
            traffic_routing_method="Weighted" if self._shared else "Priority",
            dns_config={"relative_name": self._relative_name, "ttl": args.get("ttl_seconds", 5)},
            monitor_config={
                "protocol": "HTTPS",
                "port": 443,
                "path": args.get("probe_path", PROBE_PATH),
                "interval_in_seconds": args.get("probe_seconds", 10),
                "timeout_in_seconds": _TIMEOUT,
                "tolerated_number_of_failures": args.get("tolerated_failures", 0),
                "expected_status_code_ranges": [{"min": 200, "max": 200}],
                # Probes go to an address; the gateway answers for a name.
                "custom_headers": [{"name": "host", "value": args["host"]}],
            },
            tags=self._guard.tags,
            opts=self._guard.options(protect=True),
        )

    @property
    def _shared(self) -> bool:
        """Say whether all regions serve at once."""
        priorities = [origin.get("priority", 1) for origin in self._args["origins"] if origin.get("enabled", True)]
        return len(priorities) > 1 and len(set(priorities)) == 1

    def _place(self, origin: Origin) -> int | None:
        """Return a region's place in the order; Azure wants one for all or none, and none twice, drained ones too."""
        if self._shared:
            return None
        return origin.get("priority", 1) + (0 if origin.get("enabled", True) else _DRAINED)

    def _endpoint(self, origin: Origin) -> trafficmanager.Endpoint:
        """Add a region's gateway; one that drains stays, and no answer names it."""
        return trafficmanager.Endpoint(
            f"{self._name}-{origin['name']}-endpoint",
            endpoint_name=origin["name"],
            endpoint_type="ExternalEndpoints",
            profile_name=self.profile.name,
            resource_group_name=self._args["resource_group"],
            target=origin["address"],
            endpoint_location=origin["name"],
            endpoint_status="Enabled" if origin.get("enabled", True) else "Disabled",
            always_serve="Disabled",
            priority=self._place(origin),
            weight=origin.get("weight", 500),
            opts=self._guard.options(),
        )
