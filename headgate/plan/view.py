"""The resource view: what every gate hands to the rules, whatever document it came from.

Owns the types and their JSON form (`policies/schemas/run.json`). Reads no document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from headgate.plan.opaque import Path, places


class Operation(StrEnum):
    """What happens to a resource, in the rules' words."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    SAME = "same"
    READ = "read"
    CONNECT = "connect"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Source:
    """A place in a file that a person can open."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        """Render as editors and terminals link it."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Resource:
    """One resource, as asked for: its inputs, never what a cloud answered.

    `connection` names the explicit provider that a Pulumi resource goes through, such as a region's cluster.
    `unprotected` says that the engine kept it from deletion before this plan, and would no longer; `before` has those
    of its inputs that were other, as they were. `unfinished` says that it did not become what was asked for. `locate`
    finds the line of a property, where the document has lines.
    """

    id: str
    provider: str
    type: str
    name: str
    operation: Operation
    properties: Mapping[str, Any]
    kind: str | None = None
    group: str | None = None
    namespace: str = ""
    subresource: str = ""
    parent: str = ""
    dependencies: tuple[str, ...] = ()
    protect: bool = False
    unprotected: bool = False
    before: Mapping[str, Any] = field(default_factory=dict)
    connection: str = ""
    unfinished: bool = False
    source: Source | None = None
    locate: Callable[[Path], Source | None] | None = field(default=None, compare=False, repr=False)

    def as_json(self) -> dict[str, Any]:
        """Return the form that rules see; what is not known about it is left out."""
        view: dict[str, Any] = {
            "id": self.id,
            "provider": self.provider,
            "type": self.type,
            "name": self.name,
            "operation": str(self.operation),
            "opaque": [{"path": list(path), "why": why} for path, why in places(self.properties)],
            "properties": self.properties,
            "namespace": self.namespace,
            "subresource": self.subresource,
        }
        identity = {"kind": self.kind, "group": self.group}
        view |= {key: value for key, value in identity.items() if value is not None}
        if self.parent:
            view["parent"] = self.parent
        if self.dependencies:
            view["dependencies"] = list(self.dependencies)
        if self.protect:
            view["protect"] = True
        if self.unprotected:
            view["unprotected"] = True
        if self.before:
            view["before"] = self.before
        if self.connection:
            view["connection"] = self.connection
        return view

    def source_of(self, path: Path) -> Source | None:
        """Return the line of a property, else of the resource."""
        found = self.locate(path) if self.locate else None
        return found or self.source


@dataclass(frozen=True)
class View:
    """All resources of one run."""

    resources: tuple[Resource, ...]
    origin: str
    stack: str | None = None

    def as_json(self) -> list[dict[str, Any]]:
        """Return the resources as rules see them, in order."""
        return [resource.as_json() for resource in self.resources]


def kubernetes_identity(token: str, properties: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return (kind, group) of a Kubernetes object; None for a part that can't be told.

    What the object says wins over the provider's type token, since it is what the API server is sent.
    """
    _, _, rest = token.partition(":")
    version_of_token, _, kind_of_token = rest.rpartition(":")
    version = properties.get("apiVersion", version_of_token)
    kind = properties.get("kind", kind_of_token)
    return (
        kind if isinstance(kind, str) and kind else None,
        _group(version) if isinstance(version, str) and version else None,
    )


def _group(version: str) -> str:
    group = version.rpartition("/")[0]
    return "" if group == "core" else group
