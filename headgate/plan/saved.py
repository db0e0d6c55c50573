"""Saved plans as a resource view: what `pulumi preview --save-plan` wrote, and the update will be held to.

A saved plan has the steps of each resource, and of its inputs only what differs from before. So what is not new is read
together with the state that it was planned against; without that state nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from headgate.errors import HeadgateError
from headgate.plan import pulumi
from headgate.plan.view import Operation, Resource, View

# Of the operations of a plan's steps, the one that says what becomes of the resource. A replacement has three steps.
_STRONGEST = (Operation.REPLACE, Operation.CREATE, Operation.UPDATE, Operation.READ, Operation.DELETE, Operation.SAME)
NEW = frozenset({Operation.CREATE, Operation.READ})


def is_saved_plan(document: Any) -> bool:
    """Whether a document is a saved plan."""
    return isinstance(document, Mapping) and "resourcePlans" in document


def from_plan(document: Mapping[str, Any], origin: str, state: Mapping[str, Any] | None = None) -> View:
    """Read a saved plan, over the state that it was made against: what `pulumi stack export` printed."""
    plans = document.get("resourcePlans")
    version = (document.get("manifest") or {}).get("version") if isinstance(document.get("manifest"), Mapping) else None
    if not isinstance(plans, Mapping) or not plans:
        raise pulumi.unreadable(origin, "a saved plan without resources", "what `pulumi preview --save-plan` wrote")
    if not isinstance(version, str):
        raise pulumi.unreadable(origin, "a saved plan cut short: no manifest", "a plan that was written to its end")
    before = {each.id: each for each in pulumi.from_state(state, origin).resources} if state is not None else None
    resources = tuple(_resources(plans, before, origin))
    return View(resources, origin, pulumi.stack_of(resources))


def _resources(plans: Mapping[str, Any], before: Mapping[str, Resource] | None, origin: str) -> Iterator[Resource]:
    """Yield what the plan makes of each resource; what it does not name stays as it is."""
    for urn, plan in plans.items():
        if not isinstance(plan, Mapping):
            raise pulumi.unreadable(origin, f"a plan of {urn} that is no object", "an object")
        yield _resource(str(urn), plan, before, origin)
    for urn, resource in (before or {}).items():
        if urn not in plans:
            yield resource


def _resource(urn: str, plan: Mapping[str, Any], before: Mapping[str, Resource] | None, origin: str) -> Resource:
    steps = plan.get("steps")
    if not isinstance(steps, list) or not steps:
        raise pulumi.unreadable(origin, f"no steps for {urn}", "the steps that a plan has for each resource")
    operation = strongest(steps, origin)
    goal = plan.get("goal")
    if operation is Operation.DELETE or not isinstance(goal, Mapping):
        return _standing(urn, operation, before, origin)
    if operation in NEW:
        return _asked(urn, goal, {}, operation, origin)
    old = _standing(urn, operation, before, origin)
    return pulumi.since(_asked(urn, goal, old.properties, operation, origin), old.properties, protected=old.protect)


def _asked(urn: str, goal: Mapping[str, Any], old: Mapping[str, Any], operation: Operation, origin: str) -> Resource:
    """Return what a plan asks of a resource, over the inputs that it had."""
    inputs = applied(dict(old), goal.get("inputDiff"), origin)
    return pulumi.from_registration({**goal, "urn": urn, "inputs": inputs}, operation, origin)


def strongest(steps: list[Any], origin: str) -> Operation:
    """Return what the steps of one resource come to."""
    return min((pulumi.operation_of(str(step), origin) for step in steps), key=_STRONGEST.index)


def _standing(urn: str, operation: Operation, before: Mapping[str, Resource] | None, origin: str) -> Resource:
    """Return what the state has of a resource that the plan does not describe whole."""
    if before is None:
        raise HeadgateError(
            "a saved plan holds only what changes, so nothing was judged",
            where=origin,
            found=f"{operation} of {urn}",
            expected="the state that it was planned against",
            fix="`pulumi stack export > state.json`, then add `--state state.json`",
        )
    if urn not in before:
        raise HeadgateError(
            "the saved plan and the state do not belong together, so nothing was judged",
            where=origin,
            found=f"{operation} of {urn}, which the state does not have",
            expected="the state that the plan was made against",
            fix="export the state again, and make the plan again",
        )
    return replace(before[urn], operation=operation)


def applied(old: dict[str, Any], difference: Any, origin: str) -> dict[str, Any]:
    """Return inputs after the plan: the engine keeps the difference by top-level property."""
    changes = _object(difference, origin)
    gone = changes.get("deletes") or []
    if not isinstance(gone, list) or not all(isinstance(key, str) for key in gone):
        raise pulumi.unreadable(origin, f"deleted inputs that are {gone!r}", "a list of names")
    kept = {key: value for key, value in old.items() if key not in gone}
    return kept | _object(changes.get("adds"), origin) | _object(changes.get("updates"), origin)


def _object(value: Any, origin: str) -> dict[str, Any]:
    """Return an object of a difference, where none at all is an empty one."""
    if value is not None and not isinstance(value, dict):
        raise pulumi.unreadable(origin, f"a difference of inputs that is {value!r}", "an object")
    return value or {}
