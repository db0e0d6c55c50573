"""The `pulumi.com/…` annotations by which a program steers the provider, one object at a time.

Owns their names and their reading.
"""

from __future__ import annotations

import json
from typing import Any, Final

AUTONAMED: Final = "pulumi.com/autonamed"
SKIP_AWAIT: Final = "pulumi.com/skipAwait"
WAIT_FOR: Final = "pulumi.com/waitFor"
TIMEOUT_SECONDS: Final = "pulumi.com/timeoutSeconds"
PATCH_FORCE: Final = "pulumi.com/patchForce"
PATCH_FIELD_MANAGER: Final = "pulumi.com/patchFieldManager"
DELETION_PROPAGATION: Final = "pulumi.com/deletionPropagationPolicy"
LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"

_DELETED_WITHOUT_WAIT: Final = frozenset(
    {"DaemonSet", "Deployment", "Job", "Namespace", "Pod", "ReplicationController", "StatefulSet"}
)
_PROPAGATION: Final = {"orphan": "Orphan", "background": "Background"}


def annotation(document: dict[str, Any], name: str) -> str | None:
    """Return an annotation's text; None when it is absent or not known yet."""
    metadata = document.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    value = annotations.get(name) if isinstance(annotations, dict) else None
    return value if isinstance(value, str) else None


def is_true(document: dict[str, Any], name: str) -> bool:
    """Whether an annotation says "true"."""
    return annotation(document, name) == "true"


def timeout_seconds(document: dict[str, Any], custom_timeout: float, default: float) -> float:
    """Return how long to wait: the resource option, else the annotation, else the kind's default."""
    if custom_timeout:
        return custom_timeout
    text = annotation(document, TIMEOUT_SECONDS) or ""
    return float(text) if text.isdigit() else default


def propagation(document: dict[str, Any]) -> str:
    """Return the deletion propagation policy: Foreground unless the object says otherwise."""
    return _PROPAGATION.get((annotation(document, DELETION_PROPAGATION) or "").lower(), "Foreground")


def skips_waiting_for_deletion(document: dict[str, Any]) -> bool:
    """Whether a deletion is not awaited: `skipAwait`, on the kinds where the official provider heeds it."""
    return document.get("kind") in _DELETED_WITHOUT_WAIT and is_true(document, SKIP_AWAIT)


def wait_expressions(document: dict[str, Any]) -> list[str]:
    """Return the expressions of `pulumi.com/waitFor`: one, or a JSON list of them."""
    text = annotation(document, WAIT_FOR)
    if not text:
        return []
    try:
        listed = json.loads(text)
    except ValueError:
        return [text]
    return [str(item) for item in listed] if isinstance(listed, list) else [text]
