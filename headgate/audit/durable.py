"""Files that survive a crash: written beside, flushed, renamed into place, and their folder flushed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

OWNER_ONLY = 0o600
IMMUTABLE = 0o400


def make_folder(path: Path) -> None:
    """Create a folder for its owner alone, with its parents."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def flush_folder(path: Path) -> None:
    """Make renames and new names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_folders(paths: Iterable[Path], root: Path) -> None:
    """Flush folders and the ones between them and the root, deepest first, each once."""
    folders = {parent for path in paths for parent in (path, *path.parents) if parent.is_relative_to(root)}
    for folder in sorted(folders, key=lambda one: len(one.parts), reverse=True):
        flush_folder(folder)


def write_new(path: Path, content: bytes, scratch: Path, mode: int = OWNER_ONLY) -> None:
    """Put a whole file in its place, or nothing. The caller flushes the folder."""
    make_folder(path.parent)
    temporary = scratch / f"{os.getpid()}.new"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, OWNER_ONLY)
    try:
        write_all(descriptor, content)
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    temporary.replace(path)


def write_all(descriptor: int, content: bytes) -> None:
    """Write every byte; a short write is not an error, only not the end."""
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
