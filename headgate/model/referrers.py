"""Statements about a manifest (signatures, cards, evaluations): attached and found by OCI 1.1 referrers.

A registry with the referrers API keeps the list itself; the embedded one has none, so the list is an index under the
tag `sha256-<hex>`, as the specification's fallback says. Registries write no tag on a condition, and of two who add to
the index at once the second would write over the first. So each statement has a tag of its own besides,
`sha256-<hex>-<own>`, set before the index is touched: whoever writes the index looks again until all of them are in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from headgate.model.content import BytesContent
from headgate.model.descriptor import CREATED, IMAGE_INDEX, IMAGE_MANIFEST, TITLE, Descriptor, manifest_of
from headgate.model.errors import RegistryError, UnfitError
from headgate.model.registry import Registry

# Each time round, somebody else has written: so many at one moment is no crowd, but a registry that forgets.
_TRIES = 50
_OWN = 16


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
    document = manifest_of(
        registry.push_empty_config(repository),
        [layer],
        artifact_type=artifact_type,
        annotations={CREATED: created} if created else {},
        subject=subject,
    )
    stored = registry.put_manifest(repository, document)
    described = _described(stored.descriptor, document)
    if not stored.subject_kept:
        _record(registry, repository, subject.digest, document, described)
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
    try:
        layer = Descriptor.from_json(document["layers"][0], repository)
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise UnfitError("a statement carries nothing", where=referrer.digest, found=repr(error)) from error
    return registry.blobs.read(repository, layer)


def _fallback(registry: Registry, repository: str, digest: str) -> list[Descriptor]:
    tag = _list_tag(digest)
    if registry.digest(repository, tag) is None:
        return []
    index = registry.manifest(repository, tag).document
    return [Descriptor.from_json(row, repository) for row in index.get("manifests", [])]


def _list_tag(digest: str) -> str:
    return digest.replace(":", "-")


def _record(registry: Registry, repository: str, digest: str, document: Mapping[str, Any], own: Descriptor) -> None:
    """Have a statement in the list, with whatever others add meanwhile, before it counts as attached."""
    known = {row.digest: row for row in _fallback(registry, repository, digest)}
    if own.digest in known:
        return
    tag = _list_tag(digest)
    registry.put_manifest(repository, document, tag=f"{tag}-{own.digest.partition(':')[2][:_OWN]}")
    for _ in range(_TRIES):
        lacking = _unlisted(registry, repository, tag, known)
        if not lacking:
            return
        known |= {row.digest: row for row in lacking}
        rows = [known[key].as_json() for key in sorted(known)]
        registry.put_manifest(repository, {"schemaVersion": 2, "mediaType": IMAGE_INDEX, "manifests": rows}, tag=tag)
        known = {row.digest: row for row in _fallback(registry, repository, digest)}
    raise RegistryError(
        "the list of a manifest's statements does not keep what is written to it",
        where=f"{registry.login_server}/{repository}:{tag}",
        found=f"{_TRIES} writes, each replaced by one without {own.digest}",
        expected="a registry whose tags show what was written to them last",
        fix="run the command again; a registry with the referrers API keeps the list by itself",
    )


def _unlisted(registry: Registry, repository: str, tag: str, known: Mapping[str, Descriptor]) -> list[Descriptor]:
    """Return the statements that have a tag of their own and are not in the list."""
    beginning = f"{tag}-"
    listed = {digest.partition(":")[2][:_OWN] for digest in known}
    tags = (each for each in registry.tags(repository, after=tag) if each.startswith(beginning))
    found = []
    for each in tags:
        if each.removeprefix(beginning) in listed:
            continue
        try:
            stored = registry.manifest(repository, each)
        except RegistryError as error:
            if error.not_found:
                continue  # it is being written: who does so looks at the list behind us
            raise
        found.append(_described(stored.descriptor, stored.document))
    return found


def _described(stored: Descriptor, document: Mapping[str, Any]) -> Descriptor:
    """Return how a list names a statement."""
    return Descriptor(
        IMAGE_MANIFEST, stored.digest, stored.size, document.get("annotations", {}), document.get("artifactType")
    )
