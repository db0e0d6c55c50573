"""Entries as OpenTelemetry logs: OTLP 1.x over HTTP, in its JSON encoding.

The body is the entry, byte for byte as it was hashed: text where it is text, bytes where not.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from headgate.audit.canonical import canonical, parse
from headgate.audit.stream.address import Address
from headgate.audit.stream.credential import Certificates, Credential
from headgate.audit.stream.http import Form, Http
from headgate.audit.stream.record import Record
from headgate.errors import HeadgateError

# What the specification calls retryable; everything else must not be sent again.
_BUSY = frozenset((429, 502, 503, 504))
_INFO = 9


def _attribute(key: str, value: str) -> dict[str, Any]:
    """Return one attribute that is text."""
    return {"key": key, "value": {"stringValue": value}}


def log_record_of(record: Record) -> dict[str, Any]:
    """Return a record as a LogRecord. 64-bit integers are text in this encoding."""
    text = record.text
    body = {"bytesValue": base64.b64encode(record.entry).decode()} if text is None else {"stringValue": text}
    named = {f"headgate.{name}": record.named(name) for name in ("kind", "actor", "subject")}
    found: dict[str, Any] = {
        "severityNumber": _INFO,
        "severityText": "INFO",
        "eventName": f"headgate.audit.{record.named('kind') or 'entry'}",
        "body": body,
        "attributes": [
            _attribute("headgate.ledger.origin", record.origin),
            {"key": "headgate.ledger.index", "value": {"intValue": str(record.index)}},
            _attribute("headgate.ledger.hash", record.leaf.hex()),
            *(_attribute(key, value) for key, value in named.items() if value),
        ],
    }
    if record.nanoseconds is not None:
        found |= dict.fromkeys(("timeUnixNano", "observedTimeUnixNano"), str(record.nanoseconds))
    return found


def request_around(records: bytes) -> bytes:
    """Return the request that carries encoded log records."""
    resource = canonical({"attributes": [_attribute("service.name", "headgate")]})
    scope = canonical({"name": "headgate.audit", "version": version("headgate")})
    inner = b'{"scope":' + scope + b',"logRecords":[' + records + b"]}"
    return b'{"resourceLogs":[{"resource":' + resource + b',"scopeLogs":[' + inner + b"]}]}"


class Otlp:
    """A receiver of OpenTelemetry logs."""

    most_bytes = 2 * 1024 * 1024

    def __init__(self, address: Address, credential: Credential, certificates: Certificates) -> None:
        """Take where it is; nothing is sent yet."""
        self._address = address
        self._http = Http(address, Form("application/json", _BUSY), credential, certificates)

    def encode(self, record: Record) -> bytes:
        """Return a record as a LogRecord."""
        return canonical(log_record_of(record))

    def send(self, messages: Sequence[bytes]) -> None:
        """Send a batch; one of which the receiver rejects a part is not acknowledged."""
        answer = self._http.post(request_around(b",".join(messages)))
        rejected, reason = _rejected(answer)
        if rejected:
            raise HeadgateError(
                "the receiver rejected a part of the entries",
                where=str(self._address),
                found=f"{rejected} of {len(messages)}: {reason[:200] or 'no reason given'}",
                expected="all of them, or none",
                fix="correct the receiver's pipeline; these entries are delivered again",
            )

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()


def _rejected(answer: bytes) -> tuple[str, str]:
    """Return how many records an answer says were rejected, and why; nothing for none, and where it says nothing.

    A number that can't be read is one: taken for none, it would lose what it counts.
    """
    try:
        partial = parse(answer)["partialSuccess"]
        count, reason = partial.get("rejectedLogRecords", 0), str(partial.get("errorMessage", ""))
    except (ValueError, LookupError, TypeError, AttributeError):
        return "", ""
    return ("" if count in (0, "0", None) else str(count)[:20]), reason
