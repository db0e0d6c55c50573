"""What an update did to resources, as a report shows it: values of another form hide nothing beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def told(row: Mapping[str, Any]) -> str:
    """Return how many resources met with what."""
    counts = row.get("counts")
    return ", ".join(f"{count} {name}" for name, count in counts.items()) if isinstance(counts, Mapping) else ""


def resources(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the resources, each with what was done to it."""
    return [one for one in _listed(row, "resources") if isinstance(one, Mapping)]


def errors(row: Mapping[str, Any]) -> list[str]:
    """Return what went wrong with the update as a whole."""
    return [str(one) for one in _listed(row, "errors")]


def part(row: Mapping[str, Any]) -> str:
    """Say which part of several an entry is."""
    parts = row.get("parts")
    return f", part {row.get('part', '?')} of {parts}" if isinstance(parts, int) and parts > 1 else ""


def _listed(row: Mapping[str, Any], name: str) -> list[Any]:
    found = row.get(name)
    return found if isinstance(found, list) else []
