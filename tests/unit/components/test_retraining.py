"""When a model is trained again, on the object that the gates read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.components.test_strategies import ROLLOUT, model

pytestmark = pytest.mark.unit

TRIGGERS = {
    "schedule": "0 3 1 * *",
    "time_zone": "Asia/Dubai",
    "drift": {"alert": "ModelFeatureDrift", "above": 0.25},
    "data": {"path": "abfss://new@data.dfs.core.windows.net/", "after_files": 100},
}
WHOLE = {
    "retrain-schedule": "0 3 1 * *",
    "retrain-time-zone": "Asia/Dubai",
    "retrain-on-alert": "ModelFeatureDrift",
    "retrain-above": "0.25",
    "retrain-on-data": "abfss://new@data.dfs.core.windows.net/",
    "retrain-after-files": "100",
}


@pytest.mark.parametrize(
    ("triggers", "expected"),
    [
        (TRIGGERS, WHOLE),
        ({"schedule": "0 3 1 * *"}, {"retrain-schedule": "0 3 1 * *", "retrain-time-zone": "Etc/UTC"}),
        ({}, {}),
    ],
    ids=["all", "timetable", "by hand"],
)
def test_a_model_says_what_has_it_trained_again(
    record: Any, ownership: dict[str, str], triggers: dict[str, Any], expected: dict[str, str]
) -> None:
    """As annotations of its Rollout, where HG-MO-004 reads them."""
    recording = record(model(ownership, retraining=triggers))
    annotations = recording.one(ROLLOUT).inputs["metadata"]["annotations"]
    prefix = "headgate.dev/"

    told = {key.removeprefix(prefix): text for key, text in annotations.items() if key.startswith(f"{prefix}retrain")}
    assert told == expected
