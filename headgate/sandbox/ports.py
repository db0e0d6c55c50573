"""Free loopback ports, chosen once per (process, name) and kept.

Owns `<state>/supervisor/ports.json`. Ports come from below the kernel's ephemeral range, so that no outgoing connection
of another program takes one while the sandbox is down.
"""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Iterable
from pathlib import Path

from headgate.errors import HeadgateError
from headgate.sandbox.files import write_private

FIRST, LAST = 20000, 32767


class PortBook:
    """The ports of one state directory: one writer, the supervisor."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ports = self._load()

    def of(self, process: str) -> dict[str, int]:
        """Return the ports chosen for a process so far."""
        return dict(self._ports.get(process, {}))

    def reserve(self, process: str, names: Iterable[str]) -> dict[str, int]:
        """Return the ports of `process` by name, choosing those that it has not got yet."""
        held = self._ports.setdefault(process, {})
        missing = [name for name in dict.fromkeys(names) if name not in held]
        for name in missing:
            held[name] = self._pick()
        if missing:
            self._save()
        return dict(held)

    def renew_taken(self, process: str) -> dict[str, tuple[int, int]]:
        """Choose again each port of `process` that something else listens on; return name -> (old, new)."""
        moved: dict[str, tuple[int, int]] = {}
        for name, port in self._ports.get(process, {}).items():
            if not is_free(port):
                moved[name] = (port, self._pick())
        for name, (_, port) in moved.items():
            self._ports[process][name] = port
        if moved:
            self._save()
        return moved

    def owners(self, prefix: str) -> list[str]:
        """Return the processes whose names begin with `prefix`."""
        return [process for process in self._ports if process.startswith(prefix)]

    def release(self, process: str) -> None:
        """Give back the ports of a process that will not come again."""
        if self._ports.pop(process, None) is not None:
            self._save()

    def _pick(self) -> int:
        """Return a port that nobody listens on and nobody was promised."""
        promised = {port for ports in self._ports.values() for port in ports.values()}
        candidates = [port for port in range(FIRST, LAST + 1) if port not in promised]
        random.SystemRandom().shuffle(candidates)
        for port in candidates:
            if is_free(port):
                return port
        raise HeadgateError(
            "no free loopback port is left for the sandbox",
            expected=f"a free port in {FIRST}-{LAST}",
            fix="end programs that listen there: ss -ltnp",
        )

    def _load(self) -> dict[str, dict[str, int]]:
        """Read the book; a damaged one is begun anew, since every port can be chosen again."""
        try:
            document = json.loads(self._path.read_text())
            return {
                str(process): {str(name): int(port) for name, port in ports.items()}
                for process, ports in document.items()
            }
        except (FileNotFoundError, ValueError, AttributeError):
            return {}

    def _save(self) -> None:
        """Write the book."""
        write_private(self._path, json.dumps(self._ports, indent=1, sort_keys=True) + "\n")


def is_free(port: int) -> bool:
    """Say whether a server could listen on the loopback port now; connections that linger do not count."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
