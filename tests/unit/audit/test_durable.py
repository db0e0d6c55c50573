"""Files that are written together: each whole and durable before it has its name, or none of what is left."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from headgate.audit.durable import IMMUTABLE, write_many

pytestmark = pytest.mark.unit


def laid_out(root: Path, count: int) -> list[tuple[Path, bytes]]:
    """Return some files to write, in folders that are not there yet."""
    return [(root / str(number % 3) / f"{number}", b"x" * number) for number in range(count)]


def test_many_files_are_written_as_each_by_itself(tmp_path: Path) -> None:
    """More than lie open at once, with their mode, and nothing is left beside them."""
    (tmp_path / "scratch").mkdir()
    files = laid_out(tmp_path / "tile", 150)

    write_many(files, tmp_path / "scratch", IMMUTABLE)

    assert [(path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) for path, _ in files] == [
        (content, IMMUTABLE) for _, content in files
    ]
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.parametrize("operation", ["fsync", "write", "fchmod"])
def test_a_disk_that_refuses_leaves_no_name_and_nothing_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    """Names are given once a block of files is durable; the blocks before it are whole."""
    (tmp_path / "scratch").mkdir()
    files, real, calls = laid_out(tmp_path / "tile", 100), getattr(os, operation), iter(range(80))

    def refusing(*arguments: object) -> object:
        if next(calls, None) is None:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*arguments)

    before = len(list(Path("/proc/self/fd").iterdir()))
    monkeypatch.setattr(os, operation, refusing)
    with pytest.raises(OSError, match="No space"):
        write_many(files, tmp_path / "scratch")

    assert [path.exists() for path, _ in files] == [True] * 64 + [False] * 36
    assert len(list(Path("/proc/self/fd").iterdir())) == before
