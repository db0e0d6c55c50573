"""Where resources are: the region of each, and the component that it is a part of. Reads properties by path.

Owns what a plan says of places, which is little: many resources name no region, and in a preview much is not known yet.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headgate.plan.opaque import SECRET, UNKNOWN
from headgate.plan.view import Resource, View

GLOBAL = "global"
# How the place of a cluster outside the cloud begins: it is no region, and is called as the connection to it is.
SITE = "site-"
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
        """Return the region or site of a cluster, by the name of the connection to it."""
        if connection.startswith(SITE):
            return connection
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
