"""Faults on demand: what real Azure does on a bad day, asked for by type, region and number of times.

Owns the rules and their counting. A rule of `count` 0 lasts until it is cleared.
"""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from headgate.errors import HeadgateError
from headgate.sandbox.azure.errors import ArmError, over_quota, throttled
from headgate.sandbox.azure.store import Store
from headgate.sandbox.azure.types import spec_by_arm_type
from headgate.sandbox.azure.types.spec import TypeSpec

_KIND = "fault"
_SLOW_FACTOR = 10.0


class FaultKind(StrEnum):
    """What goes wrong."""

    THROTTLE = "throttle"
    QUOTA = "quota"
    OUTAGE = "outage"
    FAIL_HALFWAY = "fail-halfway"
    SLOW = "slow"


@dataclass
class Fault:
    """One rule. `type` is an SDK token (`containerservice:AgentPool`) or an ARM type, None for all."""

    id: str
    kind: FaultKind
    type: str | None = None
    region: str | None = None
    count: int = 0
    retry_after: int = 1
    hits: int = 0
    stop_region: bool = False

    def matches(self, kind: FaultKind, spec: TypeSpec, location: str) -> bool:
        """Say whether the rule concerns a call."""
        named = self.type is None or self.type.lower() in (spec.token.lower(), spec.arm_type.lower())
        return self.kind is kind and named and (self.region is None or self.region == location)


class Faults:
    """The rules in force."""

    def __init__(self, store: Store) -> None:
        """Read the rules that were in force before a restart."""
        self._store = store
        self._lock = threading.Lock()
        self._rules = {name: _from_json(document) for name, document in store.kept(_KIND).items()}

    def add(self, document: dict[str, Any]) -> Fault:
        """Put a rule in force."""
        token = document.get("type")
        if token is not None and not _known(token):
            raise HeadgateError("the sandbox's Azure has no such resource type", found=token,
                                expected="an SDK token such as containerservice:AgentPool")  # fmt: skip
        with self._lock:
            number = 1 + max((int(name) for name in self._rules), default=0)
            fault = _from_json({**document, "id": str(number)})
            self._rules[fault.id] = fault
            self._store.keep(_KIND, fault.id, asdict(fault))
        return fault

    def in_force(self) -> list[dict[str, Any]]:
        """Return the rules as documents."""
        with self._lock:
            return [asdict(fault) for fault in self._rules.values()]

    def clear(self, fault_id: str | None = None) -> list[Fault]:
        """Take one rule out of force, or all; return what was."""
        with self._lock:
            names = [name for name in self._rules if fault_id in (None, name)]
            gone = [self._rules.pop(name) for name in names]
            for name in names:
                self._store.drop(_KIND, name)
        return gone

    def check_call(self, spec: TypeSpec, location: str, write: bool) -> None:
        """Raise what a call meets before the service looks at it."""
        if self._hit(FaultKind.OUTAGE, spec, location) is not None:
            raise ArmError(
                503,
                "ServiceUnavailable",
                f"The service is unavailable in location '{location}'. Please retry later.",
                retry_after=None,
            )
        throttle = self._hit(FaultKind.THROTTLE, spec, location)
        if throttle is not None:
            raise throttled(throttle.retry_after)
        if write and self._hit(FaultKind.QUOTA, spec, location) is not None:
            raise over_quota("standardDSv5Family", location or "global", 10, 10, 4)

    def check_operation(self, spec: TypeSpec, location: str) -> None:
        """Raise what an accepted operation meets half-way."""
        if self._hit(FaultKind.FAIL_HALFWAY, spec, location) is not None:
            raise ArmError(
                500, "InternalServerError", "The operation failed half-way: an internal execution error occurred."
            )

    def factor(self, spec: TypeSpec, location: str) -> float:
        """Return by how much an operation is slowed."""
        return _SLOW_FACTOR if self._hit(FaultKind.SLOW, spec, location) is not None else 1.0

    def _hit(self, kind: FaultKind, spec: TypeSpec, location: str) -> Fault | None:
        """Return the rule that meets a call, counted; a rule that has met its number of calls is gone."""
        with self._lock:
            fault = next((item for item in self._rules.values() if item.matches(kind, spec, location)), None)
            if fault is None:
                return None
            fault.hits += 1
            if fault.count and fault.hits >= fault.count:
                del self._rules[fault.id]
                self._store.drop(_KIND, fault.id)
            else:
                self._store.keep(_KIND, fault.id, asdict(fault))
            return fault


def _known(token: str) -> bool:
    from headgate.sandbox.azure.types import CATALOGUE

    return token in CATALOGUE or spec_by_arm_type(token) is not None


def _from_json(document: dict[str, Any]) -> Fault:
    return Fault(**{**document, "kind": FaultKind(document["kind"])})


def now() -> str:
    """Return the time as Azure writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
