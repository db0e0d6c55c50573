"""The edge of a platform: what sends callers to a region, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from headgate.plan.places import plain_type
from headgate.plan.view import Resource

_ENDPOINT, _ORIGIN = "azure-native:cdn:AFDEndpoint", "azure-native:cdn:AFDOrigin"
_MANAGER, _TARGET = "azure-native:trafficmanager:Profile", "azure-native:trafficmanager:Endpoint"


@dataclass(frozen=True)
class Origin:
    """A region behind the edge."""

    region: str
    priority: int | None
    weight: int | None
    enabled: bool


@dataclass(frozen=True)
class Edge:
    """The global entry: what it is, what it is called, and the regions behind it."""

    kind: str
    name: str
    origins: tuple[Origin, ...]


def read_edge(resources: Iterable[Resource]) -> Edge | None:
    """Return the edge; None where the stacks have none."""
    found = list(resources)
    by_type = {token: [each for each in found if plain_type(each.type) == token] for token in _TOKENS}
    if by_type[_MANAGER]:
        profile = by_type[_MANAGER][0]
        listed = profile.properties.get("endpoints")
        targets = [each.properties for each in by_type[_TARGET]] + (listed if isinstance(listed, list) else [])
        name = _text(profile.properties, "profileName") or profile.name
        return Edge("Traffic Manager", f"{name}.trafficmanager.net", _origins(targets))
    if by_type[_ENDPOINT]:
        endpoint = by_type[_ENDPOINT][0]
        origins = [each.properties for each in by_type[_ORIGIN]]
        return Edge("Front Door", _text(endpoint.properties, "endpointName") or endpoint.name, _origins(origins))
    return None


_TOKENS = (_ENDPOINT, _ORIGIN, _MANAGER, _TARGET)


def _origins(found: Iterable[Mapping[str, Any]]) -> tuple[Origin, ...]:
    """Return the origins by their names, which are their regions'."""
    origins = [
        Origin(
            region=_text(each, "originName") or _text(each, "endpointName") or _text(each, "name"),
            priority=_number(each, "priority"),
            weight=_number(each, "weight"),
            enabled=(_text(each, "enabledState") or _text(each, "endpointStatus") or "Enabled") == "Enabled",
        )
        for each in found
    ]
    return tuple(sorted(origins, key=lambda one: (one.priority or 99, one.region)))


def weight_of(edge: Edge | None, region: str) -> tuple[int | None, int | None]:
    """Return priority and weight of a region; None where the edge does not send anybody there."""
    for origin in edge.origins if edge else ():
        if origin.region == region or origin.region.endswith(f"-{region}"):
            return (origin.priority, origin.weight) if origin.enabled else (None, None)
    return None, None


def _text(properties: Mapping[str, Any], name: str) -> str:
    value = properties.get(name)
    return value if isinstance(value, str) else ""


def _number(properties: Mapping[str, Any], name: str) -> int | None:
    value = properties.get(name)
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
