"""A container of a pod as a process of the supervisor.

Owns the translation; the supervisor runs, probes and restarts it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate.sandbox.control import HttpProbe, Probe, ProcessSpec, TcpProbe
from headgate.sandbox.kube import Document
from headgate.sandbox.layout import StateDir
from headgate.sandbox.region.facts import RegionFacts
from headgate.sandbox.workloads import environment
from headgate.sandbox.workloads.failures import UnrunnableError
from headgate.sandbox.workloads.programs import command_of, program_of
from headgate.sandbox.workloads.rewrite import expand, with_paths, with_ports
from headgate.sandbox.workloads.sources import Sources
from headgate.sandbox.workloads.volumes import mounts_of


@dataclass(frozen=True)
class Translation:
    """What the translation of one pod's containers shares."""

    state: StateDir
    facts: RegionFacts
    pod: Document
    volumes: Path
    sources: Sources
    ports: Mapping[str, Mapping[int, int]]


def known(pod: Document) -> dict[str, str]:
    """Return the program of each container that the runner knows, by the container's name."""
    containers = pod["spec"].get("containers") or []
    programs = {container["name"]: program_of(container.get("image", "")) for container in containers}
    return {name: program for name, program in programs.items() if program is not None}


def container_of(pod: Document, name: str) -> Mapping[str, Any]:
    """Return a container by name."""
    found: Mapping[str, Any] = next(row for row in pod["spec"]["containers"] if row["name"] == name)
    return found


def ports_of(container: Mapping[str, Any]) -> list[int]:
    """Return the ports that a container declares; one that it only probes counts too."""
    declared = [int(row["containerPort"]) for row in container.get("ports") or []]
    probe = container.get("readinessProbe") or {}
    probed = [(probe.get(kind) or {}).get("port") for kind in ("httpGet", "tcpSocket")]
    return list(dict.fromkeys([*declared, *(port for port in probed if isinstance(port, int))]))


def port_token(port: int) -> str:
    """Return the name under which the supervisor keeps the real port of a container port."""
    return f"p{port}"


def process_of(name: str, container_name: str, program: str, translation: Translation) -> ProcessSpec:
    """Return the process that a container is here."""
    pod = translation.pod
    container = container_of(pod, container_name)
    mounts = mounts_of(container, translation.volumes)
    own = {port: f"{{port:{port_token(port)}}}" for port in ports_of(container)}
    others = {
        port: str(real)
        for other, ports in translation.ports.items()
        if other != container_name
        for port, real in ports.items()
    }
    declared = environment.of_container(container, pod, translation.sources)

    def here(text: str) -> str:
        return with_ports(with_paths(text, mounts), own, {**others, **own})

    arguments = [here(expand(text, declared)) for text in arguments_of(container, program)]
    variables = {key: here(value) for key, value in declared.items()}
    return ProcessSpec(
        name=name,
        argv=(*command_of(program), *arguments),
        env={**environment.given(translation.state, translation.facts, pod), **variables},
        cwd=str(translation.volumes),
        ready=probe_of(container),
        group=translation.facts.cluster,
        grace=float(min(10, pod["spec"].get("terminationGracePeriodSeconds", 10))),
    )


def arguments_of(container: Mapping[str, Any], program: str) -> list[str]:
    """Return the program's arguments; a command must name the program that the image is known for."""
    command = list(container.get("command") or [])
    if command and Path(command[0]).name != program:
        raise UnrunnableError(f"the sandbox runs image {program} as {program}, not as {command[0]}")
    return [*command[1:], *(container.get("args") or [])]


def probe_of(container: Mapping[str, Any]) -> Probe | None:
    """Return the readiness probe as the supervisor asks it."""
    probe = container.get("readinessProbe") or {}
    if "httpGet" in probe:
        get = probe["httpGet"]
        scheme, path = get.get("scheme", "HTTP").lower(), get.get("path", "/")
        return HttpProbe(f"{scheme}://127.0.0.1:{_probed(container, get['port'])}{path}", status=0)
    if "tcpSocket" in probe:
        return TcpProbe(f"127.0.0.1:{_probed(container, probe['tcpSocket']['port'])}")
    return None


def _probed(container: Mapping[str, Any], port: int | str) -> str:
    """Return the token of a port that a probe names by number or by name."""
    if isinstance(port, int):
        return f"{{port:{port_token(port)}}}"
    named = [int(row["containerPort"]) for row in container.get("ports") or [] if row.get("name") == port]
    if not named:
        raise UnrunnableError(f"container {container['name']} probes port {port}, which it does not declare")
    return f"{{port:{port_token(named[0])}}}"


def published_ports(container: Mapping[str, Any], real: Mapping[int, int]) -> dict[str, int]:
    """Return the real ports by what a Service may target: number or name."""
    by_number = {str(port): real[port] for port in ports_of(container)}
    names = {row["name"]: real[int(row["containerPort"])] for row in container.get("ports") or [] if row.get("name")}
    return {**by_number, **names}
