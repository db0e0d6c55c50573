"""The provider as the engine starts it: a process that prints its port, serves, and ends with its engine."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2_grpc

pytestmark = pytest.mark.component

COMMAND = [sys.executable, "-u", "-m", "headgate.sandbox.providers.kubernetes", "127.0.0.1:1"]


def port_of(process: subprocess.Popen[str]) -> int:
    """Return the port that a provider prints first."""
    assert process.stdout is not None
    return int(process.stdout.readline())


def test_it_prints_its_port_serves_and_ends_when_told() -> None:
    """One line with a port, answers on it, and a quiet end on SIGTERM."""
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        with grpc.insecure_channel(f"127.0.0.1:{port_of(process)}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            assert stub.GetPluginInfo(empty_pb2.Empty()).version == "4.34.2"
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)

    assert (process.returncode, errors) == (0, "")


def test_it_ends_with_the_engine_that_started_it() -> None:
    """An engine that is killed leaves no provider behind."""
    parent = subprocess.Popen(
        [sys.executable, "-c", f"import subprocess, time; subprocess.Popen({COMMAND!r}); time.sleep(600)"],
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        port_of(parent)
        found = subprocess.run(["pgrep", "-P", str(parent.pid)], capture_output=True, text=True, check=True).stdout
        provider = int(found)
        parent.kill()
        handle = os.pidfd_open(provider)
        ended, _, _ = select.select([handle], [], [], 20)
        os.close(handle)

    assert ended
