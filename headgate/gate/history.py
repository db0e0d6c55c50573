"""What a ledger says of stacks, for the rules that ask what was before: deployments, their versions, drills.

Owns which entries count as what. Judges nothing: how long ago is too long is said in Rego.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from headgate.audit.canonical import parse
from headgate.audit.entry import Kind
from headgate.audit.place import is_begun, read
from headgate.audit.reader import LedgerReader
from headgate.errors import HeadgateError

FAILOVER, SUCCEEDED = "failover", "succeeded"
_MARKS = {kind: f'"{kind}"'.encode() for kind in (Kind.DEPLOYMENT, Kind.DRILL)}


def history(ledger: Path, stacks: Iterable[str]) -> dict[str, Any]:
    """Return what a ledger says of stacks, in the form of policies/schemas/facts.json.

    One that can't be read is told as such: nothing is taken for something that never was.
    """
    try:
        if not is_begun(ledger):
            return {"stacks": {}}
        found = _read(read(ledger), frozenset(stacks))
    except (HeadgateError, OSError, ValueError, KeyError, TypeError) as error:
        return {"unavailable": error.what if isinstance(error, HeadgateError) else repr(error)}
    return {"stacks": found}


def _read(reader: LedgerReader, stacks: frozenset[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for _, entry in reader.marked(tuple(_MARKS.values())):
        if (envelope := parse(entry))["kind"] not in _MARKS or envelope["subject"] not in stacks:
            continue
        document = reader.document(entry)
        data = document.get("data")
        told, data = found.setdefault(envelope["subject"], {}), data if isinstance(data, Mapping) else {}
        if envelope["kind"] == Kind.DEPLOYMENT:
            _deployment(told, _utc(envelope["time"]), data)
        elif data.get("drill") == FAILOVER and data.get("result") == SUCCEEDED:
            told["drilled"] = max(told.get("drilled", ""), _utc(envelope["time"]))
    return found


def _deployment(told: dict[str, Any], time: str, data: Mapping[str, Any]) -> None:
    told["since"] = min(told.get("since", time), time)
    if isinstance(versions := data.get("versions"), Mapping):
        told["versions"] = {str(name): str(version) for name, version in versions.items()}


def _utc(time: str) -> str:
    """Write a time in the one form in which times can be compared as texts."""
    at = datetime.datetime.fromisoformat(time).astimezone(datetime.UTC)
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")
