"""One run of the Pulumi CLI: its own process group, its output in files, signals forwarded so that it ends well."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from headgate.sandbox.toolchain import tool_path

_TICK_SECONDS = 0.1


@dataclass(frozen=True)
class Finished:
    """How a run ended."""

    returncode: int
    output: Path
    stderr: str
    interrupted: bool

    def text(self) -> str:
        """Return what it printed."""
        return self.output.read_text(encoding="utf-8", errors="replace")


@dataclass(frozen=True)
class Pulumi:
    """The CLI in one environment and project."""

    environment: Mapping[str, str]
    project: Path

    def run(
        self,
        arguments: Sequence[str],
        *,
        output: Path,
        tick: Callable[[], None] = lambda: None,
        on_start: Callable[[int], None] = lambda _pid: None,
    ) -> Finished:
        """Run the CLI with stdout in `output`, calling `tick` about ten times a second.

        Ctrl-C and SIGTERM reach it as SIGINT, on which it finishes what is under way and writes the state; a
        second one kills it and all that it started.
        """
        errors = output.with_name(f"{output.name}.stderr")
        with output.open("wb") as out, errors.open("wb") as err:
            child = subprocess.Popen(
                [tool_path("pulumi"), "--non-interactive", "--color=never", *arguments],
                cwd=self.project,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
                # The engine writes the state, which holds all that was asked for, as its umask lets it.
                umask=0o077,
            )
            with _forwarding(child) as interrupted:
                try:
                    on_start(child.pid)
                    while child.poll() is None:
                        with contextlib.suppress(subprocess.TimeoutExpired):
                            child.wait(timeout=_TICK_SECONDS)
                        tick()
                except BaseException:
                    _kill(child)
                    raise
            tick()
        return Finished(
            child.returncode,
            output,
            errors.read_text(encoding="utf-8", errors="replace"),
            interrupted.is_set(),
        )


@contextlib.contextmanager
def _forwarding(child: subprocess.Popen[bytes]) -> Iterator[threading.Event]:
    """Forward signals while the child runs. In another thread than the main one, signals are the caller's business."""
    interrupted = threading.Event()

    def forward(_number: int, _frame: FrameType | None) -> None:
        if interrupted.is_set():
            _kill(child)
        else:
            interrupted.set()
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(signal.SIGINT)

    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return
    before = {number: signal.signal(number, forward) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _kill(child: subprocess.Popen[bytes]) -> None:
    """Kill the CLI; its plugins end when their pipes close."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
