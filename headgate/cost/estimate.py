"""The estimate of a plan: what each resource costs a month at least and at most, and what has no price.

Pure arithmetic over a resource view and a price table. What can't be priced is listed, never counted as nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from headgate.cost.pods import Pods
from headgate.cost.properties import number_at
from headgate.cost.table import Price, PriceTable
from headgate.plan.places import GLOBAL, Surroundings, UnknownError, plain_type, value_at
from headgate.plan.view import Operation, Resource, View

_CENT = Decimal("0.01")
_POOL = "azure-native:containerservice:AgentPool"


@dataclass(frozen=True)
class Line:
    """What one resource, or one part of it, costs a month between two bounds. `assumes` is what no plan says."""

    resource: str
    type: str
    component: str
    region: str
    item: str
    detail: str
    low: Decimal
    high: Decimal
    assumes: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the line for `--json`."""
        return {
            "resource": self.resource,
            "type": self.type,
            "component": self.component,
            "region": self.region,
            "item": self.item,
            "detail": self.detail,
            "min": float(self.low),
            "max": float(self.high),
            "assumes": self.assumes,
        }


@dataclass(frozen=True)
class Unpriced:
    """A resource that the estimate leaves out, and why."""

    resource: str
    type: str
    why: str

    def as_json(self) -> dict[str, str]:
        """Return it for `--json`."""
        return {"resource": self.resource, "type": self.type, "why": self.why}


@dataclass(frozen=True)
class Estimate:
    """A plan's cost. `shares` are pods' shares of nodes that another stack pays for."""

    lines: tuple[Line, ...]
    shares: tuple[Line, ...]
    unpriced: tuple[Unpriced, ...]
    table: PriceTable

    @property
    def low(self) -> Decimal:
        """Least a month."""
        return sum((line.low for line in (*self.lines, *self.shares)), Decimal(0))

    @property
    def high(self) -> Decimal:
        """Most a month."""
        return sum((line.high for line in (*self.lines, *self.shares)), Decimal(0))

    def by_component(self) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
        """Return least and most for each component and region, in their order."""
        sums: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}
        for line in (*self.lines, *self.shares):
            key = (line.component, line.region)
            low, high = sums.get(key, (Decimal(0), Decimal(0)))
            sums[key] = (low + line.low, high + line.high)
        return sums


def estimate(view: View, table: PriceTable) -> Estimate:
    """Estimate what the resources of a view cost once they are there."""
    standing = (each for each in view.resources if each.operation is not Operation.DELETE)
    # Two previews of one program list resources in different orders; an estimate does not.
    kept = View(tuple(sorted(standing, key=lambda each: each.id)), view.origin, view.stack)
    work = _Work(kept, table, Surroundings(kept))
    lines: list[Line] = []
    unpriced: list[Unpriced] = []
    for resource in kept.resources:
        try:
            lines += work.lines(resource)
        except UnknownError as error:
            unpriced.append(_unpriced(resource, f"`{error}` is not known before deployment"))
        except LookupError as error:
            unpriced.append(_unpriced(resource, str(error.args[0])))
    if any(plain_type(each.type) == _POOL for each in kept.resources):
        # The stack pays for nodes: its pods cost nothing beside them.
        return Estimate(_ordered(lines), (), tuple(unpriced), table)
    shares, unknown = Pods(kept, table, work.around).shares()
    made = [work.line(each.resource, "pods", each.detail, each.low, each.high) for each in shares]
    unpriced += [_unpriced(resource, why) for resource, why in unknown]
    return Estimate(_ordered(lines), _ordered(made), tuple(unpriced), table)


def _ordered(lines: list[Line]) -> tuple[Line, ...]:
    """Keep what belongs to one component together."""
    return tuple(sorted(lines, key=lambda line: (line.component, line.region)))


def _unpriced(resource: Resource, why: str) -> Unpriced:
    return Unpriced(resource.name, plain_type(resource.type), why)


@dataclass(frozen=True)
class _Work:
    """One view, one table."""

    view: View
    table: PriceTable
    around: Surroundings
    by_type: dict[str, list[Price] | None] = field(default_factory=dict)

    def lines(self, resource: Resource) -> list[Line]:
        """Price one resource; raise what it lacks."""
        token = plain_type(resource.type)
        if token.startswith(("pulumi:", "headgate:")):
            return []
        entries = self._entries(token)
        return [line for entry in entries for line in self._priced(resource, entry)]

    def _entries(self, token: str) -> list[Price]:
        """Return the prices of a type, which is looked up once: a large stack has few types and many resources."""
        if token not in self.by_type:
            entries = [entry for entry in self.table.prices if fnmatchcase(token, entry.type)]
            is_free = any(fnmatchcase(token, free.type) for free in self.table.free)
            self.by_type[token] = entries if entries or is_free else None
        found = self.by_type[token]
        if found is None:
            raise LookupError("no price for this type in the table")
        return found

    def _priced(self, resource: Resource, entry: Price) -> Iterator[Line]:
        """Price a resource, or each entry of one of its lists, by one entry of the table."""
        parts: Iterable[Any] = [resource.properties]
        if entry.each is not None:
            found = value_at(resource.properties, entry.each)
            parts = found if isinstance(found, list) else []
        for part in parts:
            yield self._part(resource, entry, part)

    def _part(self, resource: Resource, entry: Price, part: Any) -> Line:
        amount, words = self._amount(entry, part)
        low = number_at(part, entry.count.min) if entry.count else Decimal(1)
        high = number_at(part, entry.count.max) if entry.count else Decimal(1)
        own = part.get("location") if isinstance(part, Mapping) and entry.each else None
        region = own if isinstance(own, str) else self.around.region(resource)
        monthly = amount * self.table.regions.get(region, Decimal(1))
        assumes = ""
        if entry.usage is not None:
            monthly *= entry.usage.quantity
            assumes = f"{entry.usage.quantity.normalize():f} {entry.usage.unit}"
        if entry.count is not None:
            many = f"{low:f}" if low == high else f"{low:f} to {high:f}"
            words = [f"{many} x {' '.join(words)}"]
        return self.line(resource, entry.item, " ".join(words), low * monthly, high * monthly, region, assumes)

    def _amount(self, entry: Price, part: Any) -> tuple[Decimal, list[str]]:
        """Return what one costs a month, and the words that say what it is."""
        words = [entry.unit] if entry.unit else []
        amount = entry.amount or Decimal(0)
        if entry.by is not None and entry.of is not None:
            choice = value_at(part, entry.by)
            if str(choice) not in entry.of:
                raise LookupError(f"no price for {entry.by} {choice} in the table")
            amount, words = entry.of[str(choice)], [str(choice)]
        for factor in entry.factors:
            if all(str(value_at(part, path)) == value for path, value in factor.when.items()):
                amount *= factor.times
                words += [factor.why] if factor.why else []
        return amount * (self.table.hours_per_month if entry.per == "hour" else 1), words

    def line(
        self,
        resource: Resource,
        item: str,
        detail: str,
        low: Decimal,
        high: Decimal,
        region: str | None = None,
        assumes: str = "",
    ) -> Line:
        """Return a line, in cents."""
        component = self.around.component(resource)
        return Line(
            resource=resource.name,
            type=plain_type(resource.type),
            component=component.name if component else resource.name,
            region=region or self.around.region(resource) or GLOBAL,
            item=item,
            detail=detail,
            low=low.quantize(_CENT),
            high=high.quantize(_CENT),
            assumes=assumes,
        )
