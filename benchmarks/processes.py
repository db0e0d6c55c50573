"""Where processor time and memory go: of one piece of work, or of a sandbox by what each of its processes is."""

from __future__ import annotations

import os
import resource
import time
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_RESIDENT_PAGES = 21
# The first part of a command line that is found decides.
_ROLES = (
    ("pulumi-resource-kubernetes", "kubernetes stand-in"),
    ("headgate.sandbox.providers.kubernetes", "kubernetes stand-in"),
    ("pulumi-resource-azure-native", "azure-native stand-in"),
    ("headgate.sandbox.providers.azure_native", "azure-native stand-in"),
    ("policies/pack", "policy pack"),
    ("empty_pack", "policy pack"),
    ("pulumi-language-python", "language host and program"),
    ("language_host/executor.py", "language host and program"),
    ("headgate.sandbox.language_host", "language host and program"),
    ("headgate.sandbox.supervisor", "supervisor, other"),
    ("headgate.sandbox.network", "supervisor, other"),
    ("pulumi.automation", "language host and program"),
    ("kube-apiserver", "API server"),
    ("etcd", "etcd"),
    ("kube-controller-manager", "controllers, scheduler, kwok"),
    ("kube-scheduler", "controllers, scheduler, kwok"),
    ("kwok", "controllers, scheduler, kwok"),
    ("pulumi", "engine"),
)


@dataclass(frozen=True)
class Took:
    """What something took: seconds by the clock, and of processor time, that of processes that it waited for too."""

    seconds: float
    processor: float


def took(work: Callable[[], None]) -> Took:
    """Do something in this process, and return what it took."""
    before, began = _used(), time.perf_counter()
    work()
    return Took(time.perf_counter() - began, _used() - before)


def _used() -> float:
    found = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in found)


class Sampler:
    """Processor seconds by role since it was made, of the processes of one sandbox and one project."""

    def __init__(self, marks: list[str]) -> None:
        """Count processes whose command line, folder or environment names one of the marks."""
        self._marks = [mark.encode() for mark in marks]
        self._roles: dict[int, str | None] = {}
        self._seconds: dict[int, float] = {}
        self._memory: list[dict[str, int]] = []
        self.sample()
        self._before = dict(self._seconds)

    def sample(self) -> None:
        """Read every process once; what ended keeps what was last read of it."""
        self._memory.append(defaultdict(int))
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                self._sample(int(folder.name), folder)

    def _sample(self, pid: int, folder: Path) -> None:
        """Read one process, if it is one of those that count."""
        try:
            if pid not in self._roles:
                self._roles[pid] = self._role(folder)
            if self._roles[pid] is not None:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                self._seconds[pid] = (int(fields[11]) + int(fields[12])) / _TICKS
                self._memory[-1][str(self._roles[pid])] += int(fields[_RESIDENT_PAGES]) * _PAGE
        except (OSError, IndexError):
            return

    def _role(self, folder: Path) -> str | None:
        """Return what a process is."""
        command = (folder / "cmdline").read_bytes()
        if not any(mark in command or mark in (folder / "environ").read_bytes() for mark in self._marks):
            return None
        text = command.decode(errors="replace")
        return next((role for part, role in _ROLES if part in text), "supervisor, other")

    def by_role(self) -> dict[str, float]:
        """Return seconds by role, the largest first."""
        totals: dict[str, float] = defaultdict(float)
        for pid, seconds in self._seconds.items():
            role = self._roles[pid]
            if role is not None:
                totals[role] += seconds - self._before.get(pid, 0.0)
        return dict(sorted(totals.items(), key=lambda item: -item[1]))

    def peak(self, roles: Collection[str] | None = None) -> int:
        """Return the most memory (resident bytes) that these roles, or all, had at one moment."""
        return max(
            sum(size for role, size in moment.items() if roles is None or role in roles) for moment in self._memory
        )
