"""Objects that the SDK has no type for: custom resources, and the definitions that make them known.

Owns their spelling. Components write fields as Python does (`max_surge`), everywhere; an untyped object needs them as
Kubernetes does (`maxSurge`).
"""

import re
from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components.kubernetes.definitions import definitions

_SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")


class _Raw(pulumi.CustomResource):
    """A resource whose document goes to the provider as it is."""

    def __init__(self, token: str, name: str, document: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(token, name, document, opts)


def custom(
    name: str, api_version: str, kind: str, metadata: dict[str, Any], spec: dict[str, Any], opts: pulumi.ResourceOptions
) -> CustomResource:
    """Make a custom resource of a spec that is written as Python does."""
    return CustomResource(name, api_version=api_version, kind=kind, metadata=metadata, spec=camel(spec), opts=opts)


def known_kinds(
    name: str, family: str, labels: dict[str, Any], opts: pulumi.ResourceOptions
) -> list[pulumi.CustomResource]:
    """Make a family's kinds known to the API server; their schemas are data, which the SDK's types would only slow."""
    return [
        _Raw(
            "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition",
            f"{name}-{each['spec']['names']['plural']}",
            {**each, "metadata": {**each["metadata"], "labels": labels}},
            opts,
        )
        for each in definitions(family)
    ]


def camel(value: Any) -> Any:
    """Return a document with its fields spelt as Kubernetes does; labels and other free keys have no underscores."""
    if isinstance(value, dict):
        return {_field(key): camel(item) for key, item in value.items() if item is not None}
    return [camel(item) for item in value] if isinstance(value, list) else value


def _field(name: str) -> str:
    if not _SNAKE.fullmatch(name):
        return name
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)
