"""Starts programs that can't outlive the one who started them.

Owns the parent-death signal. Linux sends it when the *thread* that forked ends, so only the main thread may spawn.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
# Loaded before any fork: nothing may be imported between fork and exec.
_LIBC = ctypes.CDLL(None, use_errno=True)


def spawn(argv: Sequence[str], environment: Mapping[str, str], cwd: str | None, log: Path) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, its output appended to `log`, its life bound to this process."""
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("children must be spawned by the main thread: their lives are bound to it")
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        # The hook makes two system calls through a library that is already loaded, which is safe after fork.
        return subprocess.Popen(
            argv,
            env=dict(environment),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
            preexec_fn=_die_with(os.getpid()),  # noqa: PLW1509
        )
    finally:
        os.close(descriptor)


def _die_with(parent: int) -> Callable[[], None]:
    """Return the hook that binds the child to `parent`."""

    def hook() -> None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        # The parent may have died before the call: then no signal will ever come.
        if os.getppid() != parent:
            os._exit(1)

    return hook


def signal_group(pid: int, number: signal.Signals) -> None:
    """Signal a child and what it started in its session; one that is gone is fine."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def memory_bytes(pid: int | None) -> int:
    """Return the memory that a process takes up, 0 when it is gone.

    Its proportional set: two regions run the same programs, and a page that both have is in memory once.
    """
    if pid is None:
        return 0
    try:
        content = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        return next(int(line.split()[1]) for line in content.splitlines() if line.startswith("Pss:")) * 1024
    except (OSError, StopIteration, IndexError, ValueError):
        return 0
