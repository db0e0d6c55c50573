"""Entries as CloudEvents 1.0 over HTTP, in batches (`application/cloudevents-batch+json`).

`source` and `id` name an entry for ever: a receiver that gets it twice can tell. `ledgerhash` is the RFC 6962 leaf hash
of the entry, whose bytes are `data` in canonical JSON (RFC 8785), or `data_base64`.
"""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from headgate.audit.canonical import canonical
from headgate.audit.stream.address import Address
from headgate.audit.stream.credential import Certificates, Credential
from headgate.audit.stream.http import Form, Http
from headgate.audit.stream.record import Record

CONTENT_TYPE = "application/cloudevents-batch+json; charset=utf-8"
_TYPE = "dev.headgate.audit"
# Wide enough for any index, so that the text sorts as the number does (CloudEvents' `sequence` extension).
_DIGITS = 20


def event_of(record: Record) -> dict[str, Any]:
    """Return a record as a CloudEvent in its JSON form."""
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(record.index),
        "source": quote(record.origin, safe="/"),
        "type": f"{_TYPE}.{record.named('kind') or 'entry'}",
        "sequence": f"{record.index:0{_DIGITS}}",
        "ledgerorigin": record.origin,
        "ledgerindex": str(record.index),
        "ledgerhash": record.leaf.hex(),
    }
    if record.time is not None:
        event["time"] = record.time
    if record.named("subject"):
        event["subject"] = _attribute(record.named("subject"))
    if record.envelope is None:
        content = base64.b64encode(record.entry).decode()
        return event | {"datacontenttype": "application/octet-stream", "data_base64": content}
    return event | {"datacontenttype": "application/json", "data": record.envelope}


def _attribute(text: str) -> str:
    """Return text as an attribute may hold it: no control characters, and no noncharacters."""
    return "".join("\ufffd" if _is_forbidden(one) else one for one in text)


def _is_forbidden(one: str) -> bool:
    """Say whether the specification forbids a character in an attribute."""
    point = ord(one)
    return unicodedata.category(one) in ("Cc", "Cs") or 0xFDD0 <= point <= 0xFDEF or point & 0xFFFE == 0xFFFE


class CloudEvents:
    """A receiver of CloudEvents."""

    most_bytes = 1024 * 1024

    def __init__(self, address: Address, credential: Credential, certificates: Certificates) -> None:
        """Take where it is; nothing is sent yet."""
        self._http = Http(address, Form(CONTENT_TYPE), credential, certificates)

    def encode(self, record: Record) -> bytes:
        """Return a record as a CloudEvent."""
        return canonical(event_of(record))

    def send(self, messages: Sequence[bytes]) -> None:
        """Send a batch."""
        self._http.post(b"[" + b",".join(messages) + b"]")

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()
