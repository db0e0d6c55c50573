"""The roles and bindings that Kubernetes itself brings, told apart from everybody else's by what they say.

Every API server writes some ninety of them, among them rights on everything. Nobody of the platform can change that;
told of on each cluster, they hide what somebody did. A label or a name proves nothing, so an object counts as
Kubernetes' own when it gives exactly what the pinned version gives under that name. Owns the comparison; the table is
made from the version's own list (docs/vendor_roles.py).
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

API_GROUP = "rbac.authorization.k8s.io"
TABLE = Path(__file__).with_name("kubernetes_roles.json")
_DIGITS = 32


@functools.cache
def _known() -> Mapping[str, list[str]]:
    found: Mapping[str, list[str]] = json.loads(TABLE.read_text(encoding="utf-8"))["objects"]
    return found


def is_own(document: Mapping[str, Any]) -> bool:
    """Whether an object gives what Kubernetes gives under its name, and nothing else."""
    if not str(document.get("apiVersion", "")).startswith(f"{API_GROUP}/"):
        return False
    return digest(document) in _known().get(key(document), ())


def key(document: Mapping[str, Any]) -> str:
    """Return the kind, the namespace where there is one, and the name of an object."""
    metadata = document.get("metadata") or {}
    parts = (document.get("kind"), metadata.get("namespace"), metadata.get("name"))
    return "/".join(str(part) for part in parts if part)


def digest(document: Mapping[str, Any]) -> str:
    """Return a digest of all that an object gives, and of the labels by which other roles take it in."""
    given = {part: document.get(part) for part in ("aggregationRule", "roleRef", "subjects")}
    # What a role takes in is judged in the roles that it comes from: whoever adds one adds to this one.
    given["rules"] = None if given["aggregationRule"] else document.get("rules")
    given["labels"] = (document.get("metadata") or {}).get("labels")
    text = json.dumps({name: value for name, value in given.items() if value}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
