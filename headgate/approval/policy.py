"""What a stack asks for before it is changed: `approval` in policies/parameters/, and over it the stack's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headgate.policy.bundle import Bundle


@dataclass(frozen=True)
class StackPolicy:
    """The policy of one stack, as far as commands need it; rules read it for themselves."""

    count: int
    roles: tuple[str, ...]
    each: tuple[str, ...]
    hours: int
    emergency_roles: tuple[str, ...]

    @property
    def is_protected(self) -> bool:
        """Whether a plan of the stack has to be approved."""
        return self.count > 0


def policy_of(bundle: Bundle, stack: str) -> StackPolicy:
    """Return a stack's policy. Rules that know no approvals ask for none; where they do, Rego asks for the count."""
    asked = parameters_of(bundle, stack).get("approval") or {}
    found = merged(asked, (asked.get("stacks") or {}).get(stack) or {})
    breaking = found.get("break_glass") or {}
    return StackPolicy(
        count=int(found.get("count", 0)),
        roles=tuple(found.get("roles") or ()),
        each=tuple(found.get("each") or ()),
        hours=int(found.get("hours", 1)),
        emergency_roles=tuple(breaking.get("roles") or ()),
    )


def parameters_of(bundle: Bundle, stack: str) -> dict[str, Any]:
    """Return the parameters by which a stack is judged: its environment's over those of all."""
    return merged(bundle.parameters["base"], bundle.parameters[bundle.environment_of(stack)])


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Put one object over another, at every depth, as `object.union` does."""
    both = {
        key: merged(under[key], value) if isinstance(value, Mapping) and isinstance(under.get(key), Mapping) else value
        for key, value in over.items()
    }
    return {**under, **both}
