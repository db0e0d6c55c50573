"""What a drill leaves on disk while it is under way: who drills, and what has to be undone if nobody comes back.

One file a stack, written before anything is touched and removed once all is undone; and a lock, which goes with its
process. A file without a lock is that of a drill that was killed.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate.audit.durable import OWNER_ONLY, flush_folder, make_folder, write_new
from headgate.drill.failover import Outage
from headgate.errors import HeadgateError


@dataclass(frozen=True)
class UnderWay:
    """The drill of one stack."""

    folder: Path
    stack: str

    @property
    def file(self) -> Path:
        """What has to be undone."""
        return self.folder / f"{self.stack}.json"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other drills of the stack out."""
        make_folder(self.folder)
        lock = os.open(self.folder / f"{self.stack}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ONLY)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise HeadgateError(
                    "another drill of this stack is under way", where=self.stack, fix="wait for it to end"
                ) from error
            yield
        finally:
            os.close(lock)

    def left(self) -> dict[str, Any] | None:
        """Return what a killed drill left to be undone. To be asked by who is alone."""
        try:
            found = json.loads(self.file.read_text(encoding="utf-8"))
            return {**found, "region": str(found["region"]), "by": str(found["by"])}
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise HeadgateError(
                "what a drill left behind can't be read, so nobody knows what has to be undone",
                where=str(self.file),
                found=repr(error),
                expected='{"region": …, "by": …}',
                fix=f"headgate sandbox fault list; bring the region back, then rm {self.file}",
            ) from error

    def begin(self, undo: Mapping[str, Any]) -> None:
        """Write down what will have to be undone, durably, before it is done."""
        write_new(self.file, json.dumps(undo).encode(), self.folder)
        flush_folder(self.folder)

    def end(self) -> None:
        """Note that all is undone."""
        self.file.unlink(missing_ok=True)
        flush_folder(self.folder)


@dataclass(frozen=True)
class Noted:
    """An outage that is written down before it begins, and struck out once the region is back."""

    outage: Outage
    under_way: UnderWay

    def begin(self) -> None:
        """Write it down, and begin."""
        self.under_way.begin(self.outage.undo())
        self.outage.begin()

    def holds(self) -> bool:
        """Say whether the region is out."""
        return self.outage.holds()

    def end(self) -> None:
        """Bring the region back, and strike it out; where that fails it stays written down."""
        try:
            self.outage.end()
        except HeadgateError as error:
            raise HeadgateError(
                "the region is not back in service",
                where=self.under_way.stack,
                found=error.what,
                expected="the region as it was before the drill",
                fix=f"headgate drill restore {self.under_way.stack}",
            ) from error
        self.under_way.end()

    def undo(self) -> dict[str, Any]:
        """Return what another process has to know."""
        return self.outage.undo()
