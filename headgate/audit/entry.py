"""What an entry is: the envelope that every record has, whoever wrote it.

    {"kind", "time", "actor", "subject", "data"}   or, for a payload over 32 KiB, `blob` in place of `data`

Owns the envelope, masking before anything is stored, and the move of large payloads out of the entry. A payload that
can't be masked is withheld: its entry says so, and why, and the ledger raises the alarm beside it.
"""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from headgate.audit.canonical import canonical, parse
from headgate.audit.mask import mask

LARGEST_INLINE = 32 * 1024
WITHHELD = "withheld"
_WITHHELD_MARK = b'"payload":"withheld"'
UNMASKED = "payload-withheld"
"""What the alert beside a withheld payload is about. Nothing went past a gate, so it is no `Alarm`."""
_FIELDS = ("kind", "time", "actor", "subject", "data")
_KIND = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")


class Kind(StrEnum):
    """The kinds that Headgate writes itself. Others may be appended; they are kept as they are."""

    PLAN = "plan"
    DECISION = "decision"
    APPROVAL = "approval"
    OPERATIONS = "operations"
    """What the engine did to each resource of a stack, in parts."""
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
        datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):  # the second: in UTC it is in no year from 1 to 9999
        return False
    return True


def _json_type(value: Any) -> str:
    """Name a value's JSON type."""
    names = {type(None): "null", bool: "a boolean", str: "a string", list: "an array", dict: "an object"}
    return names.get(type(value), "a number")


def masked(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return an envelope without secrets; without its payload where those can't be taken out of it."""
    try:
        return {**document, "data": mask(document["data"])}
    except Exception as error:
        return withheld(document, error)


def withheld(document: Mapping[str, Any], reason: Exception | str, **told: str) -> dict[str, Any]:
    """Return an envelope that says why it has no payload. Of an error its type alone: its words may quote."""
    if isinstance(reason, RecursionError):
        reason = "nested too deeply to be masked"
    why = reason if isinstance(reason, str) else f"masking failed: {type(reason).__name__}"
    return {**document, "data": {"payload": WITHHELD, "reason": why, **told}}


def alarms(entries: Iterable[bytes]) -> list[bytes]:
    """Return the alerts about stored entries that are without their payload, whoever withheld it."""
    return [
        canonical(Entry(kind=Kind.ALERT, subject=document["subject"], data=about, actor="ledger").as_json())
        for document, about in map(_unmasked, (entry for entry in entries if _WITHHELD_MARK in entry))
        if about
    ]


def _unmasked(entry: bytes) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return a stored entry, and what its alert says; None where the words only occur in it."""
    try:
        document = parse(entry)
        data, kind = document["data"], document["kind"]
        if data["payload"] == WITHHELD and kind != Kind.ALERT:
            return document, {"alert": UNMASKED, "of": kind, "reason": str(data["reason"])}
    except (ValueError, LookupError, TypeError):
        pass  # not an envelope of ours
    return {}, None


def portable(document: Mapping[str, Any]) -> bytes:
    """Return an envelope as it may leave this process: masked. Who keeps it decides what of it is kept apart.

    ValueError when it could not be kept, so that it is refused here and not by the one that it is sent to.
    """
    encode(document, lambda _: "0" * 64)
    return canonical(masked(document))


def encode(document: Mapping[str, Any], keep_blob: Callable[[bytes], str]) -> bytes:
    """Return an envelope's stored bytes: masked, canonical, a large payload moved out; ValueError when it can't be."""
    hidden = masked(document)
    content = canonical(hidden)
    if len(content) <= LARGEST_INLINE:
        return content
    payload = canonical(hidden.pop("data"))
    # Judged before the payload is written, so that a refused entry leaves nothing behind.
    if len(canonical(hidden)) > LARGEST_INLINE // 2:
        raise ValueError(
            f"kind, time, actor and subject together exceed {LARGEST_INLINE // 2} bytes: move text into `data`"
        )
    return canonical({**hidden, "blob": {"sha256": keep_blob(payload), "size": len(payload)}})
