"""The arithmetic of components, without Pulumi: address ranges, spreads and shares."""

import ipaddress
from dataclasses import dataclass

# What a cluster gives its services and its pods; they are of the cluster alone, so each has the same.
SERVICES, DNS_SERVICE, PODS = "172.16.0.0/16", "172.16.0.10", "100.64.0.0/14"


@dataclass(frozen=True)
class Subnets:
    """How a region's range is cut: half for nodes, a quarter each for private link and private endpoints."""

    nodes: str
    gateway: str
    endpoints: str


def subnets(network: str) -> Subnets:
    """Cut a region's range."""
    nodes, rest = ipaddress.ip_network(network).subnets(prefixlen_diff=1)
    gateway, endpoints = rest.subnets(prefixlen_diff=1)
    return Subnets(str(nodes), str(gateway), str(endpoints))


def may_be_unavailable(min_replicas: int) -> int:
    """Return how many pods a disruption may take: a quarter, at least one so that nodes can always be drained."""
    return max(1, min_replicas // 4)


def answer_ms(context_tokens: int, time_to_first_token_ms: int, tokens_per_second: int) -> int:
    """Return how long the longest answer takes that keeps its objectives."""
    return time_to_first_token_ms + -(-context_tokens * 1000 // tokens_per_second)
