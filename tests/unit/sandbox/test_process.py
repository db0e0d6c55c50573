"""Specs travel as JSON unchanged, and tokens become ports."""

from __future__ import annotations

import json

import pytest

from headgate.sandbox.process import (
    HttpProbe,
    ProcessSpec,
    ProcessStatus,
    RegionEndpoints,
    RegionSpec,
    RegionStatus,
    State,
    TcpProbe,
)
from headgate.sandbox.supervisor.tokens import fill, port_names

pytestmark = pytest.mark.unit

SPEC = ProcessSpec(
    name="registry/hg",
    argv=("registry", "--listen=127.0.0.1:{port:http}", "--peer={port:peer}"),
    env={"DEBUG": "127.0.0.1:{port:debug}", "SAME": "{port:http}"},
    cwd="/srv",
    ready=HttpProbe("https://127.0.0.1:{port:http}/v2/", status=401, ca="/pki/ca.crt"),
    group="registries",
    restart=False,
    grace=2.0,
)


@pytest.mark.parametrize(
    "spec",
    [SPEC, ProcessSpec("plain", ("sleep", "1")), ProcessSpec("tcp", ("nc",), ready=TcpProbe("127.0.0.1:{port:a}"))],
)
def test_a_spec_survives_the_wire(spec: ProcessSpec) -> None:
    """What arrives equals what was sent: equality is how a changed spec is told from the same."""
    assert ProcessSpec.from_json(json.loads(json.dumps(spec.as_json()))) == spec


def test_a_changed_environment_is_a_changed_spec() -> None:
    """Order of variables is no change, a value is."""
    one = ProcessSpec("a", ("x",), env={"A": "1", "B": "2"})

    assert one == ProcessSpec("a", ("x",), env={"B": "2", "A": "1"})
    assert one != ProcessSpec("a", ("x",), env={"A": "1", "B": "3"})


def test_a_region_status_survives_the_wire() -> None:
    """Endpoints, processes and states come back as types, and memory is their sum."""
    processes = tuple(
        ProcessStatus(f"west/{name}", "west", State.READY, 7, {"https": 20001}, 0, memory, f"/logs/{name}.log")
        for name, memory in (("etcd", 10), ("kube-apiserver", 32))
    )
    endpoints = RegionEndpoints("west", "westeurope", "https://127.0.0.1:20001", "PEM", "/regions/west/kubeconfig")
    status = RegionStatus("west", "westeurope", "1.36.3", State.READY, "", endpoints, processes)

    document = json.loads(json.dumps(status.as_json()))
    assert RegionStatus.from_json(document) == status
    assert document["memory"] == status.memory == 42


def test_a_region_spec_survives_the_wire() -> None:
    """All fields come back."""
    spec = RegionSpec("west", "westeurope", "1.35.0")

    assert RegionSpec.from_json(json.loads(json.dumps(spec.as_json()))) == spec


def test_every_port_that_a_spec_names_is_found_once() -> None:
    """argv, environment and probe are searched."""
    assert port_names(SPEC) == ["http", "peer", "debug"]


def test_tokens_become_ports_everywhere() -> None:
    """Nothing of a token is left, and nothing else is changed."""
    filled = fill(SPEC, {"http": 20001, "peer": 20002, "debug": 20003})

    assert filled.argv == ("registry", "--listen=127.0.0.1:20001", "--peer=20002")
    assert filled.env == {"DEBUG": "127.0.0.1:20003", "SAME": "20001"}
    assert filled.ready == HttpProbe("https://127.0.0.1:20001/v2/", status=401, ca="/pki/ca.crt")
