"""Replaces `{port:NAME}` in a process's argv, environment and probe."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from headgate.sandbox.process import HttpProbe, Probe, ProcessSpec, TcpProbe

PORT = re.compile(r"\{port:([A-Za-z0-9_-]+)\}")


def port_names(spec: ProcessSpec) -> list[str]:
    """Return the names of the ports that a spec asks for, each once, in order."""
    texts = [*spec.argv, *spec.env.values(), _target(spec.ready)]
    return list(dict.fromkeys(name for text in texts for name in PORT.findall(text)))


def fill(spec: ProcessSpec, ports: Mapping[str, int]) -> ProcessSpec:
    """Return the spec with every token replaced."""
    return replace(
        spec,
        argv=tuple(_fill(text, ports) for text in spec.argv),
        env={key: _fill(value, ports) for key, value in spec.env.items()},
        ready=_fill_probe(spec.ready, ports),
    )


def _fill(text: str, ports: Mapping[str, int]) -> str:
    return PORT.sub(lambda match: str(ports[match[1]]), text)


def _fill_probe(probe: Probe | None, ports: Mapping[str, int]) -> Probe | None:
    if isinstance(probe, HttpProbe):
        return replace(probe, url=_fill(probe.url, ports))
    if isinstance(probe, TcpProbe):
        return replace(probe, address=_fill(probe.address, ports))
    return None


def _target(probe: Probe | None) -> str:
    if isinstance(probe, HttpProbe):
        return probe.url
    return probe.address if probe else ""
