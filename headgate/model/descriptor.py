"""OCI's vocabulary: digests, descriptors, references, media types."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from headgate.model.errors import UnfitError, UnusableReferenceError

IMAGE_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
IMAGE_INDEX = "application/vnd.oci.image.index.v1+json"
IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json"
IMAGE_LAYER = "application/vnd.oci.image.layer.v1.tar"
EMPTY_CONFIG = "application/vnd.oci.empty.v1+json"
TITLE = "org.opencontainers.image.title"
CREATED = "org.opencontainers.image.created"
VERSION = "org.opencontainers.image.version"

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_HOST = re.compile(r"[a-zA-Z0-9.-]+(:[0-9]+)?")
_REPOSITORY = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")


def digest_of(content: bytes) -> str:
    """Return the digest of bytes in hand."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def checked_digest(text: str, where: str = "") -> str:
    """Return `text` when it is a sha256 digest; the only algorithm here, since a weaker one would be a way round."""
    if not _DIGEST.fullmatch(text):
        raise UnfitError(
            "not a digest",
            where=where or None,
            found=text or "nothing",
            expected="sha256: and 64 hexadecimal digits",
            fix="`headgate model list` shows the digests of versions",
        )
    return text


@dataclass(frozen=True)
class Descriptor:
    """What points at content: media type, digest, size."""

    media_type: str
    digest: str
    size: int
    annotations: Mapping[str, str] = field(default_factory=dict)
    artifact_type: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the form that manifests hold."""
        document: dict[str, Any] = {"mediaType": self.media_type, "digest": self.digest, "size": self.size}
        if self.artifact_type:
            document["artifactType"] = self.artifact_type
        if self.annotations:
            document["annotations"] = dict(sorted(self.annotations.items()))
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any], where: str = "") -> Descriptor:
        """Read a descriptor of a manifest, refusing one without a usable digest or size."""
        size = document.get("size")
        if not isinstance(size, int) or size < 0:
            raise UnfitError("a descriptor has no size", where=where or None, found=str(dict(document))[:200])
        return cls(
            media_type=str(document.get("mediaType", "")),
            digest=checked_digest(str(document.get("digest", "")), where),
            size=size,
            annotations=dict(document.get("annotations") or {}),
            artifact_type=document.get("artifactType"),
        )


def manifest_of(
    config: Descriptor,
    layers: Iterable[Descriptor],
    *,
    artifact_type: str = "",
    annotations: Mapping[str, str] | None = None,
    subject: Descriptor | None = None,
) -> dict[str, Any]:
    """Return the manifest of an image or artifact; of a subject it names what a referrer has to, and no more."""
    document: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": IMAGE_MANIFEST,
        "config": config.as_json(),
        "layers": [layer.as_json() for layer in layers],
    }
    if artifact_type:
        document["artifactType"] = artifact_type
    if annotations:
        document["annotations"] = dict(annotations)
    if subject is not None:
        document["subject"] = Descriptor(subject.media_type, subject.digest, subject.size).as_json()
    return document


@dataclass(frozen=True)
class Reference:
    """`registry/repository[:tag][@digest]`, without the defaults that container engines fill in."""

    registry: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Read a reference, or say which part is wrong."""
        rest, at, digest = text.partition("@")
        registry, slash, path = rest.partition("/")
        repository, colon, tag = path.partition(":")
        problem = cls._problem(registry, repository, tag if colon else None, digest if at else None)
        if not slash or problem:
            raise UnusableReferenceError(
                "not an image or model reference",
                where=text,
                found=problem or "no registry",
                expected="REGISTRY/REPOSITORY@sha256:… or REGISTRY/REPOSITORY:TAG",
            )
        return cls(registry, repository, tag or None, digest or None)

    @staticmethod
    def _problem(registry: str, repository: str, tag: str | None, digest: str | None) -> str | None:
        if not _HOST.fullmatch(registry):
            return f"registry {registry!r}"
        if not _REPOSITORY.fullmatch(repository):
            return f"repository {repository!r}"
        if tag is not None and not _TAG.fullmatch(tag):
            return f"tag {tag!r}"
        if digest is not None and not _DIGEST.fullmatch(digest):
            return f"digest {digest!r}"
        return None

    def __str__(self) -> str:
        """Render as it is written in a manifest."""
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.registry}/{self.repository}{tag}" + (f"@{self.digest}" if self.digest else "")
