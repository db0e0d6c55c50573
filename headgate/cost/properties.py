"""Reads what a price depends on from a resource: properties by path, regions, what pods ask for."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from headgate.plan.opaque import SECRET, UNKNOWN
from headgate.plan.view import Resource, View

GLOBAL = "global"
GPU = "nvidia.com/gpu"
_UNITS = {"Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30), "Ti": Decimal(2**40)}
_POWERS = {"m": Decimal("0.001"), "k": Decimal(10**3), "M": Decimal(10**6), "G": Decimal(10**9), "T": Decimal(10**12)}
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)([A-Za-z]*)")
_GIB = Decimal(2**30)
_VERSION = re.compile(r"(azure-native:[a-z]+)/v[0-9a-z]+:")
# What says where something is, on a resource or on the component around it.
_PLACES = ("location", "region")


class UnknownError(Exception):
    """A property that only an update will know, or that is not there."""


def plain_type(token: str) -> str:
    """Drop the version of an Azure type's API."""
    return _VERSION.sub(r"\1:", token)


def value_at(properties: Any, path: str) -> Any:
    """Return a property, by the names on the way to it; None where there is none."""
    value = properties
    for part in path.split("."):
        if value in (UNKNOWN, SECRET):
            raise UnknownError(path)
        value = value.get(part) if isinstance(value, Mapping) else None
    if value in (UNKNOWN, SECRET):
        raise UnknownError(path)
    return value


def number_at(properties: Any, path: str | Decimal) -> Decimal:
    """Return a number, or the property that says it."""
    if isinstance(path, Decimal):
        return path
    value = value_at(properties, path)
    if value is None or isinstance(value, bool) or not isinstance(value, int | float | str):
        raise UnknownError(path)
    return quantity(value)


@dataclass(frozen=True)
class Surroundings:
    """What a resource is part of: its component, and the region that says where it is."""

    view: View

    def component(self, resource: Resource) -> Resource | None:
        """Return the outermost component around a resource; None for one that stands in the stack itself."""
        found = None
        for around in self._around(resource):
            if around.type != "pulumi:pulumi:Stack":
                found = around
        return found

    def region(self, resource: Resource) -> str:
        """Return the region of a resource: its own, its cluster's, that of what it depends on, its component's."""
        own = _place(resource)
        if own:
            return own
        if resource.connection:
            return self._connected(resource.connection)
        by_id = self._by_id
        needed = (by_id[urn] for urn in resource.dependencies if urn in by_id)
        siblings = (_place(each) for each in needed if each.parent == resource.parent)
        around = (_place(each) for each in self._around(resource))
        return next((place for place in (*siblings, *around) if place), GLOBAL)

    def _connected(self, connection: str) -> str:
        """Return the region of a cluster, by the name of the connection to it."""
        return next((each for each in self._regions if connection.endswith(f"-{each}")), connection.rpartition("-")[2])

    @functools.cached_property
    def _regions(self) -> list[str]:
        """Return all regions, the longest name first."""
        return sorted({place for each in self.view.resources if (place := _place(each))}, key=lambda name: -len(name))

    @functools.cached_property
    def _by_id(self) -> dict[str, Resource]:
        return {each.id: each for each in self.view.resources}

    def _around(self, resource: Resource) -> list[Resource]:
        by_id = self._by_id
        found: list[Resource] = []
        while resource.parent in by_id and len(found) < len(by_id):
            resource = by_id[resource.parent]
            found.append(resource)
        return found


def _place(resource: Resource) -> str:
    """Return where a resource says that it is."""
    for name in _PLACES:
        value = resource.properties.get(name)
        if isinstance(value, str) and value:
            return value.lower().replace(" ", "")
    return ""


@dataclass(frozen=True)
class Request:
    """What a pod asks for."""

    cpu: Decimal = Decimal(0)
    memory_gib: Decimal = Decimal(0)
    gpus: Decimal = Decimal(0)

    def __add__(self, other: Request) -> Request:
        return Request(self.cpu + other.cpu, self.memory_gib + other.memory_gib, self.gpus + other.gpus)


def requests_of(template: Any) -> Request:
    """Return what a pod's containers ask for together."""
    containers = value_at(template, "spec.containers")
    if not isinstance(containers, list):
        raise UnknownError("spec.containers")
    total = Request()
    for container in containers:
        asked = value_at(container, "resources.requests") or value_at(container, "resources.limits") or {}
        # A resource's name has dots in it, so it is no path.
        cpu, memory, gpus = (asked.get(name) for name in ("cpu", "memory", GPU))
        total += Request(quantity(cpu), quantity(memory) / _GIB, quantity(gpus))
    return total


def quantity(value: Any) -> Decimal:
    """Return a Kubernetes quantity as a number; nothing asked for is nothing."""
    if value is None:
        return Decimal(0)
    found = _QUANTITY.fullmatch(str(value))
    if found is None or (found[2] and found[2] not in {**_UNITS, **_POWERS}):
        raise UnknownError(str(value))
    return Decimal(found[1]) * {**_UNITS, **_POWERS, "": Decimal(1)}[found[2]]
