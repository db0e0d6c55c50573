"""Which changes can't be made in place: the table that holds without a cluster, and what an API server says.

Owns the replacement rules. The table is the official provider's, so that a program is planned alike on both; the API
server's refusal of a dry run covers the kinds and fields that no table lists.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

from headgate.sandbox.kube import KubeError
from headgate.sandbox.providers.kubernetes.kinds import Kind
from headgate.sandbox.providers.protocol.values import PropertyPath

_IDENTITY: Final = (".metadata.name", ".metadata.namespace")

# Keyed by `group/Kind`, or `Kind` for the core group.
_TABLE: Final[dict[str, list[str]]] = json.loads(Path(__file__).with_name("immutable_fields.json").read_text())

_IMMUTABLE_TEXT: Final = re.compile(
    r"immutable|may not change once set|cannot be changed|cannot change|can't be changed"
    r"|updates to .* (are |is )?forbidden|may not change fields other than",
    re.IGNORECASE,
)
_STEP: Final = re.compile(r"([^.\[\]]+)|\[([^\]]*)\]")


def replacing_fields(kind: Kind, *, config_map_mutable: bool, secret_mutable: bool, frozen: bool) -> tuple[str, ...]:
    """Return the fields whose change replaces an object of a kind; `frozen` is the object's own `immutable: true`."""
    mutable = {"ConfigMap": config_map_mutable, "Secret": secret_mutable}.get(kind.name, False) and kind.group == ""
    if mutable and not frozen:
        # A Secret's type can't change even where its data can.
        return (*_IDENTITY, ".type") if kind.name == "Secret" else _IDENTITY
    return (*_IDENTITY, *_TABLE.get(f"{kind.group}/{kind.name}".lstrip("/"), ()))


def replaces(path: PropertyPath, fields: tuple[str, ...], before: Any = None, after: Any = None) -> bool:
    """Whether a change at `path` touches one of the fields: at it, below it, or above it with the field inside."""
    return any(_touches(path, _steps(text), before, after) for text in fields)


def refused_fields(error: KubeError) -> list[PropertyPath] | None:
    """Return the fields that the API server says can't change; None when it refused for another reason."""
    if error.status not in {403, 422} or not _IMMUTABLE_TEXT.search(error.message):
        return None
    causes = (error.body.get("details") or {}).get("causes") or []
    named = [
        tuple(_steps(cause.get("field", "")))
        for cause in causes
        if _IMMUTABLE_TEXT.search(cause.get("message", "")) and cause.get("field")
    ]
    return named or [()]


def within(path: PropertyPath, field: PropertyPath) -> bool:
    """Whether one of two paths leads to the other; positions in lists count as equal (servers name items by key)."""
    return all(_same_step(a, b) for a, b in zip(path, field, strict=False))


def _touches(path: PropertyPath, field: list[str | int], before: Any, after: Any) -> bool:
    shared = min(len(path), len(field))
    if not all(_same_step(a, b) for a, b in zip(path[:shared], field[:shared], strict=True)):
        return False
    rest = field[shared:]
    return _holds(before, rest) or _holds(after, rest) if rest else True


def _holds(value: Any, steps: list[str | int]) -> bool:
    if not steps:
        return value is not None
    if steps[0] == "*":
        return isinstance(value, list) and any(_holds(item, steps[1:]) for item in value)
    return isinstance(value, dict) and _holds(value.get(str(steps[0])), steps[1:])


def _steps(text: str) -> list[str | int]:
    found: list[str | int] = []
    for match in _STEP.finditer(text):
        name, inside = match.groups()
        found.append(name if name else int(inside) if inside.isdigit() else "*" if inside == "*" else inside)
    return found


def _same_step(a: str | int, b: str | int) -> bool:
    return a == b or "*" in (a, b) or (isinstance(a, int) and isinstance(b, int))
