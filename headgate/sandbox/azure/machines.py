"""Virtual machine sizes, and how many cores of a family a region may have.

Owns the two data files and the arithmetic of quotas. A quota counts what runs, as Azure's does: an autoscaler's maximum
costs nothing until it is reached.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from headgate.sandbox.azure.errors import ArmError, over_quota
from headgate.sandbox.azure.ids import key

_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class VmSize:
    """What a machine has."""

    name: str
    family: str
    cpu: int
    memory_gib: int
    gpu: int = 0
    gpu_model: str = ""


@cache
def _sizes() -> dict[str, VmSize]:
    raw = json.loads((_DATA / "vm_sizes.json").read_text())
    return {
        name.lower(): VmSize(
            name, row["family"], row["cpu"], row["memoryGiB"], row.get("gpu", 0), row.get("gpuModel", "")
        )
        for name, row in raw.items()
    }


@cache
def _quotas() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((_DATA / "quotas.json").read_text())
    return document


def vm_size(name: str) -> VmSize | None:
    """Return a size by its name, whatever its case."""
    return _sizes().get(name.lower())


def vm_sizes() -> list[VmSize]:
    """Return every size, by name."""
    return sorted(_sizes().values(), key=lambda size: size.name)


def family_limit(family: str, location: str) -> int:
    """Return the cores of a family that the subscription may have in a region."""
    quotas = _quotas()
    here = quotas["locations"].get(location, {})
    return int(here.get(family, quotas["families"].get(family, quotas["default"]["family"])))


def pool_count(properties: dict[str, Any]) -> int:
    """Return how many nodes a pool has before anything scales it."""
    if properties.get("count") is not None:
        floor = properties.get("minCount") if properties.get("enableAutoScaling") else None
        return max(int(properties["count"]), int(floor or 0))
    if properties.get("enableAutoScaling"):
        return int(properties.get("minCount") or 0)
    return 1


def check_quota(
    location: str, wanted: list[dict[str, Any]], before: list[dict[str, Any]], every: list[dict[str, Any]]
) -> ArmError | None:
    """Return the refusal when the pools `wanted`, in place of those `before`, exceed a family's cores in a region."""
    replaced = {key(pool["id"]) for pool in [*wanted, *before]}
    others = [pool for pool in every if key(pool["id"]) not in replaced and pool.get("location") == location]
    asked, had, used = _cores(wanted), _cores(before), _cores(others)
    for family, cores in asked.items():
        limit, running = family_limit(family, location), used.get(family, 0) + had.get(family, 0)
        more = cores - had.get(family, 0)
        if more > 0 and running + more > limit:
            return over_quota(family, location, limit, running, more)
    return None


def _cores(pools: Iterable[dict[str, Any]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for pool in pools:
        size = vm_size(pool["properties"].get("vmSize") or "")
        if size is not None:
            total[size.family] = total.get(size.family, 0) + size.cpu * pool_count(pool["properties"])
    return total
