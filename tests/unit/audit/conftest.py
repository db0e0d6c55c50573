"""What tests of ledgers in Blob Storage share: a storage in memory that keeps the conditions of the real one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from headgate.audit import blob_ledger
from headgate.audit.blobs import Blobs
from headgate.audit.folder import KEY_VARIABLE

PLACE = "azblob://account/container/prod"


def failed(kind: type[HttpResponseError], status: int, code: str) -> HttpResponseError:
    """Return an error as Azure's client raises it."""
    error = kind(message=code)
    error.status_code, error.error_code = status, code
    return error


@dataclass
class Container:
    """Blobs by name, with what they are known by; `lost` answers get lost behind a write that was done."""

    blobs: dict[str, tuple[bytes, str, dict[str, str]]] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    writes: int | None = None
    """How many writes are left before the process that does them dies."""

    def _count(self) -> None:
        """Die before a write, where that was asked for."""
        if self.writes is not None:
            if not self.writes:
                raise KeyboardInterrupt
            self.writes -= 1

    def list_blob_names(self, name_starts_with: str) -> list[str]:
        """List."""
        return [name for name in sorted(self.blobs) if name.startswith(name_starts_with)]

    def download_blob(self, name: str) -> Any:
        """Read."""
        if name not in self.blobs:
            raise failed(ResourceNotFoundError, 404, "BlobNotFound")
        content, etag, _ = self.blobs[name]
        return SimpleNamespace(readall=lambda: content, properties=SimpleNamespace(etag=etag))

    def get_blob_client(self, name: str) -> Any:
        """Return what writes one blob."""

        def upload(content: bytes, overwrite: bool, metadata: Any, etag: str = "", **_: Any) -> dict[str, str]:
            self._count()
            there = self.blobs.get(name)
            if (there is not None) if not overwrite else (there is None or there[1] != etag):
                raise failed(HttpResponseError, 409, "BlobAlreadyExists")
            made = hashlib.sha256(content + name.encode() + str(len(self.blobs)).encode()).hexdigest()
            self.blobs[name] = (content, made, metadata or {})
            if name in self.lost:
                self.lost.discard(name)
                return upload(content, overwrite, metadata, etag)
            return {"etag": made}

        return SimpleNamespace(
            upload_blob=upload, get_blob_properties=lambda: SimpleNamespace(metadata=self.blobs[name][2])
        )


@pytest.fixture
def container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Container:
    """Have every address lead to one container."""
    found = Container()
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "key"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(blob_ledger.Blobs, "of", lambda address: Blobs(address, "prod/", found))
    return found
