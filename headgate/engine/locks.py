"""Stack locks of Pulumi's file back end: who holds one, and whether that process still lives.

A lock is a JSON file with process id, user, host and time. A killed process leaves it behind, and Pulumi then refuses
every update until somebody runs `pulumi cancel`. A lock of this host whose process is gone, or is younger than the lock
(the number was given again), is dead and is cleared; any other one is respected.
"""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from headgate.errors import HeadgateError

# The clock of /proc counts hundredths from boot, and the boot time itself is known to a second.
_CLOCK_SLACK_SECONDS = 2.0


@dataclass(frozen=True)
class Lock:
    """One lock file."""

    path: Path
    pid: int
    user: str
    host: str
    taken: datetime

    @property
    def dead(self) -> bool:
        """Whether its process certainly is gone. A lock of another host is never called dead."""
        if self.host != socket.gethostname():
            return False
        started = process_started(self.pid)
        return started is None or started > self.taken.timestamp() + _CLOCK_SLACK_SECONDS

    def __str__(self) -> str:
        """Name the holder."""
        return f"process {self.pid} of {self.user}@{self.host}, since {self.taken.isoformat(timespec='seconds')}"


def stack_locks(backend: Path, project: str, stack: str) -> list[Lock]:
    """Return the locks of a stack. A lock that can't be read is a crash in the middle of writing it: dead."""
    folder = backend / ".pulumi" / "locks" / "organization" / project / stack
    return [_read(path) for path in sorted(folder.glob("*.json"))]


def clear_dead(backend: Path, project: str, stack: str) -> list[Lock]:
    """Remove dead locks and return them; a live one is an error that names its holder."""
    locks = stack_locks(backend, project, stack)
    living = [lock for lock in locks if not lock.dead]
    if living:
        raise HeadgateError(
            f"stack {stack} is being updated by somebody else",
            where=str(living[0].path),
            found=str(living[0]),
            expected="no lock, or that of a process that is gone",
            fix=f"wait for it to end; if it hangs: kill {living[0].pid}, then run the command again",
        )
    for lock in locks:
        lock.path.unlink(missing_ok=True)
    return locks


def process_started(pid: int) -> float | None:
    """Return when a process started (seconds since the epoch), None if there is none, 0.0 if only that is known."""
    if pid <= 0:
        return None
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        boot = next(line for line in Path("/proc/stat").read_text(encoding="utf-8").splitlines() if "btime" in line)
    except FileNotFoundError:
        return 0.0 if not Path("/proc/stat").exists() and _signals(pid) else None
    except (OSError, StopIteration):
        return 0.0
    if fields[0] == "Z":
        return None
    return float(boot.split()[1]) + int(fields[19]) / os.sysconf("SC_CLK_TCK")


def _signals(pid: int) -> bool:
    """Whether a process takes signals: for systems without /proc."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _read(path: Path) -> Lock:
    """Read a lock file."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        taken = datetime.fromisoformat(content["timestamp"])
        return Lock(path, int(content["pid"]), str(content["username"]), str(content["hostname"]), taken)
    except (OSError, ValueError, KeyError, TypeError):
        return Lock(path, 0, "?", socket.gethostname(), datetime.now(UTC))
