"""A Traffic Manager profile as the resolver reads it, and which endpoint an answer names.

Pure: no clock, no network. The file is written by the profile's counterpart, and read anew when it changes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any


class Health(StrEnum):
    """What Traffic Manager says of an endpoint."""

    CHECKING = "CheckingEndpoint"
    ONLINE = "Online"
    DEGRADED = "Degraded"
    DISABLED = "Disabled"


@dataclass(frozen=True)
class Endpoint:
    """One region's gateway."""

    name: str
    target: str
    priority: int
    weight: int
    enabled: bool


@dataclass(frozen=True)
class Monitor:
    """How endpoints are probed."""

    path: str
    port: int
    interval: float
    timeout: float
    tolerated: int
    host: str


@dataclass(frozen=True)
class Profile:
    """The whole of it."""

    name: str
    weighted: bool
    ttl: float
    monitor: Monitor
    endpoints: tuple[Endpoint, ...]

    @classmethod
    def read(cls, path: Path) -> Profile:
        """Read a profile's file."""
        document = json.loads(path.read_text(encoding="utf-8"))
        monitor = Monitor(**document.pop("monitor"))
        endpoints = tuple(Endpoint(**row) for row in document.pop("endpoints"))
        return cls(**document, monitor=monitor, endpoints=endpoints)


@dataclass
class Streak:
    """What an endpoint's last probes said."""

    failures: int = 0
    health: Health = Health.CHECKING

    def see(self, good: bool, tolerated: int) -> None:
        """Count a probe: one success brings an endpoint back, more failures than are tolerated take it out."""
        self.failures = 0 if good else self.failures + 1
        if good:
            self.health = Health.ONLINE
        elif self.failures > tolerated:
            self.health = Health.DEGRADED


def choose(profile: Profile, health: Mapping[str, Health], draw: float) -> Endpoint | None:
    """Return the endpoint that an answer names; `draw` from 0 to 1 decides among weights.

    Where no endpoint is healthy, all are answered: wrong is better than nothing, as Azure has it.
    """
    enabled = [each for each in profile.endpoints if each.enabled]
    alive = [each for each in enabled if health.get(each.name, Health.CHECKING) is not Health.DEGRADED]
    candidates = alive or enabled
    if not candidates:
        return None
    if not profile.weighted:
        return min(candidates, key=lambda each: each.priority)
    mark = draw * sum(each.weight for each in candidates)
    for each in candidates:
        mark -= each.weight
        if mark < 0:
            return each
    return candidates[-1]


def status(profile: Profile, health: Mapping[str, Health]) -> dict[str, Any]:
    """Return what is told of a profile; it says that it is simulated."""
    rows = {
        each.name: str(health.get(each.name, Health.CHECKING) if each.enabled else Health.DISABLED)
        for each in profile.endpoints
    }
    return {"profile": profile.name, "simulated": "DNS answers, as a relay of connections", "endpoints": rows}
