"""A container registry is a running OCI registry: TLS under its login server, storage under the state directory.

Owns the process's configuration. The registry listens on loopback alone and asks nobody who they are: rights on Azure's
side (AcrPull and the like) are kept and not enforced here, which docs/reference/azure-in-miniature.md says.
"""

from __future__ import annotations

import shutil
from typing import Any

import yaml

from headgate.sandbox import network
from headgate.sandbox.azure.types.registry import login_server
from headgate.sandbox.azure.types.spec import Body
from headgate.sandbox.control import Control, ProcessSpec, TcpProbe
from headgate.sandbox.files import make_private_directory, write_if_changed
from headgate.sandbox.layout import StateDir
from headgate.sandbox.pki import Authority
from headgate.sandbox.toolchain import tool_path


class ContainerRegistries:
    """The registry processes."""

    def __init__(self, state: StateDir, control: Control) -> None:
        """One process per registry resource."""
        self._state = state
        self._control = control

    def ensure(self, body: Body) -> None:
        """Have the registry running and reachable under its names."""
        name = body["name"].lower()
        hosts = [login_server(name), *body["properties"].get("dataEndpointHostNames", [])]
        directory = self._state.registry(name)
        make_private_directory(directory)
        pair = Authority(self._state).server(f"registry-{name}", [*hosts, "localhost", "127.0.0.1"])
        settings = directory / "config.yaml"
        write_if_changed(
            settings, yaml.safe_dump(configuration(str(directory / "data"), str(pair.cert), str(pair.key)))
        )
        spec = ProcessSpec(
            name=process_name(name),
            argv=(str(tool_path("registry")), "serve", str(settings)),
            env={
                "REGISTRY_HTTP_ADDR": "127.0.0.1:{port:https}",
                # Where it tells how it fares: plain, apart from what it serves.
                "REGISTRY_HTTP_DEBUG_ADDR": "127.0.0.1:{port:debug}",
                "REGISTRY_HTTP_DEBUG_PROMETHEUS_ENABLED": "true",
                "OTEL_TRACES_EXPORTER": "none",
            },
            ready=TcpProbe("127.0.0.1:{port:https}"),
            group="registry",
        )
        status = self._control.ensure_process(spec)
        target = f"127.0.0.1:{status.ports['https']}"
        network.publish(self._state, process_name(name), {f"{host}:443": target for host in hosts})

    def remove(self, body: Body) -> None:
        """Stop the registry and delete what it holds."""
        name = body["name"].lower()
        self._control.stop_process(facts_process(name))
        self._control.stop_process(process_name(name))
        network.withdraw(self._state, process_name(name))
        shutil.rmtree(self._state.registry(name), ignore_errors=True)


def process_name(registry: str) -> str:
    """Return the name of a registry's process."""
    return f"registry-{registry}"


def facts_process(registry: str) -> str:
    """Return the name of the process, if there is one, that tells gates what a registry knows: it ends with it."""
    return f"facts-{registry}"


def configuration(root: str, certificate: str, key: str) -> dict[str, Any]:
    """Return the settings of distribution's registry. Its address comes from the environment, where ports are known."""
    return {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": root},
            "delete": {"enabled": True},
            "cache": {"blobdescriptor": "inmemory"},
        },
        "http": {"tls": {"certificate": certificate, "key": key, "minimumtls": "tls1.2"}},
    }
