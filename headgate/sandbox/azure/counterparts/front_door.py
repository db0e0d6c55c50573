"""A Front Door profile is one running Caddy, configured from the profile and everything under it.

Owns the process, its configuration file and its reload through the admin socket. Origins are looked up in the network
map, and nowhere else: the edge never leaves this machine.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import logging
import threading
import time
from pathlib import Path

from headgate.errors import HeadgateError
from headgate.sandbox import network
from headgate.sandbox.azure.counterparts.caddy_config import Edge, Listener, configuration, hosts
from headgate.sandbox.azure.types import edge as edge_types
from headgate.sandbox.azure.types import spec_for_id
from headgate.sandbox.azure.types.spec import Body, View
from headgate.sandbox.control import Control, ProcessSpec, TcpProbe, UnixConnection
from headgate.sandbox.files import make_private_directory, write_if_changed
from headgate.sandbox.layout import StateDir
from headgate.sandbox.pki import Authority
from headgate.sandbox.toolchain import tool_path

LOG = logging.getLogger(__name__)
# Nothing listens there: an origin whose name is not in the network map is unreachable, as an unresolvable one is.
NOWHERE = "127.0.0.1:1"
_PORTS = ("https", "http")
_RELOAD_SECONDS = 30.0
_FOLLOW_SECONDS = 1.0


class FrontDoors:
    """The proxies, one per profile. Any child's change applies its whole profile anew."""

    def __init__(self, state: StateDir, control: Control, view: View) -> None:
        """`view` shows the resources as they are stored."""
        self._state = state
        self._control = control
        self._view = view
        self._lock = threading.Lock()

    def ensure(self, body: Body) -> None:
        """Apply the profile that a resource belongs to."""
        self._apply(profile_id(body["id"]))

    def remove(self, body: Body) -> None:
        """Stop the proxy with its profile; children are followed by `settle`, once they are gone."""
        if body["type"].lower() != edge_types.PROFILE.lower():
            return
        with self._lock:
            name = process_name(body["name"])
            self._control.stop_process(name)
            network.withdraw(self._state, name)
            for path in (self._file(body["name"], "json"), self._file(body["name"], "sock")):
                path.unlink(missing_ok=True)

    def settle(self, body: Body) -> None:
        """Apply a profile without what was just removed from it."""
        if body["type"].lower().startswith(edge_types.PROFILE.lower() + "/"):
            self._apply(profile_id(body["id"]))

    def follow_network(self) -> None:
        """Apply the profiles again whenever the network map changes: an origin has come, or has moved."""
        threading.Thread(target=self._follow, name="edge-network", daemon=True).start()

    def _follow(self) -> None:
        seen = network.read(self._state)
        while True:
            time.sleep(_FOLLOW_SECONDS)
            try:
                current = network.read(self._state)
                if current != seen:
                    for profile in self._view.of_type(edge_types.PROFILE):
                        if profile["properties"].get("provisioningState") == "Succeeded":
                            self._apply(profile["id"])
                    seen = current
            except (HeadgateError, OSError) as error:
                LOG.warning("edge: %s", error)

    def _apply(self, arm_id: str) -> None:
        with self._lock:
            profile = self._view.get(arm_id)
            if profile is None or profile["properties"].get("provisioningState") == "Deleting":
                return
            self._configure(self._edge(profile), profile["name"])

    def _configure(self, edge: Edge, profile: str) -> None:
        name = process_name(profile)
        ports = self._control.reserve_ports(name, _PORTS)
        listener = self._listener(profile, hosts(edge), ports)
        document = json.dumps(configuration(edge, listener, self._resolve), indent=1)
        path = self._file(profile, "json")
        changed = write_if_changed(path, document)
        spec = ProcessSpec(
            name=name,
            argv=(str(tool_path("caddy")), "run", "--config", str(path)),
            # The plain port stands in the configuration alone; naming it here lets the supervisor keep it too.
            env={
                "XDG_DATA_HOME": str(path.parent / "data"),
                "XDG_CONFIG_HOME": str(path.parent / "config"),
                "HTTP_PORT": "{port:http}",
            },
            ready=TcpProbe("127.0.0.1:{port:https}"),
            group="edge",
        )
        status = self._control.ensure_process(spec)
        if dict(status.ports) != ports:  # a port was taken meanwhile: once more, with the one that it has now
            listener = self._listener(profile, hosts(edge), dict(status.ports))
            document = json.dumps(configuration(edge, listener, self._resolve), indent=1)
            changed = write_if_changed(path, document)
        if changed:
            reload(listener.admin_socket, document)
        entries = {f"{host}:443": f"127.0.0.1:{listener.https}" for host in hosts(edge)}
        entries |= {f"{host}:80": f"127.0.0.1:{listener.http}" for host in hosts(edge)}
        network.publish(self._state, name, entries)

    def _edge(self, profile: Body) -> Edge:
        def children(arm_type: str) -> list[Body]:
            return [shown(body, self._view) for body in self._view.children(profile["id"], arm_type)
                    if body["properties"].get("provisioningState") != "Deleting"]  # fmt: skip

        return Edge(shown(profile, self._view), *(children(item) for item in (
            edge_types.ENDPOINT, edge_types.ROUTE, edge_types.ORIGIN_GROUP, edge_types.ORIGIN)))  # fmt: skip

    def _listener(self, profile: str, names: list[str], ports: dict[str, int]) -> Listener:
        authority = Authority(self._state)
        pair = authority.server(f"edge-{profile}", [*names, "localhost", "127.0.0.1"])
        socket = str(self._file(profile, "sock"))
        serial = hashlib.sha256(pair.cert.read_bytes()).hexdigest()[:16]
        return Listener(
            ports["https"], ports["http"], socket, str(pair.cert), str(pair.key), str(authority.ca_cert), serial
        )

    def _resolve(self, host: str, port: int) -> str:
        found = network.resolve(self._state, host, port)
        if found is not None:
            return f"{found[0]}:{found[1]}"
        return f"{host}:{port}" if _is_loopback(host) else NOWHERE

    def _file(self, profile: str, suffix: str) -> Path:
        """Return a file of a profile's proxy. The name is short: a socket's whole path may have 107 bytes."""
        return make_private_directory(self._state.root / "edge") / f"{profile.lower()}.{suffix}"


def reload(socket: str, document: str) -> None:
    """Give a running Caddy its new configuration; it takes all of it or none."""
    connection = UnixConnection(socket, _RELOAD_SECONDS)
    try:
        headers = {"Content-Type": "application/json", "Host": "localhost"}
        connection.request("POST", "/load", body=document, headers=headers)
        response = connection.getresponse()
        answer = response.read().decode(errors="replace")
    except OSError as error:
        raise HeadgateError(
            "the edge proxy does not answer", where=socket, found=str(error), fix="headgate sandbox logs"
        ) from error
    finally:
        connection.close()
    if response.status != 200:
        raise HeadgateError("the edge proxy refused its configuration", where=socket, found=answer[:500])


def process_name(profile: str) -> str:
    """Return the name of a profile's process."""
    return f"edge-{profile.lower()}"


def profile_id(arm_id: str) -> str:
    """Return the profile in the id of anything under it."""
    return "/".join(arm_id.split("/")[:9])


def shown(body: Body, view: View) -> Body:
    """Return a stored body with what Azure adds (host names)."""
    found = spec_for_id(body["id"])
    added = found[0].outputs(body, view) if found else {}
    return {**body, "properties": {**body["properties"], **added}}


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
