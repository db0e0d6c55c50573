"""Build one tool: lock, `go build` in a process group of its own, then one rename into the cache."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

from headgate.errors import HeadgateError
from headgate.sandbox.toolchain import diagnosis, edits, goinstall, lock, store
from headgate.sandbox.toolchain.catalogue import Tool
from headgate.sandbox.toolchain.goinstall import Go
from headgate.sandbox.toolchain.pins import required_go
from headgate.sandbox.toolchain.progress import Reporter

_GRACE_SECONDS = 5.0


class InterruptedBuildError(HeadgateError):
    """The build was told to stop; nothing of it is left."""


def build(tool: Tool, reporter: Reporter, stop: threading.Event, *, thorough: bool = False) -> Path:
    """Return the tool's program, building it unless a whole one is in the cache.

    Two calls for one tool, in whichever processes, build it once: the second waits and finds the result.
    """
    go = goinstall.usable(required_go(tool.family), tool.family)
    target = store.entry(tool, go.version)
    try:
        with lock.exclusive(tool.name, lambda holder: reporter.waiting(tool, holder), stop):
            damage = target.damage(thorough=thorough) if target.directory.exists() else "missing"
            if damage is None:
                reporter.found(tool, target.binary, "cache")
                return target.binary
            if damage != "missing":
                reporter.repaired(tool, damage)
            return _compile(target, go, reporter, stop)
    except OSError as error:
        raise _unwritable(tool, error) from error


def log_path(tool: Tool) -> Path:
    """Return the log of a tool's last build."""
    return store.cache_root() / "logs" / f"{tool.name}.log"


def _compile(target: store.Entry, go: Go, reporter: Reporter, stop: threading.Event) -> Path:
    """Run the build into a temporary directory beside the entry, and make that the entry."""
    tool, log = target.tool, log_path(target.tool)
    log.parent.mkdir(parents=True, exist_ok=True)
    workplace = target.directory.parent / f".{target.directory.name}.building"
    shutil.rmtree(workplace, ignore_errors=True)
    workplace.mkdir(parents=True)
    changed = target.directory.parent / f".{target.directory.name}.edited"
    shutil.rmtree(changed, ignore_errors=True)
    changed.mkdir()
    reporter.started(tool, log)
    began = time.monotonic()
    try:
        more = edits.flags(tool, go.executable, _environment(), changed)
        returncode = _run(_command(tool, go, workplace / tool.name, more), tool, log, reporter, stop)
        if returncode:
            raise diagnosis.explain(tool, log.read_text(encoding="utf-8", errors="replace"), log, returncode)
        store.commit(target, workplace / tool.name, go.version, time.monotonic() - began)
    except BaseException:
        reporter.failed(tool)
        raise
    finally:
        shutil.rmtree(workplace, ignore_errors=True)
        shutil.rmtree(changed, ignore_errors=True)
    reporter.finished(tool, time.monotonic() - began, target.binary)
    return target.binary


def _command(tool: Tool, go: Go, output: Path, more: list[str]) -> list[str]:
    """Return the `go build` of a tool. Flags are spelled out: nothing depends on the machine's `go env`."""
    tags = [f"-tags={tool.tags}"] if tool.tags else []
    flags = ["-trimpath", "-buildvcs=false", "-mod=readonly", f"-ldflags={tool.ldflags}", *more]
    return [str(go.executable), "build", *flags, *tags, "-o", str(output), tool.package]


def _environment() -> dict[str, str]:
    """Return Go's environment: this Go and no other, our go.mod and no workspace, no flags from outside."""
    return {**os.environ, "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": "-buildvcs=false"}


def _run(command: list[str], tool: Tool, log: Path, reporter: Reporter, stop: threading.Event) -> int:
    """Run a build with its output in the log; end its whole process group when told to stop."""
    began = time.monotonic()
    with log.open("wb") as output:
        child = subprocess.Popen(
            command,
            cwd=tool.folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    return child.wait(timeout=0.1)
                reporter.running(tool, time.monotonic() - began)
                if stop.is_set():
                    raise InterruptedBuildError(
                        "interrupted", where=tool.name, fix="run the command again: finished tools are kept"
                    )
        finally:
            _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a build and the compilers under it: asked first, then killed."""
    if child.poll() is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(timeout=_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _unwritable(tool: Tool, error: OSError) -> HeadgateError:
    """Say which file of the cache could not be written, and why."""
    return HeadgateError(
        f"{tool.name} could not be put into the tool cache",
        where=str(error.filename or store.cache_root()),
        found=error.strerror or str(error),
        expected="a directory that you may write, with room",
        fix="free space, correct the owner, or set HEADGATE_TOOLS to another directory",
    )
