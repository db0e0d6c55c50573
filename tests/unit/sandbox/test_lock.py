"""One supervisor per state directory; what a crash leaves behind holds nobody up."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from headgate.sandbox.supervisor import lock

pytestmark = pytest.mark.unit


def test_a_held_lock_names_its_holder_and_admits_no_other(tmp_path: Path) -> None:
    """The process id inside is the holder's."""
    path = tmp_path / "supervisor.lock"
    held = lock.acquire(path)
    assert held is not None

    assert lock.holder(path) == os.getpid()
    assert lock.acquire(path) is None
    lock.release(path, held)


def test_a_released_lock_leaves_nothing(tmp_path: Path) -> None:
    """The file goes with the lock."""
    path = tmp_path / "supervisor.lock"
    held = lock.acquire(path)
    assert held is not None
    lock.release(path, held)

    assert lock.holder(path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_stale_file_is_no_lock(tmp_path: Path) -> None:
    """A process id that a crash left behind, even a living process's, counts for nothing."""
    path = tmp_path / "supervisor.lock"
    path.write_text(f"{os.getppid()}\n")

    assert lock.holder(path) is None
    held = lock.acquire(path)
    assert held is not None
    assert path.read_text() == f"{os.getpid()}\n"
    lock.release(path, held)
