"""What runs in a cluster: teams' namespaces with their models and jobs, and the platform's own services."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from headgate.plan.places import Surroundings, UnknownError, value_at
from headgate.plan.view import Resource, View
from headgate.plan.workloads import STANDING, Bounds, bounds_of

_TENANCY = "headgate:index:TeamTenancy"
_GATEWAY = "headgate:index:ServingGateway"
_MODEL, _VERSION = "headgate.dev/model", "headgate.dev/model-version"
_GPU = "nvidia.com/gpu"
_JOBS = ("CronJob", "Job")


@dataclass(frozen=True)
class Served:
    """A model that serves, or a job that works with one."""

    name: str
    kind: str
    version: str
    digest: str
    pods: str
    gpu: bool = False


@dataclass(frozen=True)
class Namespace:
    """A team's namespace."""

    name: str
    models: tuple[Served, ...]


@dataclass(frozen=True)
class Service:
    """A workload of the platform's own; the gateway is the one that requests enter by."""

    name: str
    pods: str
    is_gateway: bool = False


def read_namespaces(objects: Iterable[Resource], around: Mapping[str, Surroundings]) -> Iterator[Namespace]:
    """Yield the teams' namespaces of a region, and the models in each."""
    models: dict[str, list[Served]] = {}
    for resource in objects:
        place = around[resource.id]
        if resource.kind == "Namespace" and _component(resource, place) == _TENANCY:
            models.setdefault(_text(resource, "metadata.name"), [])
        elif _label(resource, _MODEL) and resource.kind in (*STANDING, *_JOBS):
            models.setdefault(_namespace(resource, place.view), []).append(_served(resource, place.view))
    for name in sorted(models):
        yield Namespace(name, tuple(sorted(models[name], key=lambda one: (one.kind != "model", one.name))))


def read_services(objects: Iterable[Resource], around: Mapping[str, Surroundings]) -> Iterator[Service]:
    """Yield what the platform itself runs in a region: the gateway first."""
    found = []
    for resource in objects:
        if resource.kind in STANDING and not _label(resource, _MODEL):
            place = around[resource.id]
            is_gateway = _component(resource, place) == _GATEWAY
            name = _text(resource, "metadata.name") or resource.name
            found.append(Service(name, _pods(resource, place.view), is_gateway))
    yield from sorted(found, key=lambda one: (not one.is_gateway, one.name))


def _served(resource: Resource, view: View) -> Served:
    """Return a model or a job."""
    is_job = resource.kind in _JOBS
    template = "spec.jobTemplate.spec.template.spec" if resource.kind == "CronJob" else "spec.template.spec"
    pod = _at(resource, template) or {}
    return Served(
        name=_text(resource, "metadata.name") or resource.name,
        kind="job" if is_job else "model",
        version=_annotation(resource, _VERSION),
        digest=_digest(pod),
        pods=_timetable(resource) if is_job else _pods(resource, view),
        gpu=_GPU in str(pod.get("containers", "")),
    )


def _timetable(resource: Resource) -> str:
    """Say when a job runs."""
    if resource.kind == "Job":
        return "once"
    return "on demand" if _at(resource, "spec.suspend") is True else _text(resource, "spec.schedule")


def _pods(resource: Resource, view: View) -> str:
    """Say how many pods there are."""
    try:
        bounds = bounds_of(resource, view)
    except UnknownError:
        return ""
    return f"{bounds} {'pod' if bounds == Bounds(1, 1) else 'pods'}"


def _digest(pod: Mapping[str, Any]) -> str:
    """Return the digest of a pod's model: of the image volume, else of the first container."""
    volumes, containers = pod.get("volumes") or [], pod.get("containers") or []
    images = [each["image"].get("reference") for each in volumes if isinstance(each, dict) and "image" in each]
    images += [each.get("image") for each in containers if isinstance(each, dict)]
    digest = str(images[0] if images else "").rpartition("@sha256:")[2]
    return f"sha256:{digest[:12]}" if len(digest) == 64 else ""


def _namespace(resource: Resource, view: View) -> str:
    """Return the namespace of an object. A plan may not know it yet: then it is the one that its stack makes there."""
    known = _text(resource, "metadata.namespace")
    if known:
        return known
    made = [
        _text(each, "metadata.name")
        for each in view.resources
        if each.kind == "Namespace" and each.connection == resource.connection
    ]
    return made[0] if len(made) == 1 else f"team-{_label(resource, 'headgate.dev/team') or 'unknown'}"


def _component(resource: Resource, place: Surroundings) -> str:
    found = place.component(resource)
    return found.type if found else ""


def _at(resource: Resource, path: str) -> Any:
    try:
        return value_at(resource.properties, path)
    except UnknownError:
        return None


def _text(resource: Resource, path: str) -> str:
    value = _at(resource, path)
    return value if isinstance(value, str) else ""


def _label(resource: Resource, name: str) -> str:
    return _named(resource, "metadata.labels", name)


def _annotation(resource: Resource, name: str) -> str:
    template = "spec.template.metadata.annotations"
    return _named(resource, "metadata.annotations", name) or _named(resource, template, name)


def _named(resource: Resource, path: str, name: str) -> str:
    """Return a label or an annotation; names of these have dots, so they are no paths."""
    found = _at(resource, path)
    value = found.get(name) if isinstance(found, Mapping) else None
    return value if isinstance(value, str) else ""
