"""A filesystem that is really full: the ledger refuses, loses nothing that it acknowledged, and goes on with room."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.component
_WRITER = Path(__file__).with_name("full_disk.py")
_COLLECTOR = Path(__file__).with_name("full_collector.py")
# The ways to a mount of one's own: as root, as anybody where user namespaces are allowed, and by `sudo`.
_WAYS = (
    ["unshare", "--mount"],
    ["unshare", "--user", "--map-root-user", "--mount"],
    ["sudo", "-n", "unshare", "--mount"],
)
_MOUNT = 'mount -t tmpfs -o size=4m,mode=777 full "$1" && shift && exec "$@"'


def mounting() -> list[str]:
    """Return the first way that this machine allows."""
    for way in _WAYS:
        tried = subprocess.run([*way, "mount", "-t", "tmpfs", "x", "/mnt"], capture_output=True, check=False)
        if tried.returncode == 0:
            return way
    pytest.fail("no mount can be made here: allow user namespaces, or run as root")


def on_a_small_disk(program: Path, root: Path) -> Any:
    """Return what a program says of a filesystem of 4 MB that it has to itself."""
    command = [*mounting(), "sh", "-c", _MOUNT, "sh", str(root), sys.executable, str(program), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=dict(os.environ))

    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_full_filesystem_refuses_loses_nothing_and_recovers(tmp_path: Path) -> None:
    """A small one, full twelve times, each at another point of a commit or publication (ENOSPC by the kernel)."""
    found = on_a_small_disk(_WRITER, tmp_path)

    assert found["told"] == [f"{number}: No space left on device" for number in range(12)]
    assert (found["findings"], found["in_order"]) == (0, True)
    assert found["size"] > 24


def test_a_collector_whose_disk_is_full_is_alive_and_not_ready(tmp_path: Path) -> None:
    """The probe says why, a request is refused, and with room both are well again without a restart."""
    full = "the ledger takes no entries: No space left on device"

    assert on_a_small_disk(_COLLECTOR, tmp_path) == [[200, 200, ""], 200, [200, 503, full], 503, [200, 200, ""], 200]
