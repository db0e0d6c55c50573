"""What became of a resource's inputs in Azure: the inputs that a refresh puts into state.

Owns the comparison of the inputs in state, the outputs in state, and the outputs now. An input drifted when its output
did; what Azure adds, or writes in another way, is no drift.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from headgate.sandbox.providers.protocol.values import Properties, Secret, reveal

_GONE = object()


def drifted(inputs: Properties, seen: Properties, live: Properties, apart: Collection[str] = ()) -> Properties:
    """Return the inputs with every value that changed behind the program's back.

    `apart` are lists whose items may be resources of their own (a cluster's pools, a network's subnets): there, only
    the items that the program states are its business.
    """
    result = {
        name: _items(value, seen.get(name), live.get(name))
        if name in apart
        else _value(value, seen.get(name), live.get(name))
        for name, value in inputs.items()
    }
    return {name: value for name, value in result.items() if value is not _GONE}


def _items(asked: Any, seen: Any, live: Any) -> Any:
    if not all(isinstance(rows, list) for rows in (asked, seen, live)):
        return _value(asked, seen, live)
    before, now = ({row.get("name"): row for row in rows if isinstance(row, dict)} for rows in (seen, live))
    kept = [
        _value(row, before.get(row.get("name")), now.get(row.get("name"))) for row in asked if isinstance(row, dict)
    ]
    return [row for row in kept if row is not _GONE]


def _value(asked: Any, seen: Any, live: Any) -> Any:
    if isinstance(asked, Secret):
        inner = _value(asked.value, seen, live)
        return _GONE if inner is _GONE else Secret(inner)
    seen, live = reveal(seen), reveal(live)
    if seen is None or live == seen:
        return asked
    if live is None:
        return _GONE
    if isinstance(asked, dict) and isinstance(live, dict) and isinstance(seen, dict):
        return _mapping(asked, seen, live)
    if (
        isinstance(asked, list)
        and isinstance(live, list)
        and isinstance(seen, list)
        and len(asked) == len(live) == len(seen)
    ):
        return [_value(*item) for item in zip(asked, seen, live, strict=True)]
    return live


def _mapping(asked: dict[str, Any], seen: dict[str, Any], live: dict[str, Any]) -> dict[str, Any]:
    found = {name: _value(value, seen.get(name), live.get(name)) for name, value in asked.items()}
    added = {name: value for name, value in live.items() if name not in asked and name not in seen}
    return {name: value for name, value in (found | added).items() if value is not _GONE}
