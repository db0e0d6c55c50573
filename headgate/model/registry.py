"""One registry: manifests, tags, repositories; blobs and referrers by delegation.

Owns the distribution protocol's calls. What a manifest means is `artifact`'s and `images`' business.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from headgate.model.blobs import Blobs
from headgate.model.content import BytesContent, Content
from headgate.model.credentials import Credentials
from headgate.model.descriptor import (
    EMPTY_CONFIG,
    IMAGE_INDEX,
    IMAGE_MANIFEST,
    Descriptor,
    checked_digest,
    digest_of,
)
from headgate.model.errors import IntegrityError, UnfitError
from headgate.model.transport import Resolver, Transport, system_resolver
from headgate.model.uploads import Uploads

MANIFEST_TYPES = (
    IMAGE_MANIFEST,
    IMAGE_INDEX,
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MAX_MANIFEST = 4 * 1024 * 1024
_NEXT = re.compile(r'<([^>]+)>;\s*rel="?next"?')


@dataclass(frozen=True)
class Manifest:
    """A manifest as stored: its exact bytes, whose digest is its name, and their meaning."""

    descriptor: Descriptor
    raw: bytes
    document: Mapping[str, Any]
    subject_kept: bool = False


class Registry:
    """A client of one login server, for push and pull."""

    def __init__(
        self, login_server: str, resolver: Resolver = system_resolver, credentials: Credentials | None = None
    ) -> None:
        self.login_server = login_server
        self.transport = Transport(login_server, resolver, credentials)
        self.blobs = Blobs(self.transport, uploads=Uploads(login_server))

    def manifest(self, repository: str, reference: str) -> Manifest:
        """Return a manifest by tag or digest; by digest, its bytes are verified against it."""
        response = self.transport.request(
            "GET", f"/v2/{repository}/manifests/{reference}", headers={"Accept": ", ".join(MANIFEST_TYPES)}, stream=True
        )
        raw = response.read(MAX_MANIFEST + 1)
        response.close()
        where = f"{self.login_server}/{repository}:{reference}"
        if len(raw) > MAX_MANIFEST:
            raise UnfitError("a manifest is too large", where=where, expected=f"at most {MAX_MANIFEST} bytes")
        digest = digest_of(raw)
        expected = reference if ":" in reference else response.headers.get("Docker-Content-Digest", digest)
        if digest != expected:
            raise IntegrityError("a manifest is not what its digest says", where=where, found=digest, expected=expected)
        try:
            document = json.loads(raw)
        except ValueError as error:
            raise IntegrityError("a manifest is not JSON", where=where, found=str(error)) from error
        media_type = document.get("mediaType") or response.headers.get("Content-Type", IMAGE_MANIFEST)
        return Manifest(Descriptor(media_type, digest, len(raw)), raw, document)

    def digest(self, repository: str, reference: str) -> str | None:
        """Return what a tag or digest names, or nothing when it names nothing."""
        response = self.transport.request(
            "HEAD",
            f"/v2/{repository}/manifests/{reference}",
            headers={"Accept": ", ".join(MANIFEST_TYPES)},
            accept=(404,),
        )
        if response.status == 404:
            return None
        return checked_digest(response.headers.get("Docker-Content-Digest", ""), f"{repository}:{reference}")

    def put_manifest(self, repository: str, document: Mapping[str, Any], tag: str | None = None) -> Manifest:
        """Store a manifest in its canonical bytes under its digest, and under a tag when one is given."""
        raw = canonical(document)
        digest = digest_of(raw)
        media_type = str(document["mediaType"])
        response = self.transport.request(
            "PUT", f"/v2/{repository}/manifests/{tag or digest}", headers={"Content-Type": media_type}, body=raw
        )
        recorded = response.headers.get("Docker-Content-Digest", digest)
        if recorded != digest:
            raise IntegrityError("the registry stored another manifest", found=recorded, expected=digest)
        kept = "OCI-Subject" in response.headers
        return Manifest(Descriptor(media_type, digest, len(raw)), raw, document, subject_kept=kept)

    def push_content(
        self, repository: str, content: Content, media_type: str, annotations: Mapping[str, str] | None = None
    ) -> Descriptor:
        """Upload content unless it is there, and return what points at it."""
        self.blobs.push(repository, content)
        return Descriptor(media_type, content.digest, content.size, annotations or {})

    def push_empty_config(self, repository: str) -> Descriptor:
        """Upload OCI's empty configuration, for artifacts that have none."""
        return self.push_content(repository, BytesContent(b"{}"), EMPTY_CONFIG)

    def tags(self, repository: str, after: str = "") -> list[str]:
        """Return a repository's tags, of those that sort behind one; none when it does not exist."""
        # What a registry makes of `last` is its own business: it may know no order, or not the whole of what we ask.
        last = f"&last={quote(after)}" if after else ""
        return [tag for tag in self._pages(f"/v2/{repository}/tags/list?n=1000{last}", "tags") if tag > after]

    def repositories(self) -> list[str]:
        """Return the catalogue's names."""
        return self._pages("/v2/_catalog?n=1000", "repositories")

    def _pages(self, path: str | None, key: str) -> list[str]:
        found: list[str] = []
        while path:
            response = self.transport.request("GET", path, accept=(404,))
            if response.status == 404:
                break
            found += json.loads(response.data).get(key) or []
            match = _NEXT.search(response.headers.get("Link", ""))
            path = match.group(1) if match else None
        return sorted(found)


def canonical(document: Mapping[str, Any]) -> bytes:
    """Return the one serialisation that we store: sorted keys, no spaces, so that equal content has an equal digest."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
