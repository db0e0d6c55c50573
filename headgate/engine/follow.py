"""Follows an event log while the engine writes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from headgate.engine.events import Event

_HEAD = 64


class Follower:
    """Hands on each new event once. The engine begins the file anew between preview and update: so do we."""

    def __init__(self, path: Path, each: Callable[[Event], None]) -> None:
        self._path = path
        self._each = each
        self._position = 0
        self._head = b""
        self._rest = b""

    def poll(self) -> None:
        """Read what is new. A line that is still being written waits for the next poll."""
        try:
            handle = self._path.open("rb")
        except FileNotFoundError:
            return
        with handle:
            head = handle.read(_HEAD)
            if not head.startswith(self._head) or handle.seek(0, 2) < self._position:
                self._position, self._rest = 0, b""
            self._head = head
            handle.seek(self._position)
            data = handle.read()
            self._position = handle.tell()
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if line and b'"severity":"debug"' not in line[-40:]:
                self._each(json.loads(line))
