"""What a version's bill of materials names, as texts that a deny list can be held against.

Owns the reading of a CycloneDX document that somebody else may have made. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def ingredients(bom: Mapping[str, Any]) -> list[str] | None:
    """Return each package and model of a bill by its package URL and as NAME@VERSION; None if it can't all be read.

    Files are the version's own, which its digest holds.
    """
    try:
        return sorted(set(_of(bom.get("components"))))
    except (TypeError, ValueError, RecursionError):
        return None


def _of(components: Any) -> Iterator[str]:
    if components is None:
        return
    if not isinstance(components, list):
        raise TypeError(components)
    for each in components:
        if not isinstance(each, Mapping):
            raise TypeError(each)
        if each.get("type") != "file":
            yield from _names(each)
        yield from _of(each.get("components"))


def _names(component: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a component goes by; a part that is no text would hide it."""
    purl, group, name, version = (component.get(part) for part in ("purl", "group", "name", "version"))
    if not name or not isinstance(name, str):
        raise ValueError(name)
    if not all(isinstance(each, str | None) for each in (purl, group, version)):
        raise TypeError(name)
    whole = f"{group}/{name}" if group else name
    yield f"{whole}@{version}" if version else whole
    if purl:
        yield str(purl)
