"""Reads what a price depends on from a resource: numbers by path, and what pods ask for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from headgate.plan.places import UnknownError, value_at

GPU = "nvidia.com/gpu"
_UNITS = {"Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30), "Ti": Decimal(2**40)}
_POWERS = {"m": Decimal("0.001"), "k": Decimal(10**3), "M": Decimal(10**6), "G": Decimal(10**9), "T": Decimal(10**12)}
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)([A-Za-z]*)")
_GIB = Decimal(2**30)


def number_at(properties: Any, path: str | Decimal) -> Decimal:
    """Return a number, or the property that says it."""
    if isinstance(path, Decimal):
        return path
    value = value_at(properties, path)
    if value is None or isinstance(value, bool) or not isinstance(value, int | float | str):
        raise UnknownError(path)
    return quantity(value)


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
