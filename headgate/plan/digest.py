"""The digest of a plan: what people approve, and the update is held to.

A canonical hash (RFC 8785, SHA-256) over each URN, its operations and what is asked for. Seeds and outputs that only a
provider knows are left out: they differ from one plan to the next. A secret enters as a keyed hash of its content and
its place, so that another one gives another digest and none can be read; an unknown value by where it comes from.
Owns the form; how secrets are opened is the engine's business.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from headgate.audit.canonical import canonical
from headgate.errors import HeadgateError
from headgate.plan import pulumi
from headgate.plan.opaque import SECRET_SIGNATURE, SIGNATURE, is_unknown
from headgate.plan.saved import NEW, applied, strongest

VERSION = 1
_LEAST_KEY = 32
# Told elsewhere in the form: inputs after the plan, and as the source of what is unknown.
_ELSEWHERE = frozenset({"inputDiff", "outputDiff", "propertyDependencies"})
# What differs from commit to commit, and would end an approval at the merge: the tree says what is deployed.
_PASSING = frozenset(
    {
        *(("labels", name) for name in ("headgate.dev/commit", "headgate.dev/change")),
        *(("tags", name) for name in ("commit", "change")),
    }
)
# Lists that the engine fills in no order.
_SETS = frozenset({"dependencies", "aliases", "additionalSecretOutputs"})


@dataclass(frozen=True)
class PlanForm:
    """A plan in the form that is hashed: no secret, nothing that differs between two plans of the same change."""

    stack: str
    action: str
    resources: Mapping[str, Mapping[str, Any]]
    state: str = ""
    """The digest of the state that an operation is held to; an update is held to its inputs."""

    def as_json(self) -> dict[str, Any]:
        """Return the document whose canonical bytes are hashed."""
        form: dict[str, Any] = {
            "version": VERSION,
            "stack": self.stack,
            "action": self.action,
            "resources": {urn: dict(each) for urn, each in self.resources.items()},
        }
        return form | ({"state": self.state} if self.state else {})

    @property
    def digest(self) -> str:
        """The digest."""
        return digest_of(self.as_json())


def digest_of(document: Any) -> str:
    """Return the digest of a plan's form, as it was kept; ValueError if it is no JSON."""
    return "sha256:" + hashlib.sha256(canonical(document)).hexdigest()


@dataclass(frozen=True)
class Secrets:
    """What the stack's secrets provider opened: JSON texts by ciphertext, and the key of the hashes."""

    key: bytes
    texts: Mapping[str, str]

    def __post_init__(self) -> None:
        """Refuse a key with which a secret could be guessed."""
        if len(self.key) < _LEAST_KEY:
            raise ValueError(f"a key of {len(self.key)} bytes; at least {_LEAST_KEY}")


def ciphertexts(plan: Mapping[str, Any], state: Mapping[str, Any] | None) -> list[str]:
    """Return the ciphertexts that have to be opened for the form, none twice."""
    found: dict[str, None] = {}
    inputs = _inputs(state)
    for urn, each in _plans(plan).items():
        for text in _ciphertexts([each.get("goal"), inputs.get(urn)]):
            found.setdefault(text, None)
    return list(found)


def form_of(
    plan: Mapping[str, Any],
    state: Mapping[str, Any] | None,
    secrets: Secrets,
    *,
    stack: str,
    action: str = "update",
) -> PlanForm:
    """Return the form of a saved plan, over the state that it was made against."""
    before = _inputs(state)
    resources = {
        urn: _Telling(stack, urn, each, secrets).resource(before.get(urn)) for urn, each in _plans(plan).items()
    }
    return PlanForm(stack, action, resources)


class _Telling:
    """Puts one resource of a plan into the form."""

    def __init__(self, stack: str, urn: str, plan: Mapping[str, Any], secrets: Secrets) -> None:
        self._stack = stack
        self._urn = urn
        self._plan = plan
        self._secrets = secrets
        goal = plan.get("goal")
        self._goal: Mapping[str, Any] | None = goal if isinstance(goal, Mapping) else None
        sources = (self._goal or {}).get("propertyDependencies")
        self._sources: Mapping[str, Any] = sources if isinstance(sources, Mapping) else {}

    def resource(self, before: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return operations, inputs, options and what is exported."""
        steps = self._plan.get("steps")
        if not isinstance(steps, list) or not steps:
            raise pulumi.unreadable(self._urn, "no steps", "the steps that a plan has for each resource")
        operations, is_new = [str(step) for step in steps], strongest(steps, self._urn) in NEW
        if self._goal is None:
            return {"operations": operations}
        if before is None and not is_new:
            raise pulumi.unreadable(
                self._urn, f"{operations[0]} of what the state does not have", "the plan's own state"
            )
        known = {} if is_new else before or {}
        options = {name: _unordered(name, value) for name, value in self._goal.items() if name not in _ELSEWHERE}
        return {
            "operations": operations,
            "inputs": self._told(applied(dict(known), self._goal.get("inputDiff"), self._urn), ("inputs",)),
            "exports": self._told(self._goal.get("outputDiff") or {}, ("exports",)),
            "options": self._told(options, ("options",)),
        }

    def _entry(self, value: Any, path: tuple[str | int, ...]) -> Any:
        """Return a field; of a label or tag that names commit or change, only that it is there."""
        if path[-2:] in _PASSING and isinstance(value, str):
            return {"$passing": True}
        return self._told(value, path)

    def _told(self, value: Any, path: tuple[str | int, ...]) -> Any:
        if isinstance(value, Mapping):
            if value.get(SIGNATURE) == SECRET_SIGNATURE:
                return {"$secret": self._keyed(value, path)}
            # A `$` of the program's own is doubled, so that no plain value looks like one of these two.
            return {
                f"${key}" if key.startswith("$") else key: self._entry(each, (*path, key))
                for key, each in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._told(each, (*path, index)) for index, each in enumerate(value)]
        if isinstance(value, str) and is_unknown(value):
            return {"$unknown": sorted(map(str, self._sources.get(str(path[1]), []))) if len(path) > 1 else []}
        return value

    def _keyed(self, secret: Mapping[str, Any], path: tuple[str | int, ...]) -> str:
        """Return the keyed hash of a secret's content and place."""
        text = secret.get("plaintext", self._secrets.texts.get(str(secret.get("ciphertext"))))
        if not isinstance(text, str):
            raise HeadgateError(
                "a secret of the plan can't be opened, so the plan has no digest",
                where=f"{self._urn}: {'.'.join(map(str, path))}",
                found="a ciphertext that the stack's secrets provider did not open",
                expected="a plan and a state of this stack",
                fix="make the plan again where the stack's secrets can be read",
            )
        content = canonical([self._stack, self._urn, list(path), _plain(text)])
        return hmac.new(self._secrets.key, content, hashlib.sha256).hexdigest()


def _plain(text: str) -> Any:
    """Return what a secret's text says: JSON, as the engine writes it; formatting does not count."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _plans(plan: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    plans = plan.get("resourcePlans")
    if not isinstance(plans, Mapping) or not plans:
        raise pulumi.unreadable("plan", "a saved plan without resources", "what `pulumi preview --save-plan` wrote")
    for urn, each in plans.items():
        if not isinstance(each, Mapping):
            raise pulumi.unreadable("plan", f"a plan of {urn} that is no object", "an object")
    return plans


def _inputs(state: Mapping[str, Any] | None) -> dict[str, Mapping[str, Any]]:
    """Return the inputs of each resource of a state, as they are written there."""
    deployment = (state or {}).get("deployment")
    resources = deployment.get("resources") if isinstance(deployment, Mapping) else None
    return {
        str(each.get("urn")): each.get("inputs") or {}
        for each in pulumi.objects(resources or [], "resources", "state")
        if not each.get("delete")
    }


def _unordered(name: str, value: Any) -> Any:
    return sorted(map(str, value)) if name in _SETS and isinstance(value, list) else value


def _ciphertexts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if value.get(SIGNATURE) == SECRET_SIGNATURE:
            if isinstance(value.get("ciphertext"), str):
                yield value["ciphertext"]
            return
        for each in value.values():
            yield from _ciphertexts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _ciphertexts(each)
