"""The supervisor's typed client: HTTP with JSON over its unix socket.

Owns the calls that the CLI and Azure in miniature make. Synchronous and thread-safe: one connection a call.
"""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from headgate.errors import Exit, HeadgateError
from headgate.sandbox.layout import StateDir
from headgate.sandbox.process import (
    HttpProbe,
    Probe,
    ProcessSpec,
    ProcessStatus,
    RegionEndpoints,
    RegionSpec,
    RegionStatus,
    State,
    TcpProbe,
)

__all__ = [
    "Control",
    "HttpProbe",
    "Probe",
    "ProcessSpec",
    "ProcessStatus",
    "RegionEndpoints",
    "RegionSpec",
    "RegionStatus",
    "State",
    "TcpProbe",
]

REGION_TIMEOUT = 180.0
# What ends, ends within its grace; the rest is for a machine that is busy with other things.
STOP_TIMEOUT = 120.0


class UnixConnection(http.client.HTTPConnection):
    """An HTTP connection to a unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket instead of a host."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Control:
    """The running supervisor of one state directory."""

    def __init__(self, state: StateDir) -> None:
        self.state = state

    def alive(self) -> bool:
        """Say whether a supervisor answers."""
        try:
            self._call("GET", "/healthz", timeout=5)
        except HeadgateError:
            return False
        return True

    def ensure_process(self, spec: ProcessSpec, wait: float = 30.0) -> ProcessStatus:
        """Have `spec` running: the same spec is left alone, a changed one is restarted. Returns when it is ready.

        `wait=0` returns at once. Raises HeadgateError, with the end of its log, when it is not ready in time.
        """
        path = f"/processes/{quote(spec.name, safe='')}?wait={wait}"
        return ProcessStatus.from_json(self._call("PUT", path, spec.as_json(), timeout=wait + 10))

    def stop_process(self, name: str) -> None:
        """End a process and forget its spec; unknown names are fine. Its ports stay its own for a later start."""
        self._call("DELETE", f"/processes/{quote(name, safe='')}", timeout=STOP_TIMEOUT)

    def processes(self, group: str | None = None) -> list[ProcessStatus]:
        """Return every process, or a group's; a region's processes are of the group that its cluster names."""
        path = "/processes" + (f"?group={quote(group, safe='')}" if group else "")
        return [ProcessStatus.from_json(item) for item in self._call("GET", path)["processes"]]

    def wait_change(self, since: int, timeout: float = 30.0) -> int:
        """Wait until the state of anything has changed after version `since`; return the version now."""
        path = f"/changes?since={since}&timeout={timeout}"
        return int(self._call("GET", path, timeout=timeout + 10)["version"])

    def reserve_ports(self, process: str, names: Iterable[str]) -> dict[str, int]:
        """Return the ports that `{port:NAME}` of `process` will become, for a file that must hold them."""
        body = {"names": list(names)}
        ports: dict[str, int] = self._call("POST", f"/ports/{quote(process, safe='')}", body)["ports"]
        return ports

    def ensure_region(self, spec: RegionSpec) -> RegionEndpoints:
        """Start the control plane of a managed cluster and wait until it is ready; a running one is left alone."""
        path = f"/regions/{quote(spec.cluster, safe='')}"
        return RegionEndpoints.from_json(self._call("PUT", path, spec.as_json(), timeout=REGION_TIMEOUT))

    def delete_region(self, cluster: str) -> None:
        """End a region and wipe its data; unknown names are fine."""
        self._call("DELETE", f"/regions/{quote(cluster, safe='')}", timeout=STOP_TIMEOUT)

    def regions(self) -> list[RegionStatus]:
        """Return every region."""
        return [RegionStatus.from_json(item) for item in self._call("GET", "/regions")["regions"]]

    def shutdown(self) -> None:
        """End every child, in order, then the supervisor. What was running is started again by the next `up`."""
        self._call("POST", "/shutdown", timeout=STOP_TIMEOUT)

    def _call(self, method: str, path: str, body: Any = None, timeout: float = 15.0) -> Any:
        """Make one call; an error that the supervisor reports is raised here as it was there."""
        connection = UnixConnection(str(self.state.supervisor_socket), timeout)
        try:
            payload = None if body is None else json.dumps(body)
            connection.request(method, path, body=payload, headers={"Content-Type": "application/json"})
            response = connection.getresponse()
            document = json.loads(response.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._unreachable(method, path, error) from error
        finally:
            connection.close()
        if response.status >= 400:
            raise error_from_json(document)
        return document

    def _unreachable(self, method: str, path: str, error: Exception) -> HeadgateError:
        """Tell a stopped sandbox from one that does not answer in time."""
        where = str(self.state.supervisor_socket)
        if isinstance(error, TimeoutError):
            return HeadgateError(
                "the sandbox's supervisor did not answer in time",
                where=where,
                found=f"no answer to {method} {path.partition('?')[0]}",
                fix="headgate sandbox logs supervisor; then headgate sandbox down, and up again",
            )
        return HeadgateError(
            "the sandbox is not running",
            where=where,
            found=getattr(error, "strerror", None) or str(error) or type(error).__name__,
            fix="headgate sandbox up",
        )


def error_from_json(document: dict[str, Any]) -> HeadgateError:
    """Rebuild the error that the supervisor answered with."""
    return HeadgateError(
        document.get("error") or "the supervisor refused the call",
        where=document.get("where"),
        found=document.get("found"),
        expected=document.get("expected"),
        fix=document.get("fix"),
        exit_code=Exit(document.get("exit_code", Exit.NOT_EVALUATED)),
    )
