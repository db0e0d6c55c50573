"""Where uploads stand that have begun: what lets a push go on that was killed half-way through a large file.

Owns small files in the cache, one for each blob on its way to one repository, named by its digest or, while nobody has
read it to its end, by the file in the state in which it was. What is lost or damaged costs time, never correctness: the
registry says how far it got, and checks the digest of the whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path


def cache_folder() -> Path:
    """Return where uploads are remembered."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "headgate" / "uploads"


class Uploads:
    """What was begun at one login server."""

    def __init__(self, login_server: str, folder: Path | None = None) -> None:
        self._login_server, self._folder = login_server, folder

    def recall(self, repository: str, origin: str) -> str | None:
        """Return where a blob was being sent to, if it was."""
        try:
            found = json.loads(self._file(repository, origin).read_text())["location"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return found if isinstance(found, str) and found.startswith("/v2/") else None

    def remember(self, repository: str, origin: str, location: str) -> None:
        """Note where a blob is being sent to; a cache that can't be written is done without."""
        file = self._file(repository, origin)
        temporary = file.with_name(f"{file.name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # The location bears the registry's own token for this upload.
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as handle:
                json.dump({"location": location}, handle)
            temporary.replace(file)

    def forget(self, repository: str, origin: str) -> None:
        """Drop the note of a blob that has arrived, or has to be sent anew."""
        with contextlib.suppress(OSError):
            self._file(repository, origin).unlink()

    def _file(self, repository: str, origin: str) -> Path:
        name = hashlib.sha256(f"{self._login_server} {repository} {origin}".encode()).hexdigest()
        return (self._folder or cache_folder()) / f"{name}.json"
