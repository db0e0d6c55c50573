"""What a person sees while tools are built: live bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from headgate.sandbox.toolchain.catalogue import Tool

if TYPE_CHECKING:
    # Whoever asks where a tool is, as each gate does when it begins, shows no progress.
    from rich.console import Console
    from rich.progress import Progress, TaskID

_PLAIN_EVERY = 30.0


class Reporter(Protocol):
    """What a build tells. Called from worker threads; implementations are thread-safe."""

    def found(self, tool: Tool, path: Path, source: str) -> None:
        """Tell that nothing is to be built."""

    def started(self, tool: Tool, log: Path) -> None:
        """Tell that a build begins."""

    def waiting(self, tool: Tool, holder: str) -> None:
        """Tell that another process builds this tool."""

    def running(self, tool: Tool, seconds: float) -> None:
        """Tell that a build goes on (about twice a second)."""

    def repaired(self, tool: Tool, damage: str) -> None:
        """Tell that a cache entry was damaged and is built anew."""

    def finished(self, tool: Tool, seconds: float, path: Path) -> None:
        """Tell that a tool is ready."""

    def failed(self, tool: Tool) -> None:
        """Tell that a build failed; the error itself is raised."""


class Silent:
    """Tells nothing."""

    def found(self, tool: Tool, path: Path, source: str) -> None:
        """Tell nothing."""

    def started(self, tool: Tool, log: Path) -> None:
        """Tell nothing."""

    def waiting(self, tool: Tool, holder: str) -> None:
        """Tell nothing."""

    def running(self, tool: Tool, seconds: float) -> None:
        """Tell nothing."""

    def repaired(self, tool: Tool, damage: str) -> None:
        """Tell nothing."""

    def finished(self, tool: Tool, seconds: float, path: Path) -> None:
        """Tell nothing."""

    def failed(self, tool: Tool) -> None:
        """Tell nothing."""


class Plain(Silent):
    """One line per event: what logs and CI jobs want."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._next: dict[str, float] = {}

    def _say(self, tool: Tool, text: str) -> None:
        with self._lock:
            self._console.print(f"{tool.name:<24} {text}", highlight=False, markup=False, soft_wrap=True)

    def found(self, tool: Tool, path: Path, source: str) -> None:
        """Name the program that is used, and where it came from."""
        self._say(tool, f"{tool.version:<9} {source}: {path}")

    def started(self, tool: Tool, log: Path) -> None:
        """Name the version, the estimate and the log."""
        self._next[tool.name] = _PLAIN_EVERY
        self._say(tool, f"{tool.version:<9} building, about {_span(tool.estimate)} (log: {log})")

    def waiting(self, tool: Tool, holder: str) -> None:
        """Name who builds."""
        self._say(tool, f"{tool.version:<9} waiting: {holder} builds it")

    def running(self, tool: Tool, seconds: float) -> None:
        """Speak every half a minute."""
        if seconds >= self._next.get(tool.name, _PLAIN_EVERY):
            self._next[tool.name] = seconds + _PLAIN_EVERY
            self._say(tool, f"{tool.version:<9} building, {_span(seconds)} of about {_span(tool.estimate)}")

    def repaired(self, tool: Tool, damage: str) -> None:
        """Name the damage."""
        self._say(tool, f"{tool.version:<9} the cached program is damaged ({damage}): building it anew")

    def finished(self, tool: Tool, seconds: float, path: Path) -> None:
        """Name the time and the program."""
        self._say(tool, f"{tool.version:<9} built in {_span(seconds)}: {path}")

    def failed(self, tool: Tool) -> None:
        """Name the tool."""
        self._say(tool, f"{tool.version:<9} FAILED")


class Live(Plain):
    """A bar per running build against its estimate. An overrun shows as such, not as a bar that stands at 99 %."""

    def __init__(self, console: Console, progress: Progress) -> None:
        super().__init__(console)
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}
        self._began: dict[str, float] = {}

    def started(self, tool: Tool, log: Path) -> None:
        """Add the tool's bar."""
        self._began[tool.name] = time.monotonic()
        self._tasks[tool.name] = self._progress.add_task(
            f"{tool.name} {tool.version}", total=tool.estimate, note=f"about {_span(tool.estimate)}"
        )

    def running(self, tool: Tool, seconds: float) -> None:
        """Move the bar; past the estimate, say so."""
        task = self._tasks.get(tool.name)
        if task is None:
            return
        over = seconds > tool.estimate
        note = f"longer than the estimate of {_span(tool.estimate)}" if over else f"about {_span(tool.estimate)}"
        self._progress.update(task, completed=min(seconds, tool.estimate * 0.98), note=note)

    def finished(self, tool: Tool, seconds: float, path: Path) -> None:
        """Replace the bar by a line."""
        self._drop(tool)
        super().finished(tool, seconds, path)

    def failed(self, tool: Tool) -> None:
        """Replace the bar by a line."""
        self._drop(tool)
        super().failed(tool)

    def _drop(self, tool: Tool) -> None:
        task = self._tasks.pop(tool.name, None)
        if task is not None:
            self._progress.remove_task(task)


@contextmanager
def reporting(console: Console) -> Iterator[Reporter]:
    """Choose by what the console is: bars on a terminal, lines elsewhere."""
    if not console.is_terminal:
        yield Plain(console)
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", style="bold"),
        BarColumn(bar_width=28),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}", style="dim"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield Live(console, progress)


def _span(seconds: float) -> str:
    """Write a duration as people say it."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
