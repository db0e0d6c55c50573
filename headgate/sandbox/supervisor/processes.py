"""The processes that a supervisor runs, by name.

Owns the table, the ports and the environment that children start in. Regions use it for their own processes too.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import defaultdict
from collections.abc import Callable, Iterable

from headgate.sandbox.layout import StateDir
from headgate.sandbox.ports import PortBook
from headgate.sandbox.process import ProcessSpec, ProcessStatus, State
from headgate.sandbox.supervisor.child import Child
from headgate.sandbox.supervisor.logfiles import cut, log_path
from headgate.sandbox.supervisor.tokens import port_names

LOG = logging.getLogger(__name__)
# What a program needs of the shell that started the sandbox. Cloud credentials and proxies are not among it.
PASSED = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "TZ", "VIRTUAL_ENV")
PASSED_PREFIXES = ("HEADGATE_", "COVERAGE_")


class Processes:
    """Every child of the supervisor."""

    def __init__(self, state: StateDir, changed: Callable[[], None]) -> None:
        self._state = state
        self._changed = changed
        self._children: dict[str, Child] = {}
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._settled: set[str] = set()
        self._environment = base_environment(state)
        self.ports = PortBook(state.supervisor / "ports.json")

    def reserve(self, process: str, names: Iterable[str]) -> dict[str, int]:
        """Return the ports of a process; before its first start here, those that somebody took are chosen again."""
        if process not in self._settled:
            self._settled.add(process)
            for name, (old, new) in self.ports.renew_taken(process).items():
                LOG.warning("port %d of %s (%s) is taken by another program; using %d", old, process, name, new)
        return self.ports.reserve(process, names)

    async def ensure(self, spec: ProcessSpec, wait: float) -> ProcessStatus:
        """Have `spec` running, and wait up to `wait` seconds until it is ready."""
        async with self._locks[spec.name]:
            child = self._children.get(spec.name)
            if child is None or child.spec != spec or child.state in (State.FAILED, State.STOPPED):
                if child is not None:
                    await child.stop()
                child = self._begin(spec)
        if wait > 0:
            await child.wait_ready(wait)
        return child.status()

    async def stop(self, name: str) -> None:
        """End a process and take it off the table."""
        async with self._locks[name]:
            child = self._children.get(name)
            if child is not None:
                await child.stop()
                self._children.pop(name, None)
                self._changed()

    async def stop_all(self, names: Iterable[str]) -> None:
        """End processes side by side."""
        await asyncio.gather(*(self.stop(name) for name in names))

    def names(self, group: str | None = None) -> list[str]:
        """Return the names of all processes, or of a group's."""
        return [name for name, child in self._children.items() if group in (None, child.spec.group)]

    def statuses(self, group: str | None = None) -> list[ProcessStatus]:
        """Return every process as it is now, or a group's."""
        return [self._children[name].status() for name in sorted(self.names(group))]

    def cut_logs(self) -> None:
        """Keep every log under its cap."""
        for child in self._children.values():
            cut(child.log)

    def _begin(self, spec: ProcessSpec) -> Child:
        """Start a process that is not on the table, or no longer running."""
        wanted = port_names(spec)
        held = self.reserve(spec.name, wanted)
        ports = {name: held[name] for name in wanted}
        child = Child(spec, ports, self._environment, log_path(self._state.logs, spec.name), self._changed)
        self._children[spec.name] = child
        child.start()
        return child


def base_environment(state: StateDir) -> dict[str, str]:
    """Return what every child gets: the short list above, and which sandbox it belongs to."""
    passed = {key: value for key, value in os.environ.items() if key in PASSED or key.startswith(PASSED_PREFIXES)}
    return {**passed, "HEADGATE_STATE": str(state.root), "PYTHONUNBUFFERED": "1"}
