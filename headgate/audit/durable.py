"""Files that survive a crash: written beside, flushed, renamed into place, and their folder flushed."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

OWNER_ONLY = 0o600
IMMUTABLE = 0o400
# Files that are flushed side by side, and that lie open beside their places meanwhile.
_AT_ONCE, _BLOCK = 8, 64


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
    descriptor = _written(temporary, content, mode)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    temporary.replace(path)


def write_many(files: Iterable[tuple[Path, bytes]], scratch: Path, mode: int = OWNER_ONLY) -> None:
    """Do the same with many files, each whole or not at all: a file system that flushes several at once waits once."""
    pending = iter(files)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        while block := list(itertools.islice(pending, _BLOCK)):
            temporaries = [scratch / f"{os.getpid()}.{number}.new" for number in range(len(block))]
            opened: list[int] = []
            try:
                for temporary, (_, content) in zip(temporaries, block, strict=True):
                    opened.append(_written(temporary, content, mode))
                list(pool.map(os.fsync, opened))
            finally:
                for descriptor in opened:
                    os.close(descriptor)
            for temporary, (path, _) in zip(temporaries, block, strict=True):
                make_folder(path.parent)
                temporary.replace(path)


def _written(path: Path, content: bytes, mode: int) -> int:
    """Write a file, and return it open, to be flushed."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, OWNER_ONLY)
    try:
        write_all(descriptor, content)
        os.fchmod(descriptor, mode)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def write_all(descriptor: int, content: bytes) -> None:
    """Write every byte; a short write is not an error, only not the end."""
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
