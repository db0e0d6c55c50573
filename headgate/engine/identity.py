"""What id a resource would have, told from its inputs: for one whose creation was cut off before the engine knew it.

Returns candidates; only the provider knows whether one of them exists. A type that names its resources itself has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headgate.errors import HeadgateError

_DEFAULT_NAMESPACE = "default"


def candidates(resource_type: str, inputs: Mapping[str, Any]) -> list[str]:
    """Return the ids that a resource of these inputs can have, the likeliest first."""
    package = resource_type.partition(":")[0]
    if package == "kubernetes":
        return _kubernetes(inputs)
    if package.startswith("azure-native"):
        return _azure(resource_type, inputs)
    return []


def _kubernetes(inputs: Mapping[str, Any]) -> list[str]:
    """`namespace/name`; without a namespace the kind is of the cluster, or its object is in the default one."""
    metadata = inputs.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    if not isinstance(metadata, Mapping) or not isinstance(name, str):
        return []
    namespace = metadata.get("namespace")
    if isinstance(namespace, str) and namespace:
        return [f"{namespace}/{name}"]
    return [name, f"{_DEFAULT_NAMESPACE}/{name}"]


def _azure(resource_type: str, inputs: Mapping[str, Any]) -> list[str]:
    """Fill the ARM path of the type from the inputs of the same names."""
    from headgate.sandbox.azure.ids import SUBSCRIPTION_ID
    from headgate.sandbox.azure.types import resolve

    try:
        template = resolve(resource_type).spec.template
    except HeadgateError:
        return []
    values = {"subscriptionId": SUBSCRIPTION_ID}
    values |= {name: value for name, value in inputs.items() if isinstance(value, str)}
    if any(name not in values for name in template.parameters):
        return []
    return [template.build(values)]
