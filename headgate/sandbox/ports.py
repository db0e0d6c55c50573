"""Free loopback ports, chosen once per (process, name) and kept.

Owns `<state>/supervisor/ports.json`. Ports come from below the kernel's ephemeral range, so that no outgoing connection
of another program takes one while the sandbox is down. From choosing to listening takes seconds, and another sandbox
may start meanwhile: so each port is bound, without listening, for as long as the book is open. A server that allows
reuse of its address, as servers do, binds beside that; whoever else looks for a free port finds it taken.
"""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from headgate.errors import HeadgateError
from headgate.sandbox.files import write_private

FIRST, LAST = 20000, 32767


class PortBook:
    """The ports of one state directory: one writer, the supervisor."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ports = self._load()
        self._claims: dict[int, socket.socket] = {}

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
        for port in held.values():
            self._keep(port)
        return dict(held)

    def renew_taken(self, process: str) -> dict[str, tuple[int, int]]:
        """Choose again each port of `process` that something else listens on; return name -> (old, new)."""
        moved: dict[str, tuple[int, int]] = {}
        for name, port in self._ports.get(process, {}).items():
            if port not in self._claims and not is_free(port):
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
        ports = self._ports.pop(process, None)
        if ports is not None:
            self._save()
            for port in ports.values():
                if claim := self._claims.pop(port, None):
                    claim.close()

    def close(self) -> None:
        """Leave the ports to whoever takes them."""
        for claim in self._claims.values():
            claim.close()
        self._claims.clear()

    def _keep(self, port: int) -> None:
        """Claim a port that was chosen earlier: connections to its last server may linger on it."""
        if port not in self._claims and (claim := _bound(port, reuse=True)):
            self._claims[port] = claim

    def _pick(self) -> int:
        """Return a port that nobody listens on and nobody was promised."""
        promised = {port for ports in self._ports.values() for port in ports.values()}
        start = FIRST + secrets.randbelow(LAST + 1 - FIRST)
        for port in chain(range(start, LAST + 1), range(FIRST, start)):
            if port not in promised and (claim := _bound(port, reuse=False)):
                self._claims[port] = claim
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
    claim = _bound(port, reuse=True)
    if claim:
        claim.close()
    return claim is not None


def _bound(port: int, *, reuse: bool) -> socket.socket | None:
    """Return a socket bound to the loopback port; None when it is taken. Without `reuse`, a mere claim takes it."""
    claim = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
    try:
        claim.bind(("127.0.0.1", port))
    except OSError:
        claim.close()
        return None
    claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, True)
    return claim
