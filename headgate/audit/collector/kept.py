"""What a source sent, as envelopes: an event that can't be translated is kept without its payload.

One that were refused would come again with the whole batch it is in, for ever; one that were dropped would be lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from headgate.audit.entry import Kind, envelope, now, withheld

Translate = Callable[[Any], Sequence[Mapping[str, Any]]]


def kept(events: Sequence[Any], translate: Translate, kind: Kind, source: str, identity: str) -> list[dict[str, Any]]:
    """Return the envelopes of some events; `identity` is the field by which the source names one."""
    return [one for event in events for one in _kept(event, translate, kind, source, identity)]


def _kept(event: Any, translate: Translate, kind: Kind, source: str, identity: str) -> list[dict[str, Any]]:
    """Return the envelopes of one event."""
    try:
        return [envelope(entry, source)[0] for entry in translate(event)]
    except Exception as error:
        bare = {"kind": kind.value, "time": now(), "actor": source, "subject": source}
        named = event.get(identity) if isinstance(event, Mapping) else None
        told = {identity: named} if isinstance(named, str) else {}
        return [withheld(bare, f"not translated: {type(error).__name__}", **told)]
