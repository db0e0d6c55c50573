"""Answers that are kept by the content they were worked out from: renders, schemas and clean verdicts.

Owns `~/.cache/headgate/lint`. A cache that can't be written costs time, never correctness; only what passed is kept as
a verdict, so a fault is always told anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[1]
_READ = frozenset({".py", ".yaml", ".yml", ".json", ".rego", ".txt", ".mod", ".sum", ".md", ".toml"})


def folder() -> Path:
    """Return where answers are kept."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "headgate" / "lint"


def digest_of_files(paths: Iterable[str]) -> str:
    """Return the digest of files and folders of the checkout, names and contents."""
    digest = hashlib.sha256()
    for path in paths:
        for file in _files(CHECKOUT / path):
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            digest.update(f"{file.relative_to(CHECKOUT)} {content}\n".encode())
    return digest.hexdigest()[:32]


def digest(*parts: object) -> str:
    """Return the digest of values."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def load(name: str) -> Any:
    """Return what was kept, or None; a damaged file is as good as none."""
    try:
        return json.loads((folder() / f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def keep(name: str, value: Any) -> None:
    """Keep a value under a name that holds the digest of what it was made from."""
    target = folder() / f"{name}.json"
    temporary = target.with_name(f"{target.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(value), encoding="utf-8")
        temporary.replace(target)


def _files(path: Path) -> list[Path]:
    """Return the files that count, in order."""
    if path.is_file():
        return [path]
    return sorted(
        file for file in path.rglob("*") if file.suffix in _READ and "__pycache__" not in file.parts and file.is_file()
    )
