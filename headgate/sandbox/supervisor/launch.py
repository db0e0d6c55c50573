"""Starts and ends the supervisor from outside: what `headgate sandbox up` and `down` do first and last."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from headgate.errors import HeadgateError
from headgate.sandbox.control import Control, error_from_json
from headgate.sandbox.layout import CHECKOUT, StateDir
from headgate.sandbox.supervisor import lock

START_TIMEOUT = 30.0
STOP_TIMEOUT = 30.0
POLL = 0.05


def start(state: StateDir) -> bool:
    """Have a supervisor running; say whether it was started now."""
    state.ensure()
    control = Control(state)
    if control.alive():
        return False
    if lock.holder(state.supervisor_lock) is not None:
        # It may be starting or ending just now: either it answers soon, or its lock goes.
        wait_for(lambda: control.alive() or lock.holder(state.supervisor_lock) is None, START_TIMEOUT)
        if control.alive():
            return False
        if lock.holder(state.supervisor_lock) is not None:
            raise silent(state)
    try:
        _spawn(state)
    except HeadgateError:
        # Of two that start at once, one supervisor wins, and both callers have what they wanted.
        if wait_for(control.alive, 2.0 if lock.holder(state.supervisor_lock) else 0.0):
            return False
        raise
    return True


def stop(state: StateDir) -> bool:
    """End the supervisor and all that it runs; say whether there was one."""
    pid = lock.holder(state.supervisor_lock)
    if pid is None:
        _sweep(state)
        return False
    try:
        Control(state).shutdown()
    except HeadgateError:
        _end_silent(state, pid)
    wait_for(lambda: lock.holder(state.supervisor_lock) is None, STOP_TIMEOUT)
    if lock.holder(state.supervisor_lock) is not None:
        _end_silent(state, pid)
        wait_for(lambda: lock.holder(state.supervisor_lock) is None, 5.0)
    _sweep(state)
    return True


def wait_for(condition: Callable[[], bool], timeout: float) -> bool:
    """Return whether the condition came true within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True


def _spawn(state: StateDir) -> None:
    """Start the daemon and read the one line that it answers with."""
    log = state.logs / "supervisor.log"
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as stream:
        answer = subprocess.run(
            [sys.executable, "-m", "headgate.sandbox.supervisor", str(state.root)],
            # What the sandbox writes is its owner's alone: databases, images, audit logs.
            umask=0o077,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stream,
            cwd=CHECKOUT,
            text=True,
            check=False,
        ).stdout.strip()
    if answer.startswith("{"):
        raise error_from_json(json.loads(answer))
    if answer != "ready":
        raise HeadgateError(
            "the sandbox's supervisor ended before it was ready",
            where=str(log),
            found=(log.read_text().splitlines() or ["an empty log"])[-1],
            fix="headgate sandbox logs supervisor",
        )


def _end_silent(state: StateDir, pid: int) -> None:
    """Kill a supervisor that does not answer; its children die with it."""
    if pid and is_supervisor(pid) and lock.holder(state.supervisor_lock) == pid:
        os.kill(pid, signal.SIGKILL)


def is_supervisor(pid: int) -> bool:
    """Say whether a process is a supervisor, before it is killed on the word of a file."""
    try:
        return b"headgate.sandbox.supervisor" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _sweep(state: StateDir) -> None:
    """Remove what a killed supervisor leaves: its socket and its lock file, which nobody holds."""
    if lock.holder(state.supervisor_lock) is None:
        state.supervisor_socket.unlink(missing_ok=True)
        state.supervisor_lock.unlink(missing_ok=True)


def silent(state: StateDir) -> HeadgateError:
    """Describe a supervisor that holds the lock but does not answer."""
    return HeadgateError(
        "the sandbox's supervisor does not answer",
        where=str(state.supervisor_socket),
        found=f"process {lock.holder(state.supervisor_lock)} holds {state.supervisor_lock.name}",
        expected="an answer on its socket",
        fix="headgate sandbox down, which ends it; then headgate sandbox up",
    )
