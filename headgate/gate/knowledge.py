"""Whom a gate asks what it can't see in a plan: a registry or its signed facts about models, the ledger about the past.

Either may be missing: then the rules are not told of it, and say so.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from headgate.gate.history import history
from headgate.plan.pulumi import stack_in

if TYPE_CHECKING:
    from headgate.plan.view import Resource


class Asked(Protocol):
    """Who answers what is known of resources."""

    def about(self, resources: Iterable[Resource]) -> dict[str, Any]:
        """Return the facts, in the form of policies/schemas/facts.json."""
        ...


class Knowledge:
    """What is known beside the plan. An update asks resource by resource: the ledger is read once for each stack."""

    def __init__(self, models: Asked | None, ledger: Path | None) -> None:
        self._models, self._ledger = models, ledger
        self._histories: dict[frozenset[str], dict[str, Any]] = {}
        self._lock = threading.Lock()

    def about(self, resources: Iterable[Resource]) -> dict[str, Any]:
        """Return what is known of models, and of what was."""
        known = list(resources)
        found = self._models.about(known) if self._models else {}
        if self._ledger is not None:
            found["history"] = self._history(
                self._ledger, frozenset(filter(None, (stack_in(each.id) for each in known)))
            )
        return found

    def _history(self, ledger: Path, stacks: frozenset[str]) -> dict[str, Any]:
        with self._lock:
            if stacks not in self._histories:
                self._histories[stacks] = history(ledger, stacks)
            return self._histories[stacks]
