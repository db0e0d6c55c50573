"""The cache of built tools: where an entry lies, whether it is whole, how it gets there at once.

Layout: `store/<tool>/<version>-<go version>-<recipe>/{<tool>,build.json}`. The recipe is a hash of everything
else that decides the bytes (flags, go.mod, go.sum, platform). An entry appears by one rename of its directory, so a
half-written one can't be seen. build.json records size, time and SHA-256: a stat tells of change, the hash of damage.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from headgate.sandbox.toolchain import goinstall
from headgate.sandbox.toolchain.catalogue import Tool


def cache_root() -> Path:
    """Return the cache directory: `HEADGATE_TOOLS`, else `~/.cache/headgate/tools`."""
    chosen = os.environ.get("HEADGATE_TOOLS")
    return Path(chosen).expanduser().resolve() if chosen else Path.home() / ".cache" / "headgate" / "tools"


@dataclass(frozen=True)
class Entry:
    """One built tool in the cache, whole or not."""

    tool: Tool
    directory: Path

    @property
    def binary(self) -> Path:
        """The program."""
        return self.directory / self.tool.name

    @property
    def record(self) -> Path:
        """What was true of the program when it was built."""
        return self.directory / "build.json"

    def damage(self, *, thorough: bool = False) -> str | None:
        """Say what is wrong with the entry, or None. Thorough hashes it even if nothing looks changed."""
        try:
            recorded = json.loads(self.record.read_text(encoding="utf-8"))
            found = self.binary.stat()
        except (OSError, ValueError) as error:
            return f"incomplete ({getattr(error, 'strerror', None) or 'unreadable record'})"
        if found.st_size == 0:
            return "empty"
        if not os.access(self.binary, os.X_OK):
            return "not executable"
        unchanged = (found.st_size, found.st_mtime_ns) == (recorded.get("size"), recorded.get("mtime_ns"))
        if unchanged and not thorough:
            return None
        return None if sha256(self.binary) == recorded.get("sha256") else "its SHA-256 is not the recorded one"


def entry(tool: Tool, go_version: str) -> Entry:
    """Return where a tool built by that Go lies."""
    key = f"{tool.version}-go{go_version}-{_recipe(tool)}"
    return Entry(tool, cache_root() / "store" / tool.name / key)


def lookup(tool: Tool) -> Entry | None:
    """Return the entry for this machine's Go; without Go, the newest build of the same pin and recipe."""
    go = goinstall.installed()
    if go is not None:
        candidate = entry(tool, go.version)
        return candidate if candidate.directory.is_dir() else None
    pattern = f"{tool.version}-go*-{_recipe(tool)}"
    built = sorted((cache_root() / "store" / tool.name).glob(pattern), key=lambda found: found.stat().st_mtime)
    return Entry(tool, built[-1]) if built else None


def commit(target: Entry, built: Path, go_version: str, seconds: float) -> None:
    """Make a finished build the entry: sync it, record it, and rename its directory into place."""
    built.chmod(0o755)
    with built.open("rb") as handle:
        os.fsync(handle.fileno())
    facts = built.stat()
    record = {
        "tool": target.tool.name,
        "module": target.tool.module,
        "version": target.tool.version,
        "package": target.tool.package,
        "go": go_version,
        "ldflags": target.tool.ldflags,
        "tags": target.tool.tags,
        "edits": [asdict(edit) for edit in target.tool.edits],
        "sha256": sha256(built),
        "size": facts.st_size,
        "mtime_ns": facts.st_mtime_ns,
        "seconds": round(seconds, 1),
        "built": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    (built.parent / "build.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    discard(target)
    built.parent.rename(target.directory)


def discard(target: Entry) -> None:
    """Take an entry away, whatever is in its place."""
    if target.directory.is_dir() and not target.directory.is_symlink():
        shutil.rmtree(target.directory)
    else:
        target.directory.unlink(missing_ok=True)


def sha256(path: Path) -> str:
    """Hash a file without reading it into memory."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _recipe(tool: Tool) -> str:
    """Hash what decides a tool's bytes besides its version and Go's."""
    parts = [tool.package.encode(), tool.ldflags.encode(), tool.tags.encode(), platform.machine().encode()]
    parts += [(tool.folder / name).read_bytes() for name in ("go.mod", "go.sum")]
    parts += [text.encode() for edit in tool.edits for text in (edit.file, edit.before, edit.after)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:8]
