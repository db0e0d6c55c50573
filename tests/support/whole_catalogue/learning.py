"""What a team runs on the machine-learning service."""

from __future__ import annotations

from typing import Any

from components import names
from whole_catalogue.asked import (
    ENVIRONMENT,
    FOR_LIFE,
    IDENTITY,
    LEFT_OUT,
    ORGANISATION,
    PLACE,
    TEAM,
    Fixed,
    Table,
    Turned,
    ownership,
)
from whole_catalogue.content import FIRST, SECOND, program

_NOTHING = "nothing here holds data, can be reached or be locked by itself"
_SIZE = "Standard_D8s_v5"


def training(where: Any, identity: Any) -> Table:
    """Return a pipeline."""
    return {
        **_work(where, identity),
        "pipeline": Fixed("retrain", IDENTITY),
        "model": Fixed("canary", IDENTITY),
        "trainer_image": Turned(program("simulated-trainer", FIRST), program("simulated-trainer", SECOND)),
        "command": Turned(LEFT_OUT, "/train"),
        "dataset": Turned("https://hg.blob.core.windows.net/a", "https://hg.blob.core.windows.net/b"),
        "schedule": Turned("0 3 * * 0", "0 4 * * 0"),
        "time_zone": Turned(LEFT_OUT, "Arabian Standard Time"),
        "active": Turned(LEFT_OUT, False),
        "deadline_minutes": Turned(LEFT_OUT, 60),
    }


def batch(where: Any, identity: Any) -> Table:
    """Return an endpoint for batches."""
    registry = names.learning_registry(ORGANISATION, ENVIRONMENT)
    return {
        **_work(where, identity),
        "organisation": Fixed(ORGANISATION, IDENTITY),
        "job": Fixed("archive", IDENTITY),
        "model_id": Turned(
            *(f"azureml://registries/{registry}/models/canary/versions/{version}" for version in ("1", "2"))
        ),
        "runtime_image": Turned(program("simulated-batch-scorer", FIRST), program("simulated-batch-scorer", SECOND)),
        "files_at_once": Turned(LEFT_OUT, 20),
        "retries": Turned(LEFT_OUT, 1),
        "part_minutes": Turned(LEFT_OUT, 60),
        "failures": Turned(LEFT_OUT, 2),
    }


def _work(where: Any, identity: Any) -> dict[str, Turned | Fixed]:
    return {
        "ownership": ownership(TEAM),
        "place": Fixed(where, PLACE),
        "nodes": Turned({"size": _SIZE, "max": 1}, {"size": _SIZE, "max": 2, "idle_minutes": 10}),
        "identity": Fixed({"id": identity.id, "client_id": identity.client_id}, FOR_LIFE),
        "protect": Fixed(LEFT_OUT, _NOTHING),
        "guarding": Fixed(LEFT_OUT, _NOTHING),
    }
