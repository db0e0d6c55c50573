"""The whole platform, brought up once a run as `make up` does it, and taken down at the end."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from running_platform import RunningPlatform


@pytest.fixture(scope="session")
def platform() -> Iterator[RunningPlatform]:
    """Two regions, registry, front door and a team's model, in a state directory of their own."""
    # Short on purpose: unix sockets live in it, and their paths are limited to 107 bytes.
    state = Path(tempfile.mkdtemp(prefix="hg-", dir="/tmp"))
    running = RunningPlatform(state)
    try:
        up = running.headgate("tour", "up", timeout=900)
        assert up.code == 0, up.text
        yield running
    finally:
        down = running.headgate("sandbox", "down")
        shutil.rmtree(state, ignore_errors=True)
    assert down.code == 0, down.text
