"""The newest edition of facts that this machine has believed, by registry and key: an older one is believed no more.

Owns small files, in `HEADGATE_SEEN` or the user's own state. What can't be remembered could come back: it is an error.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate.errors import HeadgateError

VARIABLE = "HEADGATE_SEEN"
_FIX = f"name a directory of yours that outlives the run: {VARIABLE}"


def folder() -> Path:
    """Return where this shell remembers."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "headgate" / "facts"


@dataclass(frozen=True)
class Seen:
    """What was believed of editions that the owner of one key has signed."""

    folder: Path
    key: Path

    def admit(self, edition: Mapping[str, Any], where: str) -> None:
        """Remember an edition, or refuse it where a newer one of its registry was believed before."""
        registry, serial = str(edition["registry"]), int(edition["serial"])
        try:
            file = self._file(registry)
            with _alone(file):
                before = _last(file)
                if before is not None and serial < int(before["serial"]):
                    raise _older(where, edition, before, file)
                if before is None or serial > int(before["serial"]):
                    _write(file, {"registry": registry, "serial": serial, "at": edition["at"]})
        except OSError as error:
            raise HeadgateError(
                "which facts were believed last can't be remembered, so nothing was judged",
                where=str(error.filename or self.folder),
                found=error.strerror or str(error),
                expected="a directory that you may write",
                fix=_FIX,
            ) from error

    def _file(self, registry: str) -> Path:
        """Return the file of a registry: with another key begins another sequence."""
        name = hashlib.sha256(self.key.read_bytes() + b"\0" + registry.encode()).hexdigest()[:32]
        return self.folder / f"{name}.json"


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Keep other gates of this machine from writing meanwhile."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _last(file: Path) -> dict[str, Any] | None:
    """Return what was believed last. A file that says nothing sensible is no reason to begin anew."""
    if not file.exists():
        return None
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        int(found["serial"])
    except (ValueError, KeyError, TypeError) as error:
        raise HeadgateError(
            "which facts were believed last can't be told, so nothing was judged",
            where=str(file),
            found=repr(error),
            expected="the registry, serial and time that a gate wrote",
            fix="remove the file once you know that what is published is of now",
        ) from error
    return found


def _write(file: Path, content: Mapping[str, Any]) -> None:
    """Put the whole file in place at once."""
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps(content), encoding="utf-8")
    beside.replace(file)


def _older(where: str, edition: Mapping[str, Any], before: Mapping[str, Any], file: Path) -> HeadgateError:
    return HeadgateError(
        "the signed facts of models are older than what was believed here before, so nothing was judged",
        where=where,
        found=f"serial {edition['serial']} of {edition['registry']}, made {edition['at']}",
        expected=f"serial {before['serial']} or a later one, made {before.get('at')}",
        fix="take the newest edition; where somebody brought this one back, find out who may. What was believed last "
        f"is in {file}",
    )
