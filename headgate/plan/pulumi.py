"""Pulumi's documents as a resource view: preview, engine events, and exported state.

Owns what those documents look like. Nothing is dropped: a step that can't be read is an error, not an omission.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from headgate.errors import HeadgateError
from headgate.plan.opaque import unwrap
from headgate.plan.view import Operation, Resource, View, kubernetes_identity

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
        raise _unreadable(origin, "a preview without steps", "the output of `pulumi preview --json`")
    for diagnostic in document.get("diagnostics") or []:
        if diagnostic.get("severity") == "error":
            message = str(diagnostic.get("message", "")).strip()
            raise _unreadable(origin, f"a preview that failed: {message}", "a preview that went well")
    resources = tuple(_from_step(step, origin) for step in steps)
    return View(resources, origin, stack or _stack(resources))


def from_events(events: Iterable[Mapping[str, Any]], origin: str, stack: str | None = None) -> View:
    """Read engine events, of a streaming preview or an event log, one per resource operation."""
    found: list[Resource] = []
    result = None
    for event in events:
        if "summaryEvent" in event:
            result = (event["summaryEvent"] or {}).get("result")
        if "resourcePreEvent" in event:
            found.append(_from_step(event["resourcePreEvent"].get("metadata") or {}, origin))
    if result != "succeeded":
        # A preview that failed half-way lists only some of its resources: judging those would pass the rest. Its
        # summary comes all the same.
        told = (
            f"a run whose summary says {result!r}"
            if result
            else "an event stream without a summary: the run did not finish"
        )
        raise _unreadable(origin, told, "the events of a run that succeeded")
    return View(tuple(found), origin, stack or _stack(found))


def from_state(document: Mapping[str, Any], origin: str, stack: str | None = None) -> View:
    """Read what `pulumi stack export` prints, or the file in which a file back end keeps a stack."""
    checkpoint = document.get("checkpoint")
    deployment = checkpoint.get("latest") if isinstance(checkpoint, Mapping) else document.get("deployment")
    if not isinstance(deployment, Mapping) or not isinstance(deployment.get("resources", []), list):
        raise _unreadable(origin, "an export without a deployment", "the output of `pulumi stack export`")
    resources = tuple(
        _resource(entry, Operation.DELETE if entry.get("delete") else Operation.SAME, origin)
        for entry in deployment.get("resources", [])
    )
    return View(resources, origin, stack or _stack(resources))


def _from_step(step: Mapping[str, Any], origin: str) -> Resource:
    name = str(step.get("op", ""))
    if name not in _OPERATIONS:
        raise _unreadable(origin, f"a step with the operation {name!r}", "an operation of this Pulumi version (3.259)")
    state = step.get("newState") or step.get("new") or step.get("oldState") or step.get("old") or {}
    return _resource({"urn": step.get("urn"), **state}, _OPERATIONS[name], origin)


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
        name=urn.rsplit("::", 1)[-1],
        operation=operation,
        properties=properties,
        kind=kind,
        group=group,
        namespace=namespace if isinstance(namespace, str) else "",
        parent=parent,
        dependencies=tuple(dependencies),
        protect=protect,
    )


def _resource(state: Mapping[str, Any], operation: Operation, origin: str) -> Resource:
    urn, token = state.get("urn"), state.get("type")
    if not isinstance(urn, str) or urn.count("::") < 3:
        raise _unreadable(origin, f"a resource without a URN ({urn!r})", "urn:pulumi:…")
    if not isinstance(token, str):
        token = urn.split("::")[2].rsplit("$", 1)[-1]
    inputs = state.get("inputs") or {}
    if not isinstance(inputs, Mapping):
        raise _unreadable(origin, f"inputs of {urn} that are no object", "an object")
    view = from_inputs(
        urn,
        token,
        inputs,
        operation,
        parent=str(state.get("parent") or ""),
        dependencies=[str(item) for item in state.get("dependencies") or []],
        protect=bool(state.get("protect")),
    )
    return replace(view, connection=connection_of(state.get("provider")), unfinished=bool(state.get("initErrors")))


def connection_of(reference: Any) -> str:
    """Return the name in a provider's reference, `<urn>::<id>`; a default provider's is none that anybody gave."""
    parts = str(reference or "").split("::")
    return parts[-2] if len(parts) > 2 and not parts[-2].startswith("default") else ""


def _stack(resources: Iterable[Resource]) -> str | None:
    for resource in resources:
        return resource.id.removeprefix("urn:pulumi:").split("::", 1)[0]
    return None


def _unreadable(origin: str, found: str, expected: str) -> HeadgateError:
    return HeadgateError(
        "the plan can't be read, so nothing was judged",
        where=origin,
        found=found,
        expected=expected,
        fix="make the plan again with the pinned Pulumi CLI (`headgate toolchain list`)",
    )
