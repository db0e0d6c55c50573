"""Temporary folders: private, gone at the end, and swept where a killed process could not."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from headgate import temporary

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have folders made here."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    temporary._sweep.cache_clear()
    return tmp_path


def left(parent: Path, name: str, hours: float) -> Path:
    """Make a folder with a file, last changed so many hours ago."""
    folder = parent / name
    folder.mkdir()
    (folder / "content").touch()
    then = time.time() - hours * 3600
    os.utime(folder, (then, then))
    return folder


def test_a_folder_is_private_and_goes(parent: Path) -> None:
    """Also when what used it failed."""

    def use() -> None:
        with temporary.folder("trial") as folder:
            (folder / "content").touch()
            assert (stat.S_IMODE(folder.stat().st_mode), folder.parent) == (0o700, parent)
            raise KeyError

    with pytest.raises(KeyError):
        use()
    assert list(parent.iterdir()) == []


def test_what_a_killed_process_left_goes(parent: Path) -> None:
    """Not what lives, is young, is no folder, or has another name."""
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    pid = gone.stdout.strip()
    swept = left(parent, f"headgate-opa-{pid}-abc_123", hours=2)
    kept = {
        left(parent, f"headgate-opa-{pid}-young", hours=0.5),
        left(parent, f"headgate-opa-{os.getpid()}-living", hours=2),
        left(parent, f"headgate-opa-{'9' * 30}-nobody", hours=2),
        left(parent, f"headgate-{pid}-other", hours=2),
        left(parent, f"another-opa-{pid}-abc", hours=2),
    }
    link = parent / f"headgate-opa-{pid}-link"
    link.symlink_to(left(parent, "elsewhere", hours=2))

    with temporary.folder("trial"):
        pass

    assert not swept.exists()
    assert {*parent.iterdir()} == {*kept, link, parent / "elsewhere"}
    assert (parent / "elsewhere" / "content").exists()
