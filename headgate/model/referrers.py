"""Statements about a manifest (signatures, cards, evaluations): attached and found by OCI 1.1 referrers.

A registry with the referrers API keeps the list itself; the embedded one has none, so the list is an index under the
tag `sha256-<hex>`, as the specification's fallback says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from headgate.model.content import BytesContent
from headgate.model.descriptor import CREATED, IMAGE_INDEX, IMAGE_MANIFEST, TITLE, Descriptor
from headgate.model.registry import Registry


def attach(
    registry: Registry,
    repository: str,
    subject: Descriptor,
    artifact_type: str,
    blob: bytes,
    *,
    media_type: str,
    title: str = "statement",
    created: str | None = None,
) -> Descriptor:
    """Store `blob` as an artifact that refers to `subject`; attaching the same again changes nothing."""
    layer = registry.push_content(repository, BytesContent(blob), media_type, {TITLE: title})
    document: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": IMAGE_MANIFEST,
        "artifactType": artifact_type,
        "config": registry.push_empty_config(repository).as_json(),
        "layers": [layer.as_json()],
        "subject": Descriptor(subject.media_type, subject.digest, subject.size).as_json(),
    }
    if created:
        document["annotations"] = {CREATED: created}
    stored = registry.put_manifest(repository, document)
    described = Descriptor(
        IMAGE_MANIFEST, stored.descriptor.digest, stored.descriptor.size, document.get("annotations", {}), artifact_type
    )
    if not stored.subject_kept:
        _record(registry, repository, subject.digest, described)
    return described


def referrers(registry: Registry, repository: str, digest: str, artifact_type: str | None = None) -> list[Descriptor]:
    """Return what refers to a manifest, by the API or the fallback tag; filtered here, since there it is optional."""
    response = registry.transport.request("GET", f"/v2/{repository}/referrers/{digest}", accept=(404,))
    is_index = IMAGE_INDEX in response.headers.get("Content-Type", "")
    rows = json.loads(response.data).get("manifests", []) if response.status == 200 and is_index else None
    found = (
        _fallback(registry, repository, digest)
        if rows is None
        else [Descriptor.from_json(row, repository) for row in rows]
    )
    return [row for row in found if artifact_type in (None, row.artifact_type)]


def read(registry: Registry, repository: str, referrer: Descriptor) -> bytes:
    """Return the statement that a referrer carries, verified by its digest."""
    document: Mapping[str, Any] = registry.manifest(repository, referrer.digest).document
    return registry.blobs.read(repository, Descriptor.from_json(document["layers"][0], repository))


def _fallback(registry: Registry, repository: str, digest: str) -> list[Descriptor]:
    tag = digest.replace(":", "-")
    if registry.digest(repository, tag) is None:
        return []
    index = registry.manifest(repository, tag).document
    return [Descriptor.from_json(row, repository) for row in index.get("manifests", [])]


def _record(registry: Registry, repository: str, digest: str, referrer: Descriptor) -> None:
    known = {row.digest: row for row in _fallback(registry, repository, digest)}
    if referrer.digest in known:
        return
    known[referrer.digest] = referrer
    index = {
        "schemaVersion": 2,
        "mediaType": IMAGE_INDEX,
        "manifests": [known[key].as_json() for key in sorted(known)],
    }
    registry.put_manifest(repository, index, tag=digest.replace(":", "-"))
