"""The difference between two estimates: what a change costs, resource by resource."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from headgate.cost.estimate import Estimate, Line

_NOTHING = Decimal(0)


@dataclass(frozen=True)
class CostChange:
    """A line whose price differs, before and after; zero where it is not there."""

    component: str
    region: str
    item: str
    resource: str
    low: tuple[Decimal, Decimal]
    high: tuple[Decimal, Decimal]

    def as_json(self) -> dict[str, Any]:
        """Return the change for `--json`."""
        return {
            "component": self.component,
            "region": self.region,
            "item": self.item,
            "resource": self.resource,
            "min": {"before": float(self.low[0]), "after": float(self.low[1])},
            "max": {"before": float(self.high[0]), "after": float(self.high[1])},
        }


def cost_changes(before: Estimate, after: Estimate) -> list[CostChange]:
    """Return the lines that differ, in the order of the plan after the change, what is gone at the end."""
    old, new = _by_key(before), _by_key(after)
    keys = [*new, *(key for key in old if key not in new)]
    changes = [_change(key, old.get(key), new.get(key)) for key in keys]
    return [each for each in changes if each.low[0] != each.low[1] or each.high[0] != each.high[1]]


_Key = tuple[str, str, str, str]


def _by_key(estimate: Estimate) -> dict[_Key, tuple[Decimal, Decimal]]:
    """Add lines up that have one name: a list's entries have."""
    sums: dict[_Key, tuple[Decimal, Decimal]] = {}
    for line in (*estimate.lines, *estimate.shares):
        low, high = sums.get(_key(line), (_NOTHING, _NOTHING))
        sums[_key(line)] = (low + line.low, high + line.high)
    return sums


def _key(line: Line) -> _Key:
    return (line.component, line.region, line.item, line.resource)


def _change(key: _Key, old: tuple[Decimal, Decimal] | None, new: tuple[Decimal, Decimal] | None) -> CostChange:
    before, after = old or (_NOTHING, _NOTHING), new or (_NOTHING, _NOTHING)
    return CostChange(*key, (before[0], after[0]), (before[1], after[1]))
