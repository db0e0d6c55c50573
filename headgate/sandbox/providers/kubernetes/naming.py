"""Names that the program leaves to the provider: the object's own, and that of its field manager.

Owns autonaming and field manager names. The manager derives from the URN, so that an update that was interrupted and is
run again recognises the object that it made.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from pulumi.runtime.proto import provider_pb2

from headgate.errors import HeadgateError
from headgate.sandbox.providers.kubernetes.annotations import AUTONAMED, PATCH_FIELD_MANAGER, annotation, is_true
from headgate.sandbox.providers.protocol.values import Properties, Unknown

FIELD_MANAGER_KEY: Final = "__fieldManager"

_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz0123456789"
_SUFFIX_LENGTH: Final = 8
_NAME_LIMIT: Final = 253


def field_manager(urn: str, document: dict[str, Any], state: Properties | None = None) -> str:
    """Return the resource's field manager: annotated, else kept in state, else derived from the URN."""
    annotated = annotation(document, PATCH_FIELD_MANAGER)
    if annotated:
        return annotated
    kept = (state or {}).get(FIELD_MANAGER_KEY)
    return kept if isinstance(kept, str) else f"pulumi-kubernetes-{hashlib.sha256(urn.encode()).hexdigest()[:8]}"


def ensure_name(document: dict[str, Any], old: dict[str, Any], request: provider_pb2.CheckRequest) -> None:
    """Give the object a name when the program gave none: the old automatic one, else a new one."""
    metadata = document.setdefault("metadata", {})
    if isinstance(metadata, Unknown) or metadata.get("name"):
        return
    if metadata.get("generateName"):
        raise HeadgateError(
            "metadata.generateName is not supported with server-side apply",
            where=request.urn,
            fix="set metadata.name, or leave both out to have the provider choose a name",
        )
    kept = old.get("metadata", {}).get("name") if is_true(old, AUTONAMED) else None
    metadata["name"] = kept or _automatic_name(request)
    annotations = metadata.setdefault("annotations", {})
    if not isinstance(annotations, Unknown):
        annotations[AUTONAMED] = "true"


def _automatic_name(request: provider_pb2.CheckRequest) -> str:
    options = provider_pb2.CheckRequest.AutonamingOptions
    if request.HasField("autonaming"):
        if request.autonaming.mode == options.DISABLE:
            raise HeadgateError(
                "metadata.name is missing and automatic names are disabled for this stack",
                where=request.urn,
                fix="set metadata.name",
            )
        if request.autonaming.proposed_name:
            return request.autonaming.proposed_name
    base = request.urn.rpartition("::")[2].lower()[: _NAME_LIMIT - _SUFFIX_LENGTH - 1]
    return f"{base}-{_suffix(request.randomSeed, request.urn)}"


def _suffix(seed: bytes, urn: str) -> str:
    digest = hashlib.sha256(seed + urn.encode()).digest()
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:_SUFFIX_LENGTH])
