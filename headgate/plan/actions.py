"""What is done to a stack other than updating it, and the form in which people approve that.

The engine saves a plan for an update alone. For a destroy, a refresh or an import the form is made from what their
preview ends with, and from the state that it was made over: what goes away, which properties drifted, what is taken in.
Owns the requests and their form; that nothing else is run is the protected path's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from headgate.errors import HeadgateError
from headgate.plan import pulumi
from headgate.plan.digest import PlanForm, digest_of
from headgate.plan.opaque import SECRET_SIGNATURE, SIGNATURE

_COMMANDS = {"update": "up"}
# The engine reads `*` in a target as any name.
_ANY = "*"
_FIRST_OF_PATH = re.compile(r'\["(?P<quoted>[^"]*)"\]|(?P<plain>[^.\[]+)')
_SIDES = ("inputs", "outputs")


class Action(StrEnum):
    """What is done to a stack. An approval of one is none of another."""

    UPDATE = "update"
    DESTROY = "destroy"
    REFRESH = "refresh"
    IMPORT = "import"


@dataclass(frozen=True)
class Request:
    """What is asked of the engine, beside the stack."""

    action: Action
    arguments: tuple[str, ...] = ()

    @property
    def command(self) -> tuple[str, ...]:
        """Return the engine's command."""
        return (_COMMANDS.get(self.action, str(self.action)), *self.arguments)

    def held_to(self, form: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the options that hold the engine to the resources of a form; an import names its resource itself."""
        if self.action not in (Action.DESTROY, Action.REFRESH):
            return ()
        urns = list(form["resources"])
        if unclear := [urn for urn in urns if _ANY in urn]:
            raise HeadgateError(
                f"the {self.action} can't be held to its resources, so nothing was done",
                found=unclear[0],
                expected="names without `*`, which the engine takes for any",
                fix="rename the resource in an update of its own",
            )
        return tuple(word for urn in urns for word in ("--target", urn))


UPDATE = Request(Action.UPDATE)
DESTROY = Request(Action.DESTROY)
REFRESH = Request(Action.REFRESH)


def import_of(token: str, name: str, identity: str, parent: str | None = None, provider: str | None = None) -> Request:
    """Return the request for one resource to be taken in."""
    links = (("--parent", "parent", parent), ("--provider", "provider", provider))
    more = [word for option, label, urn in links if urn for word in (option, f"{label}={urn}")]
    # Words of a person's: none of them may be taken for an option.
    for word in (token, name, identity):
        if word.startswith("-") or not word:
            raise HeadgateError(
                "this is no resource to import",
                found=word or "an empty word",
                expected="TYPE NAME ID",
                fix="headgate import kubernetes:core/v1:Namespace team team-a",
            )
    return Request(Action.IMPORT, (token, name, identity, "--generate-code=false", *more))


def outcomes(events: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return how each step ended, from engine events."""
    found = [(event.get("resOutputsEvent") or {}).get("metadata") for event in events if "resOutputsEvent" in event]
    return list(pulumi.objects(found, "outcomes", "events"))


def form_of_outcomes(
    stack: str, action: Action, steps: Iterable[Mapping[str, Any]], state: Mapping[str, Any]
) -> PlanForm:
    """Return the form of an operation, over the state that its preview was made against."""
    return PlanForm(stack, str(action), changes_of(steps), digest_of_state(state))


def changes_of(steps: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return what happens to each resource; what stays as it is is left out."""
    found: dict[str, dict[str, Any]] = {}
    for step in steps:
        urn, operation = step.get("urn"), step.get("op")
        if not isinstance(urn, str) or not isinstance(operation, str):
            raise pulumi.unreadable("preview", f"a step without a URN or an operation ({urn!r})", "a step")
        pulumi.operation_of(operation, "preview")
        if operation == "same":
            continue
        told = found.setdefault(urn, {"operations": [], "ids": []})
        told["operations"].append(operation)
        told["ids"] = sorted({*told["ids"], *_ids(step)})
        told |= _taken_in(step) if operation == "import" else {}
        told |= {"drift": _drift(step)} if operation == "update" else {}
    return found


def digest_of_state(state: Mapping[str, Any]) -> str:
    """Return the digest of a state's resources: any that comes, goes or changes makes it another."""
    deployment = state.get("deployment")
    if not isinstance(deployment, Mapping):
        raise pulumi.unreadable("state", "an export without a deployment", "the output of `pulumi stack export`")
    parts = {name: _without_secrets(deployment.get(name) or []) for name in ("resources", "pending_operations")}
    return digest_of(parts)


def _ids(step: Mapping[str, Any]) -> set[str]:
    """Return what the provider calls the resource, before and after."""
    sides = (step.get("old"), step.get("new"))
    return {str(side["id"]) for side in sides if isinstance(side, Mapping) and side.get("id")}


def _taken_in(step: Mapping[str, Any]) -> dict[str, Any]:
    """Return how an imported resource will stand in the state."""
    new = _side(step, "new")
    return {name: new.get(name) or "" for name in ("type", "parent", "provider")} | {
        "protect": bool(new.get("protect"))
    }


def _drift(step: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties that differ, as the state has them and as they are; the engine has masked secrets."""
    old, new = _side(step, "old"), _side(step, "new")
    named = {_first(path) for path in step.get("detailedDiff") or {}}
    found: dict[str, Any] = {}
    for side in _SIDES:
        before, after = old.get(side) or {}, new.get(side) or {}
        differing = {name for name in {*before, *after} if before.get(name) != after.get(name)}
        for name in sorted(differing & named if named else differing):
            found.setdefault(name, {"was": before.get(name), "is": after.get(name)})
    return found


def _first(path: str) -> str:
    """Return the property that a path of the engine's begins with."""
    found = _FIRST_OF_PATH.match(path)
    return next((each for each in found.groups() if each is not None), path) if found else path


def _side(step: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = step.get(name)
    return found if isinstance(found, Mapping) else {}


def _without_secrets(value: Any) -> Any:
    """Return a value with its secrets as a mark: their ciphertext may be another in each export."""
    if isinstance(value, Mapping):
        if value.get(SIGNATURE) == SECRET_SIGNATURE:
            return {"$secret": True}
        return {key: _without_secrets(each) for key, each in value.items()}
    return [_without_secrets(each) for each in value] if isinstance(value, list) else value
