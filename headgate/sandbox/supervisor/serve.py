"""The daemon's first and last steps: lock, log, run, clean up."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from pathlib import Path

from headgate.errors import HeadgateError
from headgate.sandbox.layout import StateDir
from headgate.sandbox.supervisor import lock
from headgate.sandbox.supervisor.daemon import Supervisor

READY = "ready"


def serve(root: str) -> int:
    """Run the supervisor of `root` until it is told to end; return the exit code."""
    state = StateDir(Path(root))
    try:
        state.ensure()
        held = lock.acquire(state.supervisor_lock)
        if held is None:
            raise HeadgateError("another supervisor runs already", where=str(state.root), fix="headgate sandbox status")
        try:
            asyncio.run(_run(state))
        finally:
            lock.release(state.supervisor_lock, held)
    except HeadgateError as error:
        _tell_caller(json.dumps(error.as_json()))
        return int(error.exit_code)
    return 0


async def _run(state: StateDir) -> None:
    """Build the supervisor on its loop and serve."""
    # Standard error is the supervisor's log: the caller opened it.
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    await Supervisor(state).run(lambda: _tell_caller(READY))


def _tell_caller(line: str) -> None:
    """Answer the one who started the daemon, and let go of its pipe."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(null, descriptor)
    os.close(null)
