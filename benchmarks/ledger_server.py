"""The ledger's server: its memory as the ledger grows, and how long its writer takes to open what a crash left."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.processes import Took, took
from headgate.audit import Ledger
from headgate.audit.client import send
from headgate.errors import HeadgateError

_TOKEN = "0123456789abcdef0123456789abcdef"  # noqa: S105  of a server that lives for a measurement
_BATCH = 2000
_CLIENTS, _LOADED_SECONDS = 4, 2
# What waits for a checkpoint is published at 4 MB: the most that a crash can leave.
_LEFT = 3 * 1024 * 1024


def memory(folder: Path, few: int, many: int) -> tuple[int, int]:
    """Return the server's resident memory in kilobytes with few entries, and with many."""
    with _serving(folder) as (process, address):
        _fill(address, few)
        first = _resident(process.pid)
        _fill(address, many - few)
        return first, _resident(process.pid)


def restarting(folder: Path, kills: int) -> list[Took]:
    """Kill the server so often while clients append; return what it takes until it takes entries again, in order."""
    entry = json.dumps({"kind": "decision", "time": "2026-01-31T12:00:00Z", "actor": "a", "subject": "s", "data": 1})
    restarts = []
    for _ in range(kills):
        with _serving(folder) as (process, address), ThreadPoolExecutor(_CLIENTS) as clients:
            load = [clients.submit(_append_until_gone, address) for _ in range(_CLIENTS)]
            wait(load, timeout=_LOADED_SECONDS)
            process.kill()
        begun = time.monotonic()
        with _serving(folder) as (process, address):
            send(entry.encode(), address, _TOKEN)
            restarts.append(Took(time.monotonic() - begun, _processor(process.pid)))
    return sorted(restarts, key=lambda each: each.seconds)


def _processor(process: int) -> float:
    """Return what a process has taken of the processor, in seconds."""
    user, system = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _append_until_gone(address: str) -> None:
    """Append through the server until it does not answer."""
    with suppress(HeadgateError):
        while True:
            _fill(address, _BATCH)


@contextmanager
def _serving(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the server over a ledger below a folder, until it is left or killed; yield it and its address."""
    (folder / "token").write_text(_TOKEN)
    options = ["--ledger", str(folder / "served"), "--token-file", str(folder / "token")]
    command = [sys.executable, "-m", "headgate.audit.collector", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None:
                raise RuntimeError("the server has no output")
            yield process, process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def _fill(address: str, count: int) -> None:
    """Append entries through the server."""
    entry = {"kind": "decision", "time": "2026-01-31T12:00:00Z", "actor": "a", "subject": "s", "data": "x" * 100}
    body = "\n".join([json.dumps(entry)] * _BATCH).encode()
    for _ in range(count // _BATCH):
        send(body, address, _TOKEN)


def _resident(process: int) -> int:
    """Return a process's resident memory in kilobytes."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return int(found[1]) if found else 0


def reopening(root: Path) -> Took:
    """Return what it takes to open a ledger whose writer was killed with as much unpublished as can be."""
    child = os.fork()
    if not child:
        ledger = Ledger(root)
        while (root / "pending").stat().st_size < _LEFT:
            ledger.append([b"x" * 1000] * 500)
        os._exit(9)
    os.waitpid(child, 0)
    return took(lambda: Ledger(root).close())
