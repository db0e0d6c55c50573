"""What an entry can be found by: the stacks, models and digests that it names, and its time in one form.

Goes by names and forms of fields, whoever wrote them: `stack`, `model` with `version`, `name@1.2.3`, SHA-256 digests.
What an entry means is not known here, so a term says that the entry names a thing, not what it says about it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

_DIGEST_LENGTH = 64
# A longer run is no digest; looking behind each character instead takes five times as long.
_HEXADECIMAL = re.compile(rb"[0-9a-f]{64,}")
_STACK = re.compile(r"[a-z][a-z0-9-]*-(?:dev|staging|prod|sandbox)")
_VERSIONED = re.compile(r"[a-z0-9][a-z0-9._/-]*@v?\d+\.\d+\.\d+[0-9A-Za-z.+-]*")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d))?")
_MODEL = "model"
# What has more parts is no model's name. Ways to ask for it, all of them kept, would take the square of its length.
_PARTS = 16


class Term(NamedTuple):
    """One thing that an entry names: of which kind (`stack`, `model`, `digest`), and which."""

    kind: str
    value: str


def moment(text: str) -> str:
    """Return an RFC 3339 time, or a day, in UTC to the nanosecond, so that times sort as text; ValueError if none."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no time such as 2026-01-31 or 2026-01-31T12:00:00Z")
    day, clock, fraction, zone = match.groups()
    try:
        at = datetime.fromisoformat(f"{day}T{clock or '00:00:00'}{zone or 'Z'}").astimezone(UTC)
    except (ValueError, OverflowError) as error:  # no such day, or in UTC in no year from 1 to 9999
        raise ValueError(f"{text!r} is no time that exists: {error}") from error
    return f"{at.isoformat()[:19]}.{(fraction or '').ljust(9, '0')}"


def digest_of(text: str) -> str:
    """Return a digest without its algorithm, as it is searched for."""
    return text.removeprefix("sha256:").lower()


def terms_of(document: dict[str, Any], content: bytes) -> set[Term]:
    """Return what a document names; `content` is its JSON, payload included."""
    found = {Term("digest", match.decode()) for match in _HEXADECIMAL.findall(content) if len(match) == _DIGEST_LENGTH}
    found.update(Term("stack", name) for name in _stacks(document))
    if b'"model"' in content or b"@" in content:
        found.update(Term(_MODEL, form) for name in _models(document) for form in _forms(name))
    return found


def _stacks(document: dict[str, Any]) -> Iterator[str]:
    """Yield the stack of an entry's data, and the one that its subject begins with."""
    data = document.get("data")
    if isinstance(data, dict) and isinstance(data.get("stack"), str):
        yield data["stack"]
    first = str(document.get("subject", "")).split("/")[0]
    if _STACK.fullmatch(first):
        yield first


def _models(value: Any) -> Iterator[str]:
    """Yield the models that a value names, with their versions where it says so."""
    if isinstance(value, str):
        if _VERSIONED.fullmatch(value):
            yield value
    elif isinstance(value, list):
        for item in value:
            yield from _models(item)
    elif isinstance(value, dict):
        name, version = value.get(_MODEL), value.get("version")
        if isinstance(name, str):
            yield name if "@" in name or not isinstance(version, str) else f"{name}@{version}"
        for item in value.values():
            yield from _models(item)


def _forms(name: str) -> Iterator[str]:
    """Yield the ways to ask for a model: `models/fraud/score@3.2.1` is also `score@3.2.1`, `fraud/score` and so on."""
    path, _, version = name.partition("@")
    parts = path.split("/")
    if len(parts) > _PARTS:
        yield name
        return
    for start in range(len(parts)):
        form = "/".join(parts[start:])
        yield form
        if version:
            yield f"{form}@{version.removeprefix('v')}"
