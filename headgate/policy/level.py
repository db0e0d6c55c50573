"""What a failure does: apart from the decision, so that a bundle can be read without one."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """What a failure does in an environment."""

    DENY = "deny"
    WARN = "warn"
