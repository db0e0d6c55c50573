"""Temporary folders, each for its owner alone. What a killed process left behind goes when another asks for one.

A folder is named after its process, `headgate-<purpose>-<pid>-<random>`, so that one of a process that is gone can be
told. Owns no content: what lies in a folder, and for how long, is its user's.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

# What a killed process started may go on for a while; and where a container shares the folder, we don't see all pids.
_LEFT_FOR_SECONDS = 3600
_NAME = re.compile(r"headgate-[a-z]+-(\d+)-\w+")


@contextlib.contextmanager
def folder(purpose: str) -> Iterator[Path]:
    """Make a folder for as long as the context lasts."""
    _sweep(tempfile.gettempdir())
    with tempfile.TemporaryDirectory(prefix=f"headgate-{purpose}-{os.getpid()}-") as name:
        yield Path(name)


@functools.cache
def _sweep(parent: str) -> None:
    """Remove what killed processes left, once in a process."""
    with contextlib.suppress(OSError):
        for each in os.scandir(parent):
            name = _NAME.fullmatch(each.name)
            if name and _is_left(each.path, int(name[1])):
                shutil.rmtree(each.path, ignore_errors=True)


def _is_left(path: str, pid: int) -> bool:
    """Say whether a folder is ours, old, and of a process that is gone."""
    try:
        found = os.lstat(path)
    except OSError:
        return False
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    if not is_ours or time.time() - found.st_mtime < _LEFT_FOR_SECONDS:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False
