"""What an entry is: the envelope that every record has, whoever wrote it.

    {"kind", "time", "actor", "subject", "data"}   or, for a payload over 32 KiB, `blob` in place of `data`

Owns the envelope, masking before anything is stored, and the move of large payloads out of the entry.
"""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from headgate.audit.canonical import canonical
from headgate.audit.mask import mask

LARGEST_INLINE = 32 * 1024
_FIELDS = ("kind", "time", "actor", "subject", "data")
_KIND = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")


class Kind(StrEnum):
    """The kinds that Headgate writes itself. Others may be appended; they are kept as they are."""

    PLAN = "plan"
    DECISION = "decision"
    APPROVAL = "approval"
    DEPLOYMENT = "deployment"
    ADMISSION = "admission"
    KUBERNETES = "kubernetes"
    MODEL = "model"
    DRILL = "drill"
    ALERT = "alert"
    INCIDENT = "incident"
    RECORD = "record"
    ROTATION = "key-rotation"


class Alarm(StrEnum):
    """What entries of kind `alert` are about: the paths that nothing may take past the gates."""

    UNGATED = "update-without-decision"
    """The state of a stack is another than the last one that a gate let through left behind."""
    STRAYED = "not-as-approved"
    """The engine did something else than what people approved."""
    ADMISSION = "admission-changed"
    """Somebody changed or deleted an admission gate's webhook, which the API server asks no gate about."""


def now() -> str:
    """Return the time as entries carry it: UTC, to the microsecond."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def current_actor() -> str:
    """Return who runs this process, as far as the process knows."""
    try:
        return os.environ.get("HEADGATE_ACTOR") or getpass.getuser()
    except (OSError, KeyError):
        return f"uid:{os.getuid()}"


@dataclass(frozen=True)
class Entry:
    """One record: what kind, when, who did it, to what, and the particulars."""

    kind: str
    subject: str
    data: Any
    actor: str = field(default_factory=current_actor)
    time: str = field(default_factory=now)

    def as_json(self) -> dict[str, Any]:
        """Return the envelope."""
        return asdict(self)


def envelope(document: Any, source: str) -> tuple[dict[str, Any], bool]:
    """Return a document as an envelope, and whether it came as one; ValueError says what is wrong with it.

    An object without `kind`, or with fields that no envelope has, is somebody else's record: it is kept whole as
    the data of an entry of kind `record` rather than refused, because a log that turns records away loses them.
    """
    if not isinstance(document, Mapping):
        raise ValueError(f"an entry is a JSON object, not {_json_type(document)}")
    if "kind" not in document or any(key not in _FIELDS for key in document):
        return _filled({"kind": Kind.RECORD.value, "subject": source, "data": dict(document)}), False
    _check(document)
    return _filled(document), True


def _filled(document: Mapping[str, Any]) -> dict[str, Any]:
    """Add the fields that may be left out."""
    return {
        "kind": document["kind"],
        "time": document["time"] if "time" in document else now(),
        "actor": document["actor"] if "actor" in document else current_actor(),
        "subject": document.get("subject", ""),
        "data": document.get("data"),
    }


def _check(document: Mapping[str, Any]) -> None:
    """Refuse fields of the wrong type or form."""
    for name in ("kind", "time", "actor", "subject"):
        if name in document and not isinstance(document[name], str):
            raise ValueError(f"`{name}` is a string, not {_json_type(document[name])}")
    if not _KIND.fullmatch(document["kind"]):
        raise ValueError(f"`kind` is {document['kind']!r}: a word such as {', '.join(list(Kind)[:3])}")
    if "time" in document and not is_time(document["time"]):
        raise ValueError(f"`time` is {document['time']!r}: a time such as 2026-01-31T12:00:00Z")


def is_time(text: str) -> bool:
    """Say whether text is an RFC 3339 time that exists."""
    if not _TIME.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _json_type(value: Any) -> str:
    """Name a value's JSON type."""
    names = {type(None): "null", bool: "a boolean", str: "a string", list: "an array", dict: "an object"}
    return names.get(type(value), "a number")


def portable(document: Mapping[str, Any]) -> bytes:
    """Return an envelope as it may leave this process: masked. Who keeps it decides what of it is kept apart.

    ValueError when it could not be kept, so that it is refused here and not by the one that it is sent to.
    """
    encode(document, lambda _: "0" * 64)
    return canonical({**document, "data": mask(document["data"])})


def encode(document: Mapping[str, Any], keep_blob: Callable[[bytes], str]) -> bytes:
    """Return an envelope's stored bytes: masked, canonical, a large payload moved out; ValueError when it can't be."""
    masked = {**document, "data": mask(document["data"])}
    content = canonical(masked)
    if len(content) <= LARGEST_INLINE:
        return content
    payload = canonical(masked.pop("data"))
    # Judged before the payload is written, so that a refused entry leaves nothing behind.
    if len(canonical(masked)) > LARGEST_INLINE // 2:
        raise ValueError(
            f"kind, time, actor and subject together exceed {LARGEST_INLINE // 2} bytes: move text into `data`"
        )
    return canonical({**masked, "blob": {"sha256": keep_blob(payload), "size": len(payload)}})
