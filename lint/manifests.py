"""The Kubernetes objects among registrations, as manifests; and the pods in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from headgate.errors import HeadgateError
from lint.program import Registration

PREFIX = "kubernetes:"
# Resources of the provider that make objects which a render can't see.
_OPAQUE = ("kubernetes:yaml", "kubernetes:helm.sh", "kubernetes:kustomize")
# A list of containers, and where a pod keeps them.
CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


@dataclass(frozen=True)
class Manifest:
    """One object, and the cluster (by its provider) that it is written to."""

    cluster: str
    body: dict[str, Any]

    @property
    def label(self) -> str:
        """Return how findings and exceptions name it: `Deployment team-fraud/fraud-score`."""
        metadata = self.body.get("metadata") or {}
        name = metadata.get("name") or f"{metadata.get('generateName', '')}*"
        namespace = metadata.get("namespace")
        return f"{self.body.get('kind')} {f'{namespace}/' if namespace else ''}{name}"


def manifests(registrations: Iterable[Registration]) -> list[Manifest]:
    """Return the objects of a stack."""
    found = []
    for each in registrations:
        if each.type.startswith(_OPAQUE):
            raise HeadgateError(
                "a render can't see what this makes, so nothing was checked",
                where=each.urn,
                found=each.type,
                expected="each object as a resource of its own",
                fix="use the object's own type, or pulumi_kubernetes.apiextensions.CustomResource",
            )
        if each.type.startswith(PREFIX) and not each.type.endswith(("Patch", "List")):
            found.append(Manifest(_cluster(each), without_nothing(each.inputs)))
    return found


def pods(body: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every pod specification in an object, at any depth, with its place."""
    listed = body.get("containers")
    if isinstance(listed, list) and listed and all(isinstance(each, Mapping) and "image" in each for each in listed):
        yield path or "spec", body
        return
    for name, value in body.items():
        at = f"{path}.{name}" if path else name
        if isinstance(value, Mapping):
            yield from pods(value, at)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, Mapping):
                    yield from pods(item, f"{at}[{index}]")


def without_nothing(value: Any) -> Any:
    """Return a value without what is null: Pulumi sends no nulls, and neither does a render."""
    if isinstance(value, dict):
        return {name: without_nothing(item) for name, item in value.items() if item is not None}
    return [without_nothing(item) for item in value] if isinstance(value, list) else value


def _cluster(registration: Registration) -> str:
    """Return the cluster: the name of the provider that the registration names."""
    return registration.provider.rpartition("::")[0].rpartition("::")[2]
