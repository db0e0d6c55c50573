"""What a rule must never mistake for text: unknown and secret values, as one pair of markers.

Pulumi writes both in several ways, by document and by protocol. Whoever reads a document hands every value through
`unwrap`; downstream there are only the two markers, and no secret's content.
"""

from __future__ import annotations

from operator import is_
from typing import Any

UNKNOWN: dict[str, Any] = {"$unknown": True}
SECRET: dict[str, Any] = {"$secret": True}
# How a gate ends a finding that can't be judged before a value is known.
DEFERRED = "\n  deferred: "

Path = tuple[str | int, ...]

# The SDK's placeholders for an unknown string, bool, number, array, asset, archive and object.
_UNKNOWN_TEXTS = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  a type tag of Pulumi's, no secret
_OUTPUT_SIGNATURE = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_SECRET_TEXT = "[secret]"  # noqa: S105  what the engine prints in place of one
_TELLING = _UNKNOWN_TEXTS | {_SECRET_TEXT}


def is_unknown(text: str) -> bool:
    """Whether a text stands for a value that is not known yet."""
    return text in _UNKNOWN_TEXTS


def unwrap(value: Any) -> Any:
    """Return the value with markers in place of all that is unknown or secret, at any depth.

    What holds neither is returned as it is, not as a copy: most of a large plan is in memory once.
    """
    if isinstance(value, dict):
        return _unwrap_object(value)
    if isinstance(value, list):
        items = [unwrap(item) if _may_hold(item) else item for item in value]
        return value if all(map(is_, items, value)) else items
    if isinstance(value, str) and value in _TELLING:
        return dict(SECRET) if value == _SECRET_TEXT else dict(UNKNOWN)
    return value


def _may_hold(value: Any) -> bool:
    """Whether there is something to unwrap: most of a plan is plain text, which is looked at where it stands."""
    return value in _TELLING if isinstance(value, str) else isinstance(value, (dict, list))


def _unwrap_object(value: dict[str, Any]) -> Any:
    signature = value.get(SIGNATURE)
    if signature == SECRET_SIGNATURE:
        return dict(SECRET)
    if signature == _OUTPUT_SIGNATURE:
        if value.get("secret"):
            return dict(SECRET)
        return unwrap(value["value"]) if "value" in value else dict(UNKNOWN)
    other = {key: new for key, item in value.items() if _may_hold(item) and (new := unwrap(item)) is not item}
    return {**value, **other} if other else value


def places(value: Any) -> list[tuple[Path, str]]:
    """Return the path of every marker, with `unknown` or `secret`."""
    found: list[tuple[Path, str]] = []
    _look(value, (), found)
    return found


def _look(value: Any, path: Path, found: list[tuple[Path, str]]) -> None:
    """Look into objects and lists alone: a large plan has hundreds of thousands of values that hold nothing."""
    if isinstance(value, dict):
        if value == UNKNOWN:
            found.append((path, "unknown"))
        elif value == SECRET:
            found.append((path, "secret"))
        else:
            for key, item in value.items():
                if isinstance(item, (dict, list)):
                    _look(item, (*path, key), found)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, (dict, list)):
                _look(item, (*path, index), found)
