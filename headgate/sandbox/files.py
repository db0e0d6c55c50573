"""Writes files that a crash can't leave half done and that only their owner can read."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

PRIVATE = 0o600


def write_private(path: Path, content: str | bytes, mode: int = PRIVATE) -> None:
    """Replace `path` in one step, with `mode` from the first byte on; its directory is made, for its owner alone."""
    make_private_directory(path.parent)
    data = content.encode() if isinstance(content, str) else content
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(stream.fileno(), mode)
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_if_changed(path: Path, content: str | bytes, mode: int = PRIVATE) -> bool:
    """Replace `path` only where its content differs; say whether it did."""
    data = content.encode() if isinstance(content, str) else content
    if path.is_file() and path.read_bytes() == data:
        path.chmod(mode)
        return False
    write_private(path, data, mode)
    return True


def make_private_directory(path: Path) -> Path:
    """Create a directory and its parents for their owner alone; existing ones keep their mode."""
    if not path.is_dir():
        make_private_directory(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
    return path
