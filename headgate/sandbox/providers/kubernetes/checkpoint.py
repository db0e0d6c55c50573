"""Between Pulumi's properties and Kubernetes documents: what is sent, what is kept in state, what stays secret.

Owns both directions. State keeps the live object without `managedFields` (bulk that nothing reads) and the names under
which it was applied.
"""

from __future__ import annotations

import base64
from typing import Any, Final

from headgate.sandbox.providers.kubernetes.annotations import LAST_APPLIED
from headgate.sandbox.providers.kubernetes.naming import FIELD_MANAGER_KEY
from headgate.sandbox.providers.protocol.values import (
    UNKNOWN,
    Properties,
    Secret,
    conceal,
    reveal,
    secret_paths,
    value_at,
    without_nulls,
)

INITIAL_API_VERSION_KEY: Final = "__initialApiVersion"

# The SDKs can't name a property with a dash; the schema of a CRD has these.
_UNDERSCORED: Final = {
    name.replace("-", "_"): name
    for name in (
        "x-kubernetes-embedded-resource",
        "x-kubernetes-int-or-string",
        "x-kubernetes-list-map-keys",
        "x-kubernetes-list-type",
        "x-kubernetes-map-type",
        "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-validations",
    )
}
_DASHED: Final = {dashed: underscored for underscored, dashed in _UNDERSCORED.items()}

READ_ONLY_METADATA: Final = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)
_MASK: Final = "[secret]"
_SHORTEST_MASKED: Final = 4


def document_of(inputs: Properties) -> dict[str, Any]:
    """Return the document to apply: secrets opened, nulls and read-only fields dropped, dashes restored."""
    document: dict[str, Any] = _renamed(without_nulls(reveal(inputs)), _UNDERSCORED)
    document.pop("status", None)
    metadata = document.get("metadata")
    if isinstance(metadata, dict):
        for name in READ_ONLY_METADATA:
            metadata.pop(name, None)
    return document


def properties_of(document: dict[str, Any]) -> Properties:
    """Return a document as properties, in the names that the SDKs use."""
    properties: Properties = _renamed(document, _DASHED)
    return properties


def sealed(properties: Properties, secret_like: Properties) -> Properties:
    """Return properties with everything secret that is secret in `secret_like`, and all content of a Secret."""
    marked: Properties = conceal(properties, secret_like)
    if marked.get("kind") != "Secret":
        return marked
    for key in ("data", "stringData"):
        if marked.get(key) is not None and not isinstance(marked[key], Secret):
            marked[key] = Secret(reveal(marked[key]))
    annotations = (marked.get("metadata") or {}).get("annotations")
    if isinstance(annotations, dict) and LAST_APPLIED in annotations:
        annotations[LAST_APPLIED] = Secret(reveal(annotations[LAST_APPLIED]))
    return marked


def outputs_of(live: dict[str, Any], inputs: Properties, manager: str) -> Properties:
    """Return what state keeps of a live object that was applied from `inputs`."""
    kept = without_nulls(live)
    kept["metadata"] = {key: value for key, value in live["metadata"].items() if key != "managedFields"}
    outputs = sealed(properties_of(kept), inputs)
    return outputs | {INITIAL_API_VERSION_KEY: live.get("apiVersion", ""), FIELD_MANAGER_KEY: manager}


def previewed(outputs: Properties, inputs: Properties, *, created: bool) -> Properties:
    """Return a dry run's outputs with UNKNOWN where the real run will choose another value.

    Metadata stays as the dry run made it, as with the official provider: an unknown in it would make all of it unknown
    to a program that reads its name with `metadata.apply`.
    """
    outputs.pop("status", None)
    if created and outputs.get("kind") == "Service":
        _forget_allocations(outputs, inputs)
    if created and outputs.get("kind") in {"Job", "Pod"}:
        # Both carry generated names and labels deep inside.
        outputs["spec"] = inputs.get("spec", UNKNOWN)
    return outputs


def masked(message: str, inputs: Properties) -> str:
    """Return an API server's message without the secrets that were sent; it quotes values that it refuses."""
    for text in _secret_texts(inputs):
        message = message.replace(text, _MASK)
    return message


def _forget_allocations(outputs: Properties, inputs: Properties) -> None:
    asked = inputs.get("spec")
    asked = asked if isinstance(asked, dict) else {}
    spec = outputs["spec"]
    for name in ("clusterIP", "clusterIPs", "healthCheckNodePort"):
        if name in spec and name not in asked and spec[name] not in ("None", ["None"]):
            spec[name] = UNKNOWN
    for port, wanted in zip(spec.get("ports") or [], asked.get("ports") or [], strict=False):
        if "nodePort" in port and "nodePort" not in wanted:
            port["nodePort"] = UNKNOWN


def _secret_texts(inputs: Properties) -> list[str]:
    secrets = [value_at(inputs, path) for path in secret_paths(inputs)]
    texts = {leaf for secret in secrets for leaf in _leaves(reveal(secret)) if len(leaf) >= _SHORTEST_MASKED}
    encoded = {base64.b64encode(text.encode()).decode() for text in texts}
    # Longest first: a secret may contain another one.
    return sorted(texts | encoded, key=len, reverse=True)


def _leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value] if isinstance(value, str) else []


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, Secret):
        return Secret(_renamed(value.value, names))
    if isinstance(value, dict):
        return {names.get(key, key): _renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return value
