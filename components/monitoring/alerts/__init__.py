"""The platform's alerts: one file a group, gathered here."""

from __future__ import annotations

from components.monitoring.alerts import (
    availability,
    certificates,
    delivery,
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


def delivery_alerts(scope: Scope) -> Group:
    """Return the alerts of a platform that runs an Alertmanager of its own, beside the others."""
    return Group(f"headgate-{delivery.NAME}", delivery.alerts(scope))
