"""Azure's locations, how many zones each has, and which types are not offered where.

Owns the data file and the two refusals that come of it.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from headgate.sandbox.azure.errors import ArmError, bad_request
from headgate.sandbox.azure.types.spec import LocationKind, TypeSpec

_FILE = Path(__file__).parent / "data" / "locations.json"


@cache
def _data() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_FILE.read_text())
    return document


def normalized(location: str) -> str:
    """Return the short name: `UAE North` and `uaenorth` are the same place."""
    return location.replace(" ", "").lower()


def names() -> list[str]:
    """Return every location."""
    return list(_data()["locations"])


def zones(location: str) -> int:
    """Return how many availability zones a location has."""
    return int(_data()["locations"].get(location, {}).get("zones", 0))


def refusal(spec: TypeSpec, location: str) -> ArmError | None:
    """Return why a type can't be in a location."""
    if spec.location is LocationKind.NONE:
        return None
    offered = [name for name in names() if name not in _data()["unavailable"].get(spec.arm_type, [])]
    if spec.location is LocationKind.GLOBAL:
        offered = ["global"]
    elif spec.location is LocationKind.EITHER:
        offered = ["global", *offered]
    if location in offered:
        return None
    if location == "":
        return bad_request("LocationRequired", "The location property is required for this definition.", "location")
    return bad_request("LocationNotAvailableForResourceType", _unavailable(spec, location, offered), "location")


def group_refusal(location: str) -> ArmError | None:
    """Return why a resource group can't be in a location."""
    if location in names():
        return None
    return bad_request(
        "LocationNotAvailableForResourceGroup",
        f"The provided location '{location}' is not available for resource group. List of available regions is "
        f"'{','.join(names())}'.",
        "location",
    )


def moved(arm_id: str, was: str, wanted: str, group: str | None) -> ArmError:
    """Return the refusal to put a resource that exists in another place."""
    if group is None:
        return ArmError(
            409,
            "InvalidResourceGroupLocation",
            f"Invalid resource group location '{wanted}'. The Resource group already exists in location '{was}'.",
        )
    return ArmError(
        409,
        "InvalidResourceLocation",
        f"The resource '{arm_id.rsplit('/', 1)[1]}' already exists in location '{was}' in resource group '{group}'. "
        f"A resource with the same name cannot be created in location '{wanted}'. Please select a new resource name.",
    )


def _unavailable(spec: TypeSpec, location: str, offered: list[str]) -> str:
    return (
        f"The provided location '{location}' is not available for resource type '{spec.arm_type}'. List of available "
        f"regions for the resource type is '{','.join(offered)}'."
    )
