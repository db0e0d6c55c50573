"""What a team's endpoints on the machine-learning service get of the requests, and what of them can't go yet.

Azure sends requests to versions that are there already, and deletes none that still gets some. So what the stack last
exported says which shares can be set in this update; the rest keeps what it had until the next one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi

from headgate.errors import HeadgateError
from infra.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from headgate.stack.managed import ManagedEndpoint

_SERVICE, _CLUSTER = "the service", "the cluster"


def place_of(endpoint: ManagedEndpoint) -> str:
    """Return what makes an endpoint another one: who serves."""
    return _SERVICE if endpoint.in_cluster is None else _CLUSTER


def in_service(endpoints: Iterable[ManagedEndpoint]) -> dict[str, str]:
    """Return the endpoints and versions that are asked for, each with who serves."""
    return {
        name: place_of(each)
        for each in endpoints
        for name in (each.name, *(f"{each.name}/{version.name}" for version in each.versions))
    }


def was_in_service(before: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the endpoints and versions that the last update exported."""
    return {
        name: facts.get("machine")
        for endpoint, facts in before.items()
        for name in (endpoint, *(f"{endpoint}/{version}" for version in facts.get("versions") or []))
    }


def shares(endpoint: ManagedEndpoint, before: Mapping[str, Any] | None) -> dict[str, int]:
    """Return who gets what in this update: what is asked for, once all whom it names are there; until then what was."""
    asked = {version.name: version.traffic for version in endpoint.versions if version.traffic}
    facts = before or {}
    is_there = facts.get("machine") == place_of(endpoint)
    new = sorted(asked.keys() - {*(facts.get("versions") or [])}) if is_there else sorted(asked)
    if not new:
        return asked
    pulumi.log.warn(
        f"managed.online.{endpoint.name}: Azure sends requests to versions that are there already. {', '.join(new)} is "
        "made now, and gets its share in the next update: run it once this one is through"
    )
    return {name: int(share) for name, share in (facts.get("traffic") or {}).items()} if is_there else {}


def parted(settings: Settings, before: Mapping[str, Any], endpoints: Iterable[ManagedEndpoint]) -> list[HeadgateError]:
    """Return the versions that are gone from the stack while the one that follows them is not there yet."""
    found = []
    for each in endpoints:
        facts = before.get(each.name) or {}
        if facts.get("machine") != place_of(each):
            continue
        names = {version.name for version in each.versions}
        new = {version.name for version in each.versions if version.traffic} - {*(facts.get("versions") or [])}
        answering = sorted((facts.get("traffic") or {}).keys() - names)
        if new and answering:
            found.append(
                HeadgateError(
                    f"`{each.name}/{answering[0]}` still answers, and what follows it is not there yet",
                    where=f"stacks/{settings.stack.name.file_name}",
                    found=f"{answering[0]} taken out in the update that makes {', '.join(sorted(new))}",
                    expected="three updates: the new version beside it, the requests to the new one, the old one out",
                    fix=f"keep {answering[0]} in managed.online.{each.name}.versions until the next update",
                )
            )
    return found
