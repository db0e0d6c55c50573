"""Which pools would help the pods that wait, and by how many nodes; for the others, why none does.

Owns the choice among pools (least waste, as our clusters ask for) and the bounds. Pure.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from headgate.sandbox.azure.autoscaler.fit import Place, requests

Document = dict[str, Any]
AT_MAXIMUM = "max node group size reached"
BACKED_OFF = "in backoff after failed scale-up"


@dataclass(frozen=True)
class Group:
    """A pool as the autoscaler sees it: bounds, how many nodes it has, and what one more would be."""

    name: str
    low: int
    high: int
    size: int
    template: Place
    backed_off: bool = False


@dataclass
class Growth:
    """What one look found."""

    more: Counter[str] = field(default_factory=Counter)
    helped: dict[str, list[Document]] = field(default_factory=dict)
    """Pods that wait for a pool's new nodes, by pool."""
    refused: list[tuple[Document, str]] = field(default_factory=list)
    """Pods that no pool can help, with the reasons."""
    expected: set[str] = field(default_factory=set)
    """Nodes that stand, and that pods are about to get."""


def grow(pending: Iterable[Document], places: list[Place], groups: list[Group]) -> Growth:
    """Return what the pods that wait need; nodes that stand are filled first, large pods come before small."""
    growth, made = Growth(), {group.name: list[Place]() for group in groups}
    for pod in sorted(pending, key=_weight, reverse=True):
        standing = next((place for place in places if place.refusal(pod) is None), None)
        if standing is not None:
            standing.take(pod)
            growth.expected.add(standing.name)
            continue
        reasons: Counter[str] = Counter()
        chosen = _upcoming(pod, groups, made) or _choose(pod, groups, growth.more, reasons)
        if chosen is None:
            growth.refused.append((pod, ", ".join(f"{count} {why}" for why, count in sorted(reasons.items()))))
            continue
        group, place = chosen
        if place is None:
            place = copy.deepcopy(group.template)
            made[group.name].append(place)
            growth.more[group.name] += 1
        place.take(pod)
        growth.helped.setdefault(group.name, []).append(pod)
    return growth


def _weight(pod: Document) -> tuple[float, ...]:
    """Return what pods are ordered by: who needs a GPU, then by CPUs and memory."""
    asked = requests(pod)
    return tuple(asked.get(key, 0.0) for key in ("nvidia.com/gpu", "cpu", "memory"))


def _upcoming(pod: Document, groups: list[Group], made: dict[str, list[Place]]) -> tuple[Group, Place | None] | None:
    """Return a node that is to be made anyway, and has room."""
    for group in groups:
        for place in made[group.name]:
            if place.refusal(pod) is None:
                return group, place
    return None


def _choose(
    pod: Document, groups: list[Group], more: Counter[str], reasons: Counter[str]
) -> tuple[Group, Place | None] | None:
    """Return the pool whose next node the pod would use best; count why others would not help."""
    able = []
    for group in groups:
        why = group.template.refusal(pod)
        if why is None and group.size + more[group.name] >= group.high:
            why = AT_MAXIMUM
        if why is None and group.backed_off:
            why = BACKED_OFF
        if why is None:
            able.append(group)
        else:
            reasons[why] += 1
    return (min(able, key=lambda group: (group.template.waste(pod), group.name)), None) if able else None
