"""When each model of a stack is trained again, on its way to the object that rules judge."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.infra.test_stacks import PLATFORM

pytestmark = pytest.mark.unit

SHARED = {**PLATFORM, "registry": "hgplatformdev.azurecr.io", "sites": {"plant-a": "plant"}}


def test_a_model_says_so_itself_or_its_pipeline_does(run: Any) -> None:
    """In vision-dev one has a pipeline whose triggers count, at its site too, and the other a timetable of its own."""
    program = run("vision-dev", platform=SHARED)
    told = {
        name.rpartition("::")[2]: {
            key.removeprefix("headgate.dev/retrain-"): text
            for key, text in inputs["metadata"]["annotations"].items()
            if key.startswith("headgate.dev/retrain-")
        }
        for name, (kind, inputs) in program.resources.items()
        if kind.endswith(":Rollout")
    }

    layout = {
        "schedule": "0 3 * * 0",
        "time-zone": "Asia/Dubai",
        "on-alert": "ModelFeatureDrift",
        "above": "0.25",
        "on-data": "abfss://labelled@hgvisiondev.dfs.core.windows.net/new",
        "after-files": "500",
    }
    cards = {"schedule": "0 3 1 */3 *", "time-zone": "Asia/Dubai"}
    assert told == {
        "document-layout-uaecentral-rollout": layout,
        "document-layout-uaenorth-rollout": layout,
        "document-layout-site-plant-a-model-rollout": layout,
        "id-card-check-uaecentral-rollout": cards,
        "id-card-check-uaenorth-rollout": cards,
    }
