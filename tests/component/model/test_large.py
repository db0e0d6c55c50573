"""Weights that are larger than what memory may be used for: streamed, read once, and gone on with after a kill."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from benchmarks import transfer
from headgate.model.layers import file_digest

pytestmark = [pytest.mark.component, pytest.mark.stress]

SIZE = int(os.environ.get("HEADGATE_LARGE_GIGABYTES", "2")) * transfer.GIGABYTE
# A tenth of the smallest size; modules and the connection's buffers take most of it.
MOST_MEMORY = 200


def test_large_weights_are_pushed_verified_and_pulled_in_little_memory(running: Any, tmp_path: Path) -> None:
    """A push killed half-way, the rest of it, the same again, verify, pull: nothing is read or sent in vain."""
    source = tmp_path / "weights.bin"
    transfer.weights(source, SIZE)
    kill_half_way(running, source, tmp_path)
    took = {step: transfer.run(step, running.login_server, source, tmp_path / "out") for step in transfer.STEPS}

    assert {step: each.megabytes for step, each in took.items() if each.megabytes > MOST_MEMORY} == {}
    # For its digest all of it, and to send what is left in the same go.
    assert SIZE <= took["push"].read < 1.05 * SIZE
    assert took["push"].sent < 0.6 * SIZE
    assert (took["again"].sent, round(took["again"].read / SIZE, 1)) == (0, 1.0)
    assert round(took["pull"].read / SIZE, 1) == 0.0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["weights.bin"]
    assert file_digest(tmp_path / "out" / "weights.bin") == file_digest(source)


def kill_half_way(running: Any, source: Path, folder: Path) -> None:
    """Push, and kill it as soon as the registry has half of the file."""
    command = transfer.command("push", running.login_server, source, folder)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as push:
        while push.poll() is None and received(running) < SIZE / 2:
            time.sleep(0.02)
        push.kill()
    assert push.returncode == -9, "it was done before it could be killed"


def received(running: Any) -> int:
    """Return how much the registry has of what is on its way."""
    uploads = (running.storage / "docker/registry/v2/repositories/models" / transfer.NAME).glob("_uploads/*/data")
    return sum(file.stat().st_size for file in uploads)
