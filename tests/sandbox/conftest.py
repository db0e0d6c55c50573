"""The whole platform, brought up once a run as `make up` does it, and taken down at the end.

With HEADGATE_TEST_STATE the platform of that directory is used and left running: for writing tests.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from running_platform import RunningPlatform


@pytest.fixture(scope="session")
def platform() -> Iterator[RunningPlatform]:
    """Two regions, registry, front door and a team's model, in a state directory of their own."""
    standing = os.environ.get("HEADGATE_TEST_STATE")
    # Short on purpose: unix sockets live in it, and their paths are limited to 107 bytes.
    state = Path(standing or tempfile.mkdtemp(prefix="hg-", dir="/tmp"))
    running = RunningPlatform(state)
    down = None
    try:
        up = running.headgate("tour", "up", timeout=900)
        assert up.code == 0, up.text
        yield running
    finally:
        if not standing:
            down = running.headgate("sandbox", "down")
            shutil.rmtree(state, ignore_errors=True)
    assert down is None or down.code == 0, down
