"""Models on the region's disk: content-addressed, pulled once, verified before each use.

A blob's name is its digest, so pods of every deployment share what is equal, and what was changed on disk is found out.
"""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from headgate.model import ModelRegistry, ModelVersion, Reference, Registry, UnusableReferenceError
from headgate.model.artifact import read_version
from headgate.model.descriptor import Descriptor, digest_of
from headgate.model.layers import file_digest
from headgate.sandbox.files import write_private

RegistryFactory = Callable[[str], Registry]


@dataclass(frozen=True)
class CachedModel:
    """A model version on disk, every file verified when this was made."""

    version: ModelVersion
    files: dict[str, Path]

    @property
    def digest(self) -> str:
        """The manifest's digest, by which the pod named it."""
        return self.version.digest

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.version.files)


class ModelCache:
    """The cache of one region. Thread-safe: one pull per digest at a time."""

    def __init__(self, directory: Path, registries: RegistryFactory) -> None:
        self._directory = directory
        self._registries = registries
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def ensure(self, text: str) -> CachedModel:
        """Return the model that a reference names by digest: from disk where it verifies, else pulled."""
        reference = Reference.parse(text)
        if reference.digest is None:
            raise UnusableReferenceError(
                "an image volume must name its model by digest",
                where=text,
                found=f"tag {reference.tag}" if reference.tag else "neither tag nor digest",
                expected="REGISTRY/models/TEAM/MODEL@sha256:…",
                fix="`headgate model show NAME VERSION --registry LOGIN_SERVER` prints the digest",
            )
        with self._lock(reference.digest):
            version = self._stored(reference.digest) or self._pull_manifest(reference)
            files = {file.path: self._blob(file.digest) for file in version.files}
            if any(not path.is_file() or file_digest(path) != _digest_of(path) for path in files.values()):
                self._pull_files(reference, version)
            return CachedModel(version, files)

    def _lock(self, digest: str) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(digest, threading.Lock())

    def _blob(self, digest: str) -> Path:
        return self._directory / "sha256" / digest.removeprefix("sha256:")

    def _stored(self, digest: str) -> ModelVersion | None:
        """Read manifest and configuration from disk; anything that does not verify is as good as absent."""
        manifest = self._blob(digest)
        try:
            raw = manifest.read_bytes()
            document = json.loads(raw) if digest_of(raw) == digest else {}
            config = self._blob(document["config"]["digest"]).read_bytes()
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return read_version(document, config, digest) if digest_of(config) == document["config"]["digest"] else None

    def _pull_manifest(self, reference: Reference) -> ModelVersion:
        registry = self._registries(reference.registry)
        digest = reference.digest or ""
        stored = registry.manifest(reference.repository, digest)
        described = Descriptor.from_json(stored.document.get("config") or {}, str(reference))
        config = registry.blobs.read(reference.repository, described)
        version = read_version(stored.document, config, digest)
        write_private(self._blob(described.digest), config)
        write_private(self._blob(digest), stored.raw)
        return version

    def _pull_files(self, reference: Reference, version: ModelVersion) -> None:
        registry = ModelRegistry(self._registries(reference.registry))
        for file in version.files:
            # Two versions may share a file, and be pulled at once.
            with self._lock(file.digest):
                registry.fetch_file(reference.repository, file, self._blob(file.digest))

    def clear(self) -> None:
        """Forget everything: the next use pulls again."""
        shutil.rmtree(self._directory, ignore_errors=True)


def _digest_of(path: Path) -> str:
    return f"sha256:{path.name}"
