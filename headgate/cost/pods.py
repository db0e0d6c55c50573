"""Pods' shares of nodes: what workloads ask for, between the bounds of their autoscalers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from headgate.cost.properties import Request, requests_of
from headgate.cost.table import PriceTable
from headgate.plan.places import SITE, Surroundings, UnknownError, value_at
from headgate.plan.view import Resource, View
from headgate.plan.workloads import PASSING, STANDING, bounds_of


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
            if resource.kind in PASSING:
                unknown.append((resource, "how long its pods run is not in the plan"))
            if resource.kind not in STANDING:
                continue
            if self.around.region(resource).startswith(SITE):
                unknown.append((resource, "its machines are the site's own"))
                continue
            try:
                found.append(self._share(resource))
            except UnknownError as error:
                unknown.append((resource, f"`{error}` is not known before deployment"))
        return found, unknown

    def _share(self, resource: Resource) -> Share:
        """Price one workload."""
        asked = requests_of(value_at(resource.properties, "spec.template"))
        pods = bounds_of(resource, self.view)
        region = self.around.region(resource)
        each = self._hourly(asked) * self.table.hours_per_month * self.table.regions.get(region, Decimal(1))
        return Share(resource, f"{pods} x {_words(asked)}", pods.low * each, pods.high * each)

    def _hourly(self, asked: Request) -> Decimal:
        prices = self.table.capacity
        return asked.cpu * prices.cpu_hour + asked.memory_gib * prices.memory_gib_hour + asked.gpus * prices.gpu_hour


def _words(asked: Request) -> str:
    """Say what a pod asks for."""
    parts = [f"{_short(asked.cpu)} CPU", f"{_short(asked.memory_gib)} GiB"]
    if asked.gpus:
        parts.append(f"{_short(asked.gpus)} GPU")
    return ", ".join(parts)


def _short(number: Decimal) -> str:
    return f"{number.quantize(Decimal('0.001')).normalize():f}"
