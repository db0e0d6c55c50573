"""Which locks are dead."""

from __future__ import annotations

import json
import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from headgate.engine import locks
from headgate.errors import HeadgateError

pytestmark = pytest.mark.unit

NOW = datetime.now(UTC)
# No process can have it: the kernel's limit is 2^22.
NOBODY = 2**22 + 1


def lock(tmp_path: Path, *, pid: int = NOBODY, host: str = socket.gethostname(), taken: datetime = NOW) -> Path:
    """Write a lock as Pulumi does."""
    folder = tmp_path / ".pulumi" / "locks" / "organization" / "headgate" / "dev"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{pid}-{host}.json"
    path.write_text(json.dumps({"pid": pid, "username": "me", "hostname": host, "timestamp": taken.isoformat()}))
    return path


def test_lock_of_a_process_that_is_gone_is_cleared(tmp_path: Path) -> None:
    """Nobody has the number any more: the file is removed."""
    path = lock(tmp_path)

    cleared = locks.clear_dead(tmp_path, "headgate", "dev")

    assert ([each.pid for each in cleared], path.exists()) == ([NOBODY], False)


def test_lock_older_than_the_process_of_its_number_is_dead(tmp_path: Path) -> None:
    """The number was given to another process since: the lock is not that one's."""
    path = lock(tmp_path, pid=os.getpid(), taken=NOW - timedelta(days=400))

    locks.clear_dead(tmp_path, "headgate", "dev")

    assert not path.exists()


def test_lock_of_a_living_process_is_an_error(tmp_path: Path) -> None:
    """A process that was there before the lock holds it; a dead one beside it is left alone as well."""
    path, dead = lock(tmp_path, pid=os.getpid(), taken=datetime.now(UTC) + timedelta(seconds=5)), lock(tmp_path)

    with pytest.raises(HeadgateError) as caught:
        locks.clear_dead(tmp_path, "headgate", "dev")

    assert (caught.value.where, path.exists(), dead.exists()) == (str(path), True, True)


def test_lock_of_another_host_is_respected(tmp_path: Path) -> None:
    """What runs on another machine can't be seen from here."""
    lock(tmp_path, host="elsewhere")

    with pytest.raises(HeadgateError) as caught:
        locks.clear_dead(tmp_path, "headgate", "dev")

    assert "me@elsewhere" in str(caught.value.found)


def test_half_written_lock_is_cleared(tmp_path: Path) -> None:
    """A crash in the middle of taking the lock leaves a file that is no JSON."""
    path = lock(tmp_path)
    path.write_text('{"pid": 1')

    locks.clear_dead(tmp_path, "headgate", "dev")

    assert not path.exists()


def test_no_lock_is_nothing_to_clear(tmp_path: Path) -> None:
    """A stack that was never updated has no lock directory."""
    assert locks.clear_dead(tmp_path, "headgate", "dev") == []
