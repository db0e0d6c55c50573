"""The sandbox's network map: which real process stands behind a name such as `hgplatformsandbox.azurecr.io:443`.

Owns the files under `<state>/network`: one per owner, so that each process replaces its own entries and no other's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from headgate.errors import HeadgateError
from headgate.sandbox.files import write_if_changed
from headgate.sandbox.layout import StateDir

Address = tuple[str, int]


def publish(state: StateDir, owner: str, entries: Mapping[str, str]) -> None:
    """Replace the entries of `owner`; none at all removes its file."""
    for name, target in entries.items():
        split(name)
        split(target)
    path = owner_file(state, owner)
    if not entries:
        path.unlink(missing_ok=True)
        return
    write_if_changed(path, json.dumps(dict(sorted(entries.items())), indent=1) + "\n")


def withdraw(state: StateDir, owner: str) -> None:
    """Remove the entries of `owner`."""
    publish(state, owner, {})


def read(state: StateDir) -> dict[str, str]:
    """Return the merged map. Of two owners that name one address, the first in the order of names has it."""
    merged: dict[str, str] = {}
    if not state.network.is_dir():
        return merged
    for path in sorted(state.network.glob("*.json")):
        for name, target in entries_of(path).items():
            merged.setdefault(name, target)
    return merged


def resolve(state: StateDir, host: str, port: int) -> Address | None:
    """Return the real address behind `host:port`, or None for a name that the sandbox does not have."""
    target = read(state).get(f"{host.lower().rstrip('.')}:{port}")
    return split(target) if target else None


def entries_of(path: Path) -> dict[str, str]:
    """Read one owner's file; one that vanished meanwhile is empty, one that is damaged is an error."""
    try:
        document = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise HeadgateError(
            "a file of the network map is damaged",
            where=str(path),
            found=str(error),
            expected='{"host:port": "127.0.0.1:port"}',
            fix=f"rm {path}; its owner writes it again when it restarts",
        ) from error
    return {str(name).lower(): str(target) for name, target in document.items()}


def owner_file(state: StateDir, owner: str) -> Path:
    """Return the file of one owner, whose name is one path segment."""
    if not owner or "/" in owner or owner.startswith("."):
        raise HeadgateError("not a name for an owner of network map entries", found=repr(owner), expected="one word")
    return state.network / f"{owner}.json"


def split(address: str) -> Address:
    """Split `host:port`."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise HeadgateError("not an address of the network map", found=repr(address), expected="host:port")
    return host, int(port)
