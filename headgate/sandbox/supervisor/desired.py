"""What shall run, kept on disk, so that the next `up` brings all of it back.

Owns `<state>/supervisor/desired.json` (0600: environments may hold tokens). One writer: the supervisor.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headgate.errors import HeadgateError
from headgate.sandbox.files import write_private
from headgate.sandbox.process import ProcessSpec, RegionSpec

# A region's number is the third byte of its load balancers' addresses, 10.64.N.x.
LAST_REGION = 254


class Desired:
    """Processes by name and regions by cluster, each region with a number of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.processes: dict[str, ProcessSpec] = {}
        self.regions: dict[str, RegionSpec] = {}
        self._numbers: dict[str, int] = {}
        self._load()

    def number(self, cluster: str) -> int:
        """Return the region's number."""
        return self._numbers[cluster]

    def put_process(self, spec: ProcessSpec) -> None:
        """Want a process."""
        if self.processes.get(spec.name) != spec:
            self.processes[spec.name] = spec
            self._save()

    def drop_processes(self, names: list[str]) -> None:
        """No longer want processes."""
        if [self.processes.pop(name) for name in names if name in self.processes]:
            self._save()

    def put_region(self, spec: RegionSpec) -> None:
        """Want a region."""
        if self.regions.get(spec.cluster) == spec:
            return
        self.regions[spec.cluster] = spec
        if spec.cluster not in self._numbers:
            taken = set(self._numbers.values())
            self._numbers[spec.cluster] = next(n for n in range(1, LAST_REGION + 1) if n not in taken)
        self._save()

    def drop_region(self, cluster: str) -> None:
        """No longer want a region; its number is free again."""
        self._numbers.pop(cluster, None)
        if self.regions.pop(cluster, None) is not None:
            self._save()

    def _load(self) -> None:
        """Read the file; none is an empty sandbox, a damaged one is an error."""
        try:
            document: Mapping[str, Any] = json.loads(self._path.read_text())
            self.processes = {name: ProcessSpec.from_json(spec) for name, spec in document["processes"].items()}
            self.regions = {name: RegionSpec.from_json(row["spec"]) for name, row in document["regions"].items()}
            self._numbers = {name: int(row["number"]) for name, row in document["regions"].items()}
        except FileNotFoundError:
            return
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise HeadgateError(
                "the record of what the sandbox runs is damaged",
                where=str(self._path),
                found=f"{type(error).__name__}: {error}",
                fix="headgate sandbox reset, then make up",
            ) from error

    def _save(self) -> None:
        """Write the file."""
        document = {
            "processes": {name: spec.as_json() for name, spec in self.processes.items()},
            "regions": {
                name: {"spec": spec.as_json(), "number": self._numbers[name]} for name, spec in self.regions.items()
            },
        }
        write_private(self._path, json.dumps(document, indent=1) + "\n")
