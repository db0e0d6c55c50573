"""What the gates P and U are told: asked of the registry for the models of a run, each verified, just before judging.

Owns how long an answer counts. A registry that does not answer is told as such: what
can't be looked up is not let through.
"""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from headgate.errors import HeadgateError
from headgate.gate.mentions import mentioned
from headgate.model import ModelRegistry, RegistryError
from headgate.model.facts import fact, key
from headgate.model.proofs.standing import Gathered, gathered, judged
from headgate.model.proofs.statement import now, written
from headgate.model.proofs.trust import Trust
from headgate.plan.view import Resource
from headgate.release.proof import Deployments

COUNTS = datetime.timedelta(minutes=10)
"""How long an answer counts, and for how long it is not asked for again."""


class Facts:
    """One registry, asked for what runs mention. An update asks resource by resource: answers are kept for a while."""

    def __init__(
        self,
        models: ModelRegistry,
        trust: Trust,
        ledger: Path | None = None,
        clock: Callable[[], datetime.datetime] = now,
    ) -> None:
        self._models, self._trust, self._ledger, self._clock = models, trust, ledger, clock
        self._known: dict[tuple[str, str], tuple[datetime.datetime, Mapping[str, Any] | None]] = {}
        self._lock = threading.Lock()

    def about(self, resources: Iterable[Resource]) -> dict[str, Any]:
        """Return the facts for resources, in the form of policies/schemas/facts.json."""
        at = self._clock()
        document = {
            "registry": self._models.registry.login_server,
            "at": written(at),
            "until": written(at + COUNTS),
        }
        with self._lock:
            try:
                wanted = mentioned(resources, lambda: self._names)
                found = self._ask(wanted, at)
            except (HeadgateError, OSError) as error:
                what = f"{error.what}: {error.found or error.where}" if isinstance(error, HeadgateError) else str(error)
                return {**document, "unavailable": what}
        return {**document, "models": {f"models/{name}@{each['digest']}": each for name, each in found if each}}

    def _ask(
        self, wanted: Iterable[tuple[str, str]], at: datetime.datetime
    ) -> list[tuple[str, Mapping[str, Any] | None]]:
        """Return what is known of versions; nothing, of those that the registry does not have."""
        wanted = list(wanted)
        # Half of the time that it counts: what is handed on still does when it is read.
        known = {each for each, (asked, _) in self._known.items() if at - asked < COUNTS / 2}
        read = {each: self._gathered(*each, at) for each in dict.fromkeys(wanted) if each not in known}
        there = {each: found for each, found in read.items() if found}
        standings = dict(zip(there, judged(list(there.values()), self._trust), strict=True))
        for name, digest in read:
            standing = standings.get((name, digest))
            is_it = standing is not None and key(standing) == f"models/{name}@{digest}"
            told = fact(standing, sorted(self._deployed.get(digest, ()))) if standing and is_it else None
            self._known[name, digest] = (at, told)
        return [(name, self._known[name, digest][1]) for name, digest in wanted]

    def _gathered(self, name: str, digest: str, at: datetime.datetime) -> Gathered | None:
        try:
            return gathered(self._models, name, digest, self._trust, at)
        except RegistryError as error:
            if not error.not_found:
                raise
            return None

    @cached_property
    def _deployed(self) -> Mapping[str, set[str]]:
        return Deployments(self._ledger).stacks() if self._ledger else {}

    @cached_property
    def _names(self) -> list[str]:
        return self._models.names()
