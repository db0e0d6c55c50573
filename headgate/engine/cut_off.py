"""Creations that a provider was in the middle of when it died under a living engine.

The engine calls such a creation failed and forgets it, though the provider may have made the thing: the next update
would ask for it again and be told that it exists. Owns `<state>/updates/<stack>.cut-off.json`, which remembers them
until `repair` has asked the provider what became of each. Inputs are kept as the events show them: secrets masked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headgate.engine.events import Event
from headgate.sandbox.files import write_private
from headgate.sandbox.layout import StateDir

# How gRPC tells of a server that went away during a call. One that was away before is refused, and has made nothing.
_WENT_AWAY = re.compile(r"error reading from server|transport is closing|connection reset by peer")
_CREATIONS = ("create", "create-replacement")


class CutOff:
    """Finds the creations in an update's events."""

    def __init__(self) -> None:
        self._broken: set[str] = set()
        self._failed: dict[str, Mapping[str, Any]] = {}

    def see(self, event: Event) -> None:
        """Take in one event."""
        diagnostic, failed = event.get("diagnosticEvent"), event.get("resOpFailedEvent")
        if diagnostic and diagnostic.get("severity") == "error" and _WENT_AWAY.search(str(diagnostic.get("message"))):
            self._broken.add(str(diagnostic.get("urn")))
        if failed and failed["metadata"]["op"] in _CREATIONS:
            self._failed[failed["metadata"]["urn"]] = failed["metadata"]

    def operations(self) -> list[dict[str, Any]]:
        """Return them in the form of the engine's own pending operations."""
        return [
            {
                "type": "creating",
                "replaces": each["op"] != "create",
                "resource": {key: value for key, value in each["new"].items() if key not in ("id", "outputs")},
            }
            for urn, each in self._failed.items()
            if urn in self._broken and each.get("new")
        ]


def remember(state: StateDir, stack: str, operations: list[dict[str, Any]]) -> None:
    """Keep operations, and those that are kept already, for the next update."""
    known = {each["resource"]["urn"]: each for each in [*recall(state, stack), *operations]}
    if known:
        write_private(_path(state, stack), json.dumps(list(known.values())))


def recall(state: StateDir, stack: str) -> list[dict[str, Any]]:
    """Return what was kept. A damaged file is as none: the provider then refuses what exists, and says so."""
    try:
        found = json.loads(_path(state, stack).read_text(encoding="utf-8"))
        return [each for each in found if each["resource"]["urn"] and each["resource"]["type"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def unsettled(state: StateDir, stack: str, deployment: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what was kept and is not in the stack's deployment yet."""
    present = {each["urn"] for each in deployment.get("resources") or [] if not each.get("delete")}
    return [each for each in recall(state, stack) if each.get("replaces") or each["resource"]["urn"] not in present]


def forget(state: StateDir, stack: str) -> None:
    """Note that all of it is settled."""
    _path(state, stack).unlink(missing_ok=True)


def _path(state: StateDir, stack: str) -> Path:
    """Return where a stack's are kept."""
    return state.root / "updates" / f"{stack}.cut-off.json"
