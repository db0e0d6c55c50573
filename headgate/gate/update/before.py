"""What a stack consisted of before an update. An engine hands its pack what is asked for, and nothing of what was.

Owns that it is read once, and only where a rule compares with it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from headgate.plan.pulumi import from_state, since
from headgate.plan.view import Operation, Resource
from headgate.policy.catalogue import Rule

# Azure's types are the same in every version of its API.
_VERSION = re.compile(r"/v[0-9a-z]+:")


class Before:
    """The old inputs of a stack's resources, by what exports its state."""

    def __init__(self, export: Callable[[str], Mapping[str, Any]]) -> None:
        self._export = export
        self._states: dict[str, dict[str, Resource]] = {}
        self._lock = threading.Lock()

    def compared(self, resource: Resource, stack: str, rules: Iterable[Rule]) -> Resource:
        """Return a resource with what it was before, where one of the rules asks for that."""
        token = _VERSION.sub(":", resource.type)
        if not any(rule.before and token in rule.types for rule in rules):
            return resource
        old = self._state(stack).get(resource.id)
        return resource if old is None else since(resource, old.properties, protected=False)

    def _state(self, stack: str) -> dict[str, Resource]:
        with self._lock:
            if stack not in self._states:
                view = from_state(self._export(stack), f"the state of {stack}", stack)
                # What waits for its deletion has been replaced by another of its name.
                kept = (each for each in view.resources if each.operation is not Operation.DELETE)
                self._states[stack] = {each.id: each for each in kept}
            return self._states[stack]
