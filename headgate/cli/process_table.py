"""The table of processes that `headgate sandbox status` prints: a terminal of 80 columns cuts nothing of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.table import Table

from headgate.sandbox.process import ProcessStatus, State

MIB = 1024 * 1024
WIDE = 116
_COLOURS = {"ready": "green", "starting": "cyan", "stopped": "dim"}


def process_table(processes: Sequence[ProcessStatus], prefix: str, width: int) -> Table:
    """Return processes as rows, for a terminal of `width` columns. Names lose the prefix that all of them have."""
    is_wide = width >= WIDE
    room = 46 if is_wide else 33
    has_restarts = is_wide or any(each.restarts for each in processes)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("  process", no_wrap=True, min_width=room)
    table.add_column("state", no_wrap=True, min_width=5)
    table.add_column("pid", no_wrap=True, justify="right", min_width=5)
    table.add_column("memory", no_wrap=True, justify="right", min_width=6)
    if has_restarts:
        table.add_column("restarts", no_wrap=True, justify="right")
    table.add_column("ports", overflow="fold")
    for each in processes:
        name = "\n".join(broken(f"  {each.name.removeprefix(prefix)}", room))
        memory = f"{each.memory / MIB:.0f} MB" if each.memory else ""
        ports = (" " if is_wide else "\n").join(f"{port}:{number}" for port, number in each.ports.items())
        restarts = [str(each.restarts)] if has_restarts else []
        table.add_row(name, coloured(each.state), str(each.pid or ""), memory, *restarts, ports)
    return table


def broken(name: str, width: int) -> list[str]:
    """Break a process's name into lines where it has a slash or a dot, so that all of it shows."""
    lines = [""]
    for part in re.findall(r"[^./]+[./]?", name):
        if lines[-1] and len(lines[-1]) + len(part) > width:
            lines.append("    ")
        lines[-1] += part
    return lines


def coloured(state: State) -> str:
    """Return a state in its colour."""
    return f"[{_COLOURS.get(state, 'red')}]{state}[/]"
