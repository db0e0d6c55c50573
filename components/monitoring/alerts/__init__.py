"""The platform's alerts: one file a group, gathered here."""

from __future__ import annotations

from components.monitoring.alerts import (
    availability,
    certificates,
    failover,
    gate,
    ledger,
    registry,
    saturation,
    watchdog,
)
from components.monitoring.rule import Group
from components.monitoring.scope import Scope

_GROUPS = (availability, saturation, gate, certificates, registry, ledger, failover, watchdog)


def platform_alerts(scope: Scope) -> tuple[Group, ...]:
    """Return every group of alerts of a platform."""
    return tuple(Group(f"headgate-{module.NAME}", module.alerts(scope)) for module in _GROUPS)
