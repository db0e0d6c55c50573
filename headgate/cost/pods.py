"""Pods' shares of nodes: what workloads ask for, between the bounds of their autoscalers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from headgate.cost.properties import Request, Surroundings, UnknownError, requests_of, value_at
from headgate.cost.table import PriceTable
from headgate.plan.view import Resource, View

_STANDING = ("Deployment", "StatefulSet", "ReplicaSet", "Rollout")
# Pods that come and go: how long they run, no plan says.
_PASSING = ("Job", "CronJob", "Pod", "DaemonSet")
_SCALERS = {
    "HorizontalPodAutoscaler": ("minReplicas", "maxReplicas", 1),
    "ScaledObject": ("minReplicaCount", "maxReplicaCount", 0),
}


@dataclass(frozen=True)
class Share:
    """What a workload's pods cost a month, between its bounds."""

    resource: Resource
    detail: str
    low: Decimal
    high: Decimal


@dataclass(frozen=True)
class Pods:
    """The workloads of a view."""

    view: View
    table: PriceTable
    around: Surroundings

    def shares(self) -> tuple[list[Share], list[tuple[Resource, str]]]:
        """Return each workload's share, and those of which it can't be told, with the reason."""
        found: list[Share] = []
        unknown: list[tuple[Resource, str]] = []
        for resource in self.view.resources:
            if resource.kind in _PASSING:
                unknown.append((resource, "how long its pods run is not in the plan"))
            if resource.kind not in _STANDING:
                continue
            try:
                found.append(self._share(resource))
            except UnknownError as error:
                unknown.append((resource, f"`{error}` is not known before deployment"))
        return found, unknown

    def _share(self, resource: Resource) -> Share:
        """Price one workload."""
        asked = requests_of(value_at(resource.properties, "spec.template"))
        low, high = self._bounds(resource)
        region = self.around.region(resource)
        each = self._hourly(asked) * self.table.hours_per_month * self.table.regions.get(region, Decimal(1))
        replicas = f"{low} to {high}" if low != high else str(low)
        return Share(resource, f"{replicas} x {_words(asked)}", low * each, high * each)

    def _hourly(self, asked: Request) -> Decimal:
        prices = self.table.capacity
        return asked.cpu * prices.cpu_hour + asked.memory_gib * prices.memory_gib_hour + asked.gpus * prices.gpu_hour

    def _bounds(self, resource: Resource) -> tuple[int, int]:
        """Return the fewest and most pods of a workload: its autoscaler's, else its own number."""
        for scaler in self._scalers(resource):
            low, high, least = _SCALERS[str(scaler.kind)]
            spec = value_at(scaler.properties, "spec")
            return int(value_at(spec, low) or least), int(value_at(spec, high) or 1)
        replicas = value_at(resource.properties, "spec.replicas")
        return (1, 1) if replicas is None else (int(replicas), int(replicas))

    def _scalers(self, resource: Resource) -> Iterator[Resource]:
        name = _name(resource)
        for each in self.view.resources:
            if each.kind in _SCALERS and (each.connection, each.namespace) == (resource.connection, resource.namespace):
                target = value_at(each.properties, "spec.scaleTargetRef") or {}
                if target.get("name") == name and target.get("kind", resource.kind) == resource.kind:
                    yield each


def _name(resource: Resource) -> Any:
    return value_at(resource.properties, "metadata.name")


def _words(asked: Request) -> str:
    """Say what a pod asks for."""
    parts = [f"{_short(asked.cpu)} CPU", f"{_short(asked.memory_gib)} GiB"]
    if asked.gpus:
        parts.append(f"{_short(asked.gpus)} GPU")
    return ", ".join(parts)


def _short(number: Decimal) -> str:
    return f"{number.quantize(Decimal('0.001')).normalize():f}"
