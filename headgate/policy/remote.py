"""Signed rules and signed facts in a registry: OCI artifacts that OPA pulls by itself, rules by their digest.

Owns the artifact's form. What is in the bundle, and whether it is believed, is `archive`'s business.
"""

from __future__ import annotations

from typing import Any

from headgate.errors import HeadgateError
from headgate.model.artifact import EPOCH
from headgate.model.content import BytesContent
from headgate.model.descriptor import CREATED, IMAGE_CONFIG, Descriptor, Reference, digest_of, manifest_of
from headgate.model.registry import Registry, canonical
from headgate.policy import archive

REPOSITORY = "policy/rules"
FACTS = "policy/facts"
# What a cluster follows: the facts of now.
NOW = "now"
# What OPA looks for among an artifact's layers.
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_TYPE = "application/vnd.headgate.rules.v1"
_CONFIG = BytesContent(b"{}")
_FACTS_TYPE = "application/vnd.headgate.facts.v1"


def push(registry: Registry, content: bytes, repository: str = REPOSITORY, tag: str | None = None) -> Reference:
    """Store the signed rules, and return their reference by digest."""
    return _push(registry, content, repository, tag, _TYPE)


def push_facts(registry: Registry, content: bytes) -> Reference:
    """Store signed facts as those of now, and return their reference by digest."""
    return _push(registry, content, FACTS, NOW, _FACTS_TYPE)


def digest_of_rules(content: bytes) -> str:
    """Return the digest under which a registry will have the signed rules, before there is one."""
    return digest_of(canonical(_manifest(content, _TYPE)))


def facts_of_now(registry: Registry) -> dict[str, Any] | None:
    """Return what is under the tag that clusters follow, or nothing where nobody has told anything yet.

    Whose signature it has is for the gates to judge.
    """
    if registry.digest(FACTS, NOW) is None:
        return None
    content = pull_facts(registry, Reference(registry.login_server, FACTS, tag=NOW))
    known: dict[str, Any] = archive.stated(content)["facts"]
    return known


def _push(registry: Registry, content: bytes, repository: str, tag: str | None, kind: str) -> Reference:
    document = _manifest(content, kind)
    registry.push_content(repository, BytesContent(content), _LAYER)
    registry.push_content(repository, _CONFIG, IMAGE_CONFIG)
    manifest = registry.put_manifest(repository, document, tag)
    return Reference(registry.login_server, repository, digest=manifest.descriptor.digest)


def _manifest(content: bytes, kind: str) -> dict[str, Any]:
    """Return what names the parts of a signed bundle: equal bundles have equal manifests."""
    layer = BytesContent(content)
    return manifest_of(
        Descriptor(IMAGE_CONFIG, _CONFIG.digest, _CONFIG.size),
        [Descriptor(_LAYER, layer.digest, layer.size)],
        artifact_type=kind,
        annotations={CREATED: EPOCH, "org.opencontainers.image.revision": archive.signed_revision(content)},
    )


def pull(registry: Registry, reference: Reference) -> bytes:
    """Return the bytes of a bundle, exactly those that the digest names. A tag is refused: it names what it likes."""
    if reference.digest is None:
        raise HeadgateError(
            "the rules bundle is not named by its digest, so nothing was judged",
            found=str(reference),
            expected="REGISTRY/REPOSITORY@sha256:…",
            fix="`headgate policy bundle push` prints the digest",
        )
    return _content(registry, reference, reference.digest, _TYPE, "rules bundle")


def pull_facts(registry: Registry, reference: Reference) -> bytes:
    """Return the bytes of signed facts, by digest or by the tag of now: they say themselves until when they count."""
    return _content(registry, reference, reference.digest or reference.tag or NOW, _FACTS_TYPE, "edition of facts")


def _content(registry: Registry, reference: Reference, named: str, kind: str, what: str) -> bytes:
    document = registry.manifest(reference.repository, named).document
    layers = [each for each in document.get("layers") or [] if each.get("mediaType") == _LAYER]
    if document.get("artifactType") != kind or len(layers) != 1:
        raise HeadgateError(
            f"the artifact is no {what}, so nothing was judged",
            where=str(reference),
            found=str(document.get("artifactType") or document.get("mediaType")),
            expected=kind,
            fix="`headgate policy bundle push` and `headgate policy facts` print the reference of one",
        )
    return registry.blobs.read(reference.repository, Descriptor.from_json(layers[0], str(reference)))
