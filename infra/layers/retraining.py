"""What has a model trained again, from the team's settings to what components take."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from components.contract.training import RetrainingTriggers
    from headgate.stack.jobs import RetrainingTriggers as Asked


def triggers_of(asked: Asked) -> RetrainingTriggers:
    """Say what has a model trained again."""
    triggers: RetrainingTriggers = {"time_zone": asked.time_zone}
    if asked.schedule is not None:
        triggers["schedule"] = asked.schedule
    if asked.drift is not None:
        triggers["drift"] = {"alert": asked.drift.alert, "above": asked.drift.above}
    if asked.data is not None:
        triggers["data"] = {"path": asked.data.path, "after_files": asked.data.after_files}
    return triggers
