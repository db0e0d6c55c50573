"""Check: what a program wrote, completed with what the provider decides (name, namespace, kind).

Owns completion and the few refusals that need no dry run.
"""

from __future__ import annotations

from typing import Any

from pulumi.runtime.proto import provider_pb2

from headgate.sandbox.providers.kubernetes.checkpoint import sealed
from headgate.sandbox.providers.kubernetes.kinds import Kind, kind_of_token, token_of_urn
from headgate.sandbox.providers.kubernetes.naming import ensure_name
from headgate.sandbox.providers.kubernetes.session import Session
from headgate.sandbox.providers.protocol.values import Properties, Secret, Unknown, decode, reveal, without_nulls

Failure = tuple[str, str]


def checked(session: Session, request: provider_pb2.CheckRequest) -> tuple[Properties, list[Failure]]:
    """Return the inputs to keep, and what is wrong with them as (property, reason)."""
    kind = kind_of_token(token_of_urn(request.urn))
    inputs = without_nulls(decode(request.news))
    failures = _mistakes(inputs, kind)
    if failures:
        return inputs, failures
    inputs = {**inputs, "apiVersion": kind.api_version, "kind": kind.name}
    metadata = inputs.get("metadata")
    if isinstance(metadata, Secret):
        inputs["metadata"] = metadata.value  # a name can't be secret: it is part of the ID
    ensure_name(inputs, reveal(decode(request.olds)), request)
    _place(session, inputs, kind, request.urn)
    session.declare(inputs)
    return sealed(inputs, {}), _unserved(session, kind, request.urn)


def _mistakes(inputs: Properties, kind: Kind) -> list[Failure]:
    failures = []
    for name, wanted in (("apiVersion", kind.api_version), ("kind", kind.name)):
        given = inputs.get(name, wanted)
        if given != wanted and not isinstance(given, Unknown):
            failures.append((name, f"found {given!r}, expected {wanted!r}, which the resource's type says"))
    metadata = reveal(inputs.get("metadata", {}))
    if not isinstance(metadata, dict | Unknown):
        failures.append(("metadata", f"found {type(metadata).__name__}, expected an object"))
    elif isinstance(metadata, dict) and not isinstance(metadata.get("name", ""), str | Unknown):
        failures.append(("metadata.name", f"found {metadata['name']!r}, expected a text"))
    return failures


def _place(session: Session, inputs: Properties, kind: Kind, urn: str) -> None:
    """Put the object into a namespace, or out of one where its kind has none."""
    metadata: Any = inputs["metadata"]
    if isinstance(metadata, Unknown):
        return
    if not session.is_namespaced(kind, urn):
        metadata.pop("namespace", None)
    elif not metadata.get("namespace"):
        metadata["namespace"] = session.default_namespace


def _unserved(session: Session, kind: Kind, urn: str) -> list[Failure]:
    """Refuse a built-in kind that this cluster's version does not have: no CRD is going to add it."""
    cluster = session.for_preview(urn) if kind.built_in else None
    if cluster is None or cluster.resource(kind) is not None:
        return []
    return [("apiVersion", f"this cluster does not serve {kind}: use an API version that it has")]
