"""Large weights into a real registry and out of it: each step in a process of its own, with the memory that it took.

`python -m benchmarks.transfer STEP LOGIN_SERVER SOURCE TARGET` is one step; it prints what it took.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate.model import ModelRegistry, Registry
from headgate.model.credentials import Credentials
from headgate.sandbox.toolchain import tool_path

GIGABYTE = 10**9
NAME, VERSION = "bench/weights", "1.0.0"
STEPS = {
    "push": "push",
    "again": "push, the same again",
    "verify": "verify",
    "pull": "pull",
    "pulled": "pull, the same again",
}
_MOST_MEMORY = 1024


@dataclass(frozen=True)
class Took:
    """What a step took: seconds, the peak of resident memory, bytes read from files and sent to the registry."""

    seconds: float
    megabytes: float
    read: int
    sent: int


def weights(file: Path, size: int) -> None:
    """Make a file of a size. Most of it is a hole, which costs no disk; what is read of it is all the same."""
    with file.open("wb") as handle:
        for at in range(0, size, max(1, size // 16)):
            handle.seek(at)
            handle.write(hashlib.sha256(str(at).encode()).digest()[: size - at])
        handle.truncate(size)


def command(step: str, login_server: str, source: Path, target: Path) -> list[str]:
    """Return the command of a step."""
    return [sys.executable, "-m", "benchmarks.transfer", step, login_server, str(source), str(target)]


def run(step: str, login_server: str, source: Path, target: Path) -> Took:
    """Run a step, and return what it took."""
    answer = subprocess.run(command(step, login_server, source, target), check=True, capture_output=True, text=True)
    return Took(**json.loads(answer.stdout))


def _read_so_far() -> int:
    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(fields["rchar"])


def _step(step: str, login_server: str, source: Path, target: Path) -> Took:
    """Do a step in this process."""
    registry = Registry(login_server, credentials=Credentials())
    request, sent = registry.transport.request, 0

    def counted(method: str, path: str, **options: Any) -> Any:
        nonlocal sent
        sent += len(options.get("body") or b"")
        return request(method, path, **options)

    registry.transport.request = counted  # type: ignore[method-assign]
    models = ModelRegistry(registry)
    read, began = _read_so_far(), time.perf_counter()
    if step in ("push", "again"):
        models.push(source, NAME, VERSION)
    elif step == "verify":
        models.verify(NAME, VERSION)
    else:
        models.pull(NAME, VERSION, target)
    seconds = time.perf_counter() - began
    return Took(seconds, _peak(), _read_so_far() - read, sent)


def _peak() -> float:
    """Return the most memory that this program had at once, in MB; getrusage counts what its parent had, too."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["VmHWM"].split()[0]) / 1024


@contextlib.contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run a registry on loopback, and give its login server."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    config = folder / "registry.yml"
    config.write_text(
        "version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n"
        f"storage: {{filesystem: {{rootdirectory: {folder / 'registry'}}}}}\nhttp: {{addr: 127.0.0.1:{port}}}\n"
    )
    environment = {**os.environ, "OTEL_TRACES_EXPORTER": "none"}
    program = [str(tool_path("registry")), "serve", str(config)]
    process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        while process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def measure(gigabytes: int) -> dict[str, Took]:
    """Push and pull one file of a size, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="hg-bench-") as name:
        folder = Path(name)
        weights(folder / "weights.bin", gigabytes * GIGABYTE)
        with running(folder) as login_server:
            return {step: run(step, login_server, folder / "weights.bin", folder / "pulled") for step in STEPS}


def table(gigabytes: int, found: dict[str, Took]) -> str:
    """Return the results as a table."""
    size = gigabytes * GIGABYTE
    lines = [
        "| step | seconds | MB a second | peak memory | goal | met | read from files |",
        "|---|---|---|---|---|---|---|",
    ]
    for step, took in found.items():
        rate = f"{size / 10**6 / took.seconds:,.0f}" if took.sent >= size or step in ("verify", "pull") else "-"
        met = "yes" if took.megabytes <= _MOST_MEMORY else "no"
        lines.append(
            f"| {STEPS[step]} | {took.seconds:,.1f} | {rate} | {took.megabytes:,.0f} MB | at most 1 GB | {met} "
            f"| {took.read / size:.2f} of its size |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    _, _step_name, _server, _source, _target = sys.argv
    sys.stdout.write(json.dumps(_step(_step_name, _server, Path(_source), Path(_target)).__dict__))
