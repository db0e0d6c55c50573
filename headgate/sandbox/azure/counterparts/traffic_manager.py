"""A Traffic Manager profile is one running resolver, told of the profile and its endpoints by a file.

Owns the process, that file, and the two names under which it is reached: the profile's own, and the host of its probes,
for which you would make a CNAME record.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

from headgate.sandbox import network
from headgate.sandbox.azure.types import traffic as types
from headgate.sandbox.azure.types.spec import Body, View
from headgate.sandbox.control import Control, ProcessSpec, TcpProbe
from headgate.sandbox.files import make_private_directory, write_if_changed
from headgate.sandbox.layout import StateDir


class TrafficManagers:
    """The resolvers, one per profile. Any endpoint's change is written into its profile's file."""

    def __init__(self, state: StateDir, control: Control, view: View) -> None:
        """`view` shows the resources as they are stored."""
        self._state = state
        self._control = control
        self._view = view
        self._lock = threading.Lock()

    def ensure(self, body: Body) -> None:
        """Apply the profile that a resource belongs to."""
        self._apply(types.profile_id(body["id"]))

    def remove(self, body: Body) -> None:
        """Stop the resolver with its profile; endpoints are followed by `settle`, once they are gone."""
        if body["type"].lower() != types.PROFILE.lower():
            return
        with self._lock:
            name = process_name(body["name"])
            self._control.stop_process(name)
            network.withdraw(self._state, name)
            path = self._file(body["name"])
            for each in (path, path.with_suffix(".status.json")):
                each.unlink(missing_ok=True)

    def settle(self, body: Body) -> None:
        """Apply a profile without what was just removed from it."""
        if body["type"].lower().startswith(types.PROFILE.lower() + "/"):
            self._apply(types.profile_id(body["id"]))

    def _apply(self, arm_id: str) -> None:
        with self._lock:
            profile = self._view.get(arm_id)
            if profile is None or profile["properties"].get("provisioningState") == "Deleting":
                return
            path = self._file(profile["name"])
            document = described(profile, self._view.children(arm_id, types.ENDPOINT))
            write_if_changed(path, json.dumps(document, indent=1) + "\n")
            status = self._control.ensure_process(self._spec(profile["name"]))
            address = f"127.0.0.1:{dict(status.ports)['https']}"
            hosts = (types.host_name(profile), document["monitor"]["host"])
            network.publish(
                self._state,
                process_name(profile["name"]),
                {f"{host}:443": address for host in hosts if profile["properties"].get("profileStatus") != "Disabled"},
            )

    def _spec(self, profile: str) -> ProcessSpec:
        return ProcessSpec(
            name=process_name(profile),
            argv=(
                sys.executable, "-P", "-m", "headgate.sandbox.resolver", "--state", str(self._state.root),
                "--profile", str(self._file(profile)), "--port", "{port:https}",
            ),
            ready=TcpProbe("127.0.0.1:{port:https}"),
            group="edge",
        )  # fmt: skip

    def _file(self, profile: str) -> Any:
        return make_private_directory(self._state.root / "edge") / f"{process_name(profile)}.json"


def described(profile: Body, endpoints: list[Body]) -> dict[str, Any]:
    """Return what a resolver must know of a profile, defaults filled in as Azure fills them."""
    properties = profile["properties"]
    monitor = properties.get("monitorConfig") or {}
    headers = {row.get("name", "").lower(): row.get("value", "") for row in monitor.get("customHeaders") or []}
    return {
        "name": profile["name"],
        "weighted": properties.get("trafficRoutingMethod") == "Weighted",
        "ttl": float((properties.get("dnsConfig") or {}).get("ttl") or 0),
        "monitor": {
            "path": monitor.get("path") or "/",
            "port": int(monitor.get("port") or 443),
            "interval": float(monitor.get("intervalInSeconds") or 30),
            "timeout": float(monitor.get("timeoutInSeconds") or 10),
            "tolerated": int(monitor.get("toleratedNumberOfFailures", 3)),
            "host": headers.get("host") or types.host_name(profile),
        },
        "endpoints": [
            {
                "name": each["name"],
                "target": each["properties"].get("target", ""),
                "priority": int(each["properties"].get("priority") or index + 1),
                "weight": int(each["properties"].get("weight") or 1),
                "enabled": each["properties"].get("endpointStatus", "Enabled") == "Enabled",
            }
            for index, each in enumerate(endpoints)
            if each["properties"].get("provisioningState") != "Deleting"
        ],
    }


def process_name(profile: str) -> str:
    """Return the name of a profile's process."""
    return f"dns-{profile.lower()}"
