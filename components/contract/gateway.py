"""Contract of ServingGateway: the one way into a cluster's models."""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.ownership import Ownership


class ServingGatewayArgs(TypedDict):
    """What ServingGateway takes."""

    ownership: Ownership
    """Who answers for it."""
    image: pulumi.Input[str]
    """Image of the ingress controller, by digest."""
    replicas: NotRequired[pulumi.Input[int]]
    """Gateway pods; 2 by default."""
    public: NotRequired[bool]
    """Give it a public address, for an edge that answers DNS alone; off by default."""
    clients: NotRequired[list[str]]
    """Address ranges that may reach a public gateway, beside the edge's probes; all by default."""
    private_link_name: NotRequired[str]
    """Name of the private link service that is put before the gateway, for an edge outside the network."""
    private_link_subnet: NotRequired[str]
    """Subnet from which that service takes its addresses."""
