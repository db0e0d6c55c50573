"""How a plan is other than the one that people approved, in words: which resources, and what of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_KEYED = "$secret"
_MOST_PATHS = 3
_ABSENT = object()


def difference(approved: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """Return in words how a plan is other than the one that people have approved."""
    before, after = approved["resources"], found["resources"]
    told = [f"new: {urn}" for urn in after if urn not in before]
    told += [f"gone: {urn}" for urn in before if urn not in after]
    changed = [urn for urn in after if urn in before and after[urn] != before[urn]]
    told += [f"other: {urn} ({_otherwise(before[urn], after[urn])})" for urn in changed]
    if not told and approved.get("state") != found.get("state"):
        told = ["the stack's state has moved since, in resources that stay"]
    return "; ".join(told) or "another plan"


def _otherwise(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Say what of a resource is other: what is done with it, else a secret, else where it differs."""
    was, now = _operations(before), _operations(after)
    if was != now:
        return f"approved was {', '.join(was)}, now it is {', '.join(now)}"
    paths = list(_differing(before, after, ()))
    secrets = [path[:-1] for path in paths if path[-1:] == (_KEYED,)]
    told = [".".join(path) for path in secrets or paths]
    more = f" and {len(told) - _MOST_PATHS} more" if len(told) > _MOST_PATHS else ""
    return ("another secret at " if secrets else "") + ", ".join(told[:_MOST_PATHS]) + more


def _operations(resource: Mapping[str, Any]) -> list[str]:
    return [str(each) for each in resource.get("operations", ())]


def _differing(before: Any, after: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the paths at which two forms differ."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}):
            yield from _differing(before.get(key, _ABSENT), after.get(key, _ABSENT), (*path, str(key)))
    elif before != after:
        yield path
