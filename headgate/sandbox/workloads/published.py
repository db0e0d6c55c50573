"""Where the real processes of a region listen: written by the workload runner, read by the egress proxy.

Owns `<region>/workloads.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from headgate.sandbox.files import write_if_changed


@dataclass(frozen=True)
class Published:
    """One real process: its pods' labels, and the loopback port behind each container port, by number and by name."""

    namespace: str
    deployment: str
    container: str
    process: str
    labels: Mapping[str, str]
    ports: Mapping[str, int]

    def behind(self, namespace: str, selector: Mapping[str, str]) -> bool:
        """Say whether a Service with this selector reaches the process."""
        return (
            namespace == self.namespace
            and bool(selector)
            and all(self.labels.get(key) == value for key, value in selector.items())
        )


def publish(directory: Path, rows: Sequence[Published]) -> None:
    """Replace the list."""
    document: list[dict[str, Any]] = [asdict(row) for row in rows]
    write_if_changed(published_path(directory), json.dumps(document, indent=1, sort_keys=True) + "\n")


def read(directory: Path) -> list[Published]:
    """Read the list; before the runner has written it, it is empty."""
    try:
        return [Published(**row) for row in json.loads(published_path(directory).read_text())]
    except FileNotFoundError:
        return []


def published_path(directory: Path) -> Path:
    """Return where the list of a region is."""
    return directory / "workloads.json"
