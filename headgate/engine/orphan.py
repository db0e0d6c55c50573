"""An update whose `headgate up` was killed goes on without anybody watching. The next one ends it before it begins.

Owns `<state>/updates/<stack>.json`: which process of the CLI runs, and for whom; and `<state>/updates/<stack>.<pid>/`:
the update's events and output, for as long as whoever watches it lives, or until somebody has read what it left.
Ending is graceful first: on SIGINT the engine finishes what is under way and writes the state; what then hangs on a
provider that does not answer is killed, and its pending operations are settled like any other.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from headgate.engine.locks import process_started
from headgate.sandbox.files import write_private
from headgate.sandbox.layout import StateDir

GRACE_SECONDS = 60.0
EVENTS, ABOUT = "events.jsonl", "about.json"
_POLL_SECONDS = 0.1


def remember(state: StateDir, stack: str, pid: int) -> None:
    """Note which process runs a stack's update, and that this one watches it."""
    path = _path(state, stack)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    owner = os.getpid()
    fields = {
        "pid": pid,
        "started": process_started(pid),
        "owner": owner,
        "owner_started": process_started(owner),
    }
    write_private(path, json.dumps(fields))


@contextlib.contextmanager
def folder(state: StateDir, stack: str, about: Mapping[str, Any]) -> Iterator[Path]:
    """Give an update a directory of its own, with what is known of it; those that killed ones left go."""
    mine = _path(state, stack).with_suffix(f".{os.getpid()}")
    for each in left(state, stack):
        drop(each)
    drop(mine)
    mine.parent.mkdir(mode=0o700, exist_ok=True)
    mine.mkdir(mode=0o700)
    write_private(mine / ABOUT, json.dumps(about))
    try:
        yield mine
    finally:
        drop(mine)


def left(state: StateDir, stack: str) -> list[Path]:
    """Return the directories of a stack's updates whose headgate was killed, the oldest first."""
    found = [each for each in place(state).glob(f"{stack}.*/") if not _is_watched(each)]
    return sorted(found, key=lambda each: each.stat().st_mtime)


def _is_watched(folder: Path) -> bool:
    """Whether the process that a directory is named after lives."""
    number = folder.suffix[1:]
    return number.isdigit() and process_started(int(number)) is not None


def drop(folder: Path) -> None:
    """Remove an update's directory."""
    shutil.rmtree(folder, ignore_errors=True)


def forget(state: StateDir, stack: str) -> None:
    """Note that the update has ended."""
    _path(state, stack).unlink(missing_ok=True)


def runs(state: StateDir, stack: str) -> bool:
    """Whether an engine works on a stack, watched or not."""
    noted = _noted(state, stack)
    return noted is not None and _runs(noted[0], noted[1])


def _noted(state: StateDir, stack: str) -> tuple[int, float | None, bool] | None:
    """Return the engine's process, when it started, and whether somebody watches it; None where none is noted."""
    try:
        noted = json.loads(_path(state, stack).read_text(encoding="utf-8"))
        watched = process_started(int(noted["owner"])) == noted["owner_started"]
        return int(noted["pid"]), noted["started"], watched
    except (OSError, ValueError, KeyError, TypeError):
        return None


def end(state: StateDir, stack: str, on_note: Callable[[str], None]) -> None:
    """End the update that nobody watches any more, if there is one. One that is watched is left to the lock."""
    noted = _noted(state, stack)
    if noted is None:
        return
    pid, started, watched = noted
    if watched or not _runs(pid, started):
        return
    on_note(f"an update of {stack} still runs without its headgate (process {pid}): ending it")
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + GRACE_SECONDS
    while _runs(pid, started):
        if time.monotonic() > deadline:
            # A session of its own, so its plugins end with it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        time.sleep(_POLL_SECONDS)
    forget(state, stack)


def _runs(pid: int, started: float | None) -> bool:
    """Whether the very process that was noted still runs: its number may have been given again."""
    return started is not None and process_started(pid) == started


def place(state: StateDir) -> Path:
    """Return where all of it is."""
    return state.root / "updates"


def _path(state: StateDir, stack: str) -> Path:
    """Return where a stack's update is noted."""
    return place(state) / f"{stack}.json"
