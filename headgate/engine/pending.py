"""Pending operations: what a killed update had begun and nobody knows the end of. Settles them, so the next one runs.

A create that reached the provider is kept (entered into the state under its id, then refreshed), one that did not is
forgotten. Updates and deletions that were under way are refreshed: the provider says what is. The state is
edited once, by `stack export` and `stack import`, and never by hand on disk.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Exists = Callable[[Mapping[str, Any]], str | None]


@dataclass(frozen=True)
class Settled:
    """What became of each pending operation, by URN."""

    kept: tuple[str, ...] = ()
    forgotten: tuple[str, ...] = ()
    refreshed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there was anything to settle."""
        return bool(self.kept or self.forgotten or self.refreshed)

    @property
    def to_refresh(self) -> tuple[str, ...]:
        """URNs whose state is not known before a refresh."""
        return self.kept + self.refreshed


@dataclass
class Settlement:
    """A deployment being settled."""

    deployment: dict[str, Any]
    kept: list[str] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    refreshed: list[str] = field(default_factory=list)


def has_pending(state_file: Path) -> bool:
    """Whether a stack's state has pending operations. Reads the back end's file, since every update asks this."""
    try:
        checkpoint = json.loads(state_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(((checkpoint.get("checkpoint") or {}).get("latest") or {}).get("pending_operations"))


def settle(deployment: Mapping[str, Any], exists: Exists) -> tuple[dict[str, Any], Settled]:
    """Return the deployment without pending operations, and what became of them.

    `exists` returns the id of a resource if the provider has it.
    """
    settlement = Settlement({**deployment, "resources": list(deployment.get("resources") or [])})
    for operation in deployment.get("pending_operations") or []:
        resource = operation["resource"]
        if operation.get("type") == "creating":
            _settle_create(settlement, resource, exists(resource))
        elif any(each["urn"] == resource["urn"] for each in settlement.deployment["resources"]):
            settlement.refreshed.append(resource["urn"])
        else:
            settlement.forgotten.append(resource["urn"])
    settlement.deployment.pop("pending_operations", None)
    return settlement.deployment, Settled(
        tuple(settlement.kept), tuple(settlement.forgotten), tuple(settlement.refreshed)
    )


def _settle_create(settlement: Settlement, resource: dict[str, Any], resource_id: str | None) -> None:
    """Keep a resource that exists, forget one that does not."""
    urn = resource["urn"]
    if resource_id is None:
        settlement.forgotten.append(urn)
        return
    resources = settlement.deployment["resources"]
    # A replacement: the old one was kept until the new one exists. Now it does, so the old one is left to delete.
    resources = [
        each if each["urn"] != urn else {**each, "delete": True}
        for each in resources
        if not (each["urn"] == urn and each.get("pendingReplacement"))
    ]
    if any(each["urn"] == urn and each.get("id") == resource_id for each in resources):
        # Same id: what looks like an old one is this very resource.
        resources = [each for each in resources if each["urn"] != urn]
    settlement.deployment["resources"] = [*resources, {**resource, "id": resource_id, "outputs": {}}]
    settlement.kept.append(urn)
