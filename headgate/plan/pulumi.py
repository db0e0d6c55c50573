"""Pulumi's documents as a resource view: preview, engine events, and exported state.

Owns what those documents look like. Nothing is dropped: a step that can't be read is an error, not an omission.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from headgate.errors import HeadgateError
from headgate.plan.opaque import unwrap
from headgate.plan.view import Operation, Resource, Source, View, kubernetes_identity

_POSITION = re.compile(r"(?:project:///|file://)(?P<file>[^#]+)#(?P<line>[0-9]{1,9})(?:,(?P<column>[0-9]{1,9}))?")
# Versions of the form of a state, of which this one has what is read here.
_NEWEST_STATE = 4
# The engine's step names, and what they mean for a rule. `discard` and the like only forget.
_OPERATIONS = {
    "same": Operation.SAME,
    "create": Operation.CREATE,
    "update": Operation.UPDATE,
    "delete": Operation.DELETE,
    "replace": Operation.REPLACE,
    "create-replacement": Operation.REPLACE,
    "delete-replaced": Operation.DELETE,
    "read": Operation.READ,
    "read-replacement": Operation.READ,
    "refresh": Operation.SAME,
    "import": Operation.CREATE,
    "import-replacement": Operation.REPLACE,
    "discard": Operation.DELETE,
    "discard-replaced": Operation.DELETE,
    "remove-pending-replace": Operation.DELETE,
}


def from_preview(document: Mapping[str, Any], origin: str, stack: str | None = None) -> View:
    """Read what `pulumi preview --json` prints."""
    steps = document.get("steps")
    if not isinstance(steps, list) or not steps:
        # Even an empty program has a step: that of its stack.
        raise unreadable(origin, "a preview without steps", "the output of `pulumi preview --json`")
    for diagnostic in objects(document.get("diagnostics") or [], "diagnostics", origin):
        if diagnostic.get("severity") == "error":
            message = str(diagnostic.get("message", "")).strip()
            raise unreadable(origin, f"a preview that failed: {message}", "a preview that went well")
    resources = tuple(_from_step(step, origin) for step in steps)
    return View(resources, origin, stack or stack_of(resources))


def from_events(
    events: Iterable[Mapping[str, Any]], origin: str, stack: str | None = None, step: str = "resourcePreEvent"
) -> View:
    """Read engine events, of a streaming preview or an event log, one per resource operation.

    `step` is `resOutputsEvent` where only the end of a step tells its operation and inputs, as of a refresh.
    """
    found: list[Resource] = []
    result = None
    for event in events:
        if "summaryEvent" in event:
            result = _part(event, "summaryEvent", origin).get("result")
        if step in event:
            found.append(_from_step(_part(event, step, origin).get("metadata"), origin))
    if result != "succeeded":
        # A preview that failed half-way lists only some of its resources: judging those would pass the rest. Its
        # summary comes all the same.
        told = (
            f"a run whose summary says {result!r}"
            if result
            else "an event stream without a summary: the run did not finish"
        )
        raise unreadable(origin, told, "the events of a run that succeeded")
    return View(tuple(found), origin, stack or stack_of(found))


def from_state(document: Mapping[str, Any], origin: str, stack: str | None = None) -> View:
    """Read what `pulumi stack export` prints, or the file in which a file back end keeps a stack."""
    checkpoint = document.get("checkpoint")
    deployment = checkpoint.get("latest") if isinstance(checkpoint, Mapping) else document.get("deployment")
    if not isinstance(deployment, Mapping) or not isinstance(deployment.get("resources", []), list):
        raise unreadable(origin, "an export without a deployment", "the output of `pulumi stack export`")
    version = document.get("version")
    if isinstance(version, int) and version > _NEWEST_STATE:
        raise unreadable(origin, f"a state of version {version}", f"at most {_NEWEST_STATE}, as Pulumi 3.259 writes it")
    resources = tuple(
        from_registration(entry, Operation.DELETE if entry.get("delete") else Operation.SAME, origin)
        for entry in objects(deployment.get("resources", []), "resources", origin)
    )
    return View(resources, origin, stack or stack_of(resources))


def objects(items: Any, name: str, origin: str) -> Iterable[Mapping[str, Any]]:
    """Return a list of objects, or raise: an entry that can't be read is not left out."""
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        raise unreadable(origin, f"{name} that are no list of objects", "a document of Pulumi's")
    return items


def _part(event: Mapping[str, Any], name: str, origin: str) -> Mapping[str, Any]:
    part = event[name] if event[name] is not None else {}
    if not isinstance(part, Mapping):
        raise unreadable(origin, f"a {name} that is no object", "the events of a run")
    return part


def operation_of(name: str, origin: str) -> Operation:
    """Return what a step of the engine means for a rule; one that is not known is an error."""
    if name not in _OPERATIONS:
        raise unreadable(origin, f"a step with the operation {name!r}", "an operation of this Pulumi version (3.259)")
    return _OPERATIONS[name]


def _from_step(step: Any, origin: str) -> Resource:
    if not isinstance(step, Mapping):
        raise unreadable(origin, f"a step that is no object ({type(step).__name__})", "a step of the engine")
    operation = operation_of(str(step.get("op", "")), origin)
    state = step.get("newState") or step.get("new") or step.get("oldState") or step.get("old") or {}
    if not isinstance(state, Mapping):
        raise unreadable(origin, f"a step whose state is no object ({type(state).__name__})", "a step of the engine")
    found = from_registration({"urn": step.get("urn"), **state}, operation, origin)
    before = step.get("oldState") or step.get("old") or {}
    if not isinstance(before, Mapping):
        raise unreadable(
            origin, f"a step whose old state is no object ({type(before).__name__})", "a step of the engine"
        )
    return since(found, _changed(before, state, found.id, origin), protected=bool(before.get("protect")))


def _changed(before: Mapping[str, Any], state: Mapping[str, Any], urn: str, origin: str) -> dict[str, Any]:
    """Return the inputs of the old state that the new one does not have so; most resources stay as they are."""
    old, new = before.get("inputs") or {}, state.get("inputs") or {}
    if not isinstance(old, Mapping):
        raise unreadable(origin, f"old inputs of {urn} that are no object", "an object")
    found: dict[str, Any] = unwrap({name: each for name, each in old.items() if name not in new or new[name] != each})
    return found


def since(found: Resource, before: Mapping[str, Any], *, protected: bool) -> Resource:
    """Return a resource with what it was before, where that was other."""
    new = found.properties
    other = {name: each for name, each in before.items() if name not in new or new[name] != each}
    unprotected = protected and not found.protect
    # Most resources are as they were, and a copy of each takes its time.
    return replace(found, before=other, unprotected=unprotected) if other or unprotected else found


def from_inputs(
    urn: str,
    token: str,
    inputs: Mapping[str, Any],
    operation: Operation = Operation.UNKNOWN,
    parent: str = "",
    dependencies: Iterable[str] = (),
    protect: bool = False,
) -> Resource:
    """Return the view of one resource from its inputs, which may still hold Pulumi's placeholders."""
    provider = token.split(":", 1)[0]
    properties = unwrap(dict(inputs))
    kind, group = kubernetes_identity(token, properties) if provider == "kubernetes" else (None, None)
    metadata = properties.get("metadata")
    namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
    return Resource(
        id=urn,
        provider=provider,
        type=token,
        # The name may have such colons of its own.
        name=urn.split("::", 3)[-1],
        operation=operation,
        properties=properties,
        kind=kind,
        group=group,
        namespace=namespace if isinstance(namespace, str) else "",
        parent=parent,
        dependencies=tuple(dependencies),
        protect=protect,
    )


def from_registration(state: Mapping[str, Any], operation: Operation, origin: str) -> Resource:
    """Return the view of a resource as states and steps describe it."""
    urn, token = state.get("urn"), state.get("type")
    if not isinstance(urn, str) or urn.count("::") < 3:
        raise unreadable(origin, f"a resource without a URN ({urn!r})", "urn:pulumi:…")
    if not isinstance(token, str):
        token = urn.split("::")[2].rsplit("$", 1)[-1]
    inputs = state.get("inputs") or {}
    if not isinstance(inputs, Mapping):
        raise unreadable(origin, f"inputs of {urn} that are no object", "an object")
    view = from_inputs(
        urn,
        token,
        inputs,
        operation,
        parent=str(state.get("parent") or ""),
        dependencies=_dependencies(state, origin),
        protect=bool(state.get("protect")),
    )
    source = _source(state.get("sourcePosition"))
    connection, unfinished = connection_of(state.get("provider")), bool(state.get("initErrors"))
    return replace(view, source=source, connection=connection, unfinished=unfinished)


def connection_of(reference: Any) -> str:
    """Return the name in a provider's reference, `<urn>::<id>`; a default provider's is none that anybody gave."""
    parts = str(reference or "").split("::")
    return parts[-2] if len(parts) > 2 and not parts[-2].startswith("default") else ""


def _dependencies(state: Mapping[str, Any], origin: str) -> list[str]:
    found = state.get("dependencies") or []
    if not isinstance(found, list):
        raise unreadable(origin, f"dependencies of {state.get('urn')} that are no list", "a list of URNs")
    return [str(item) for item in found]


def _source(position: Any) -> Source | None:
    """Return the line of the program that asked for a resource: `project:///infra/layers/serving.py#40,5`."""
    found = _POSITION.fullmatch(position) if isinstance(position, str) else None
    return Source(found["file"], int(found["line"]), int(found["column"] or 1)) if found else None


def stack_of(resources: Iterable[Resource]) -> str | None:
    """Return the stack that the first URN names."""
    for resource in resources:
        return resource.id.removeprefix("urn:pulumi:").split("::", 1)[0]
    return None


def stack_in(urn: str) -> str | None:
    """Return the stack that a URN names; an object of a manifest has none."""
    return urn.removeprefix("urn:pulumi:").split("::", 1)[0] if urn.startswith("urn:pulumi:") else None


def unreadable(origin: str, found: str, expected: str) -> HeadgateError:
    """Return the error of a document that is not what it should be."""
    return HeadgateError(
        "the plan can't be read, so nothing was judged",
        where=origin,
        found=found,
        expected=expected,
        fix="make the plan again with the pinned Pulumi CLI (`headgate toolchain list`)",
    )
