"""MultiRegionFailover on Azure: a front door that probes and leaves out what fails, or DNS that does the same.

Owns the choice and what both have in common; `front_door` and `traffic_manager` make the resources.
"""

from typing import Optional

import pulumi

from components.azure.front_door import FrontDoor
from components.azure.guard import Guard
from components.azure.traffic_manager import TrafficManager
from components.contract.failover import FailoverArgs

KINDS = ("front-door", "traffic-manager")


class MultiRegionFailover(pulumi.ComponentResource):
    """One public name, served by the healthiest region."""

    host: pulumi.Output[str]
    """Public host name."""
    endpoint: pulumi.Output[str]
    """Public address, as a URL."""
    alias: pulumi.Output[str]
    """Name that a CNAME record of your own host must lead to."""

    def __init__(
        self,
        name: str,
        args: FailoverArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:MultiRegionFailover", name, dict(args), opts)
        guard = Guard(self, name, args)
        kind = args.get("kind", KINDS[0])
        if kind not in KINDS:
            raise ValueError(f"no kind of edge is called {kind!r}: name one of {', '.join(KINDS)}")
        edge = FrontDoor(name, args, guard) if kind == KINDS[0] else TrafficManager(name, args, guard)
        guard.attend(
            "edge",
            edge.profile,
            workspace_id=args["workspace_id"],
            granted=True,
            locked=args.get("guarding", {}).get("lock", False),
            after=edge.parts,
        )

        self.host = edge.host
        self.alias = edge.alias
        self.endpoint = edge.host.apply(lambda host: f"https://{host}")
        self.register_outputs({"host": self.host, "endpoint": self.endpoint, "alias": self.alias})
