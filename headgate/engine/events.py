"""Engine events as the CLI writes them: one JSON object a line. Reads them, and tells failures in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Event = Mapping[str, Any]


def read_events(path: Path) -> Iterator[Event]:
    """Yield the events of a file, without the engine's debug noise. A line cut off by a crash ends the stream."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            # Half of a stream is debug messages: skipping them unparsed halves the time of reading.
            if '"severity":"debug"' in line[-40:]:
                continue
            try:
                yield json.loads(line)
            except ValueError:
                return


def errors_in(events: Iterator[Event]) -> list[str]:
    """Return the error messages of a stream, each with the resource that it is about, none twice."""
    found: dict[str, None] = {}
    for event in events:
        diagnostic = event.get("diagnosticEvent")
        if diagnostic and diagnostic.get("severity") == "error":
            found.setdefault(told(diagnostic), None)
        violation = event.get("policyEvent")
        if violation and violation.get("enforcementLevel") == "mandatory":
            found.setdefault(f"{violation.get('policyName')}: {violation.get('message', '').strip()}", None)
    return list(found)


def told(diagnostic: Mapping[str, Any]) -> str:
    """Return a diagnostic as a line or two: the resource's name, then the message."""
    message = str(diagnostic.get("message", "")).strip()
    name = str(diagnostic.get("urn", "")).rpartition("::")[2]
    return f"{name}: {message}" if name and not message.startswith(name) else message
