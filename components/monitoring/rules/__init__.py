"""The platform's recording rules: what dashboards ask again and again, worked out once. One file a group."""

from __future__ import annotations

from components.monitoring.rule import Group
from components.monitoring.rules import models

_GROUPS = (models,)


def platform_rules() -> tuple[Group, ...]:
    """Return every group of recording rules of a platform."""
    return tuple(Group(f"headgate-{module.NAME}-rules", module.recordings()) for module in _GROUPS)
