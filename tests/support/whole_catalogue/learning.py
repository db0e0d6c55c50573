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
_NAMED = "a version has one name, and each image is another version"
_SIZE = "Standard_D8s_v5"


def training(where: Any, identity: Any) -> Table:
    """Return a pipeline."""
    return {
        **_work(where, identity),
        "pipeline": Fixed("retrain", IDENTITY),
        "model": Fixed("canary", IDENTITY),
        "trainer_image": Turned(program("simulated-trainer", FIRST), program("simulated-trainer", SECOND)),
        "environment_version": Fixed(LEFT_OUT, _NAMED),
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
        "environment_version": Fixed(LEFT_OUT, _NAMED),
        "files_at_once": Turned(LEFT_OUT, 20),
        "retries": Turned(LEFT_OUT, 1),
        "part_minutes": Turned(LEFT_OUT, 60),
        "failures": Turned(LEFT_OUT, 2),
    }


def online(where: Any, identity: Any, cluster: Any, logs: Any, *, attached: bool) -> Table:
    """Return an endpoint that answers: on machines of the service, or in a cluster."""
    registry = names.learning_registry(ORGANISATION, ENVIRONMENT)
    pod = {"cluster_id": cluster.cluster_id, "namespace": names.namespace(TEAM), "cpu": "1", "memory": "1Gi"}
    turned: Table = {
        "machines": Turned({"size": _SIZE}, {"size": "Standard_D4s_v5"}),
        "attached": Fixed(LEFT_OUT, "who serves is part of what an endpoint is"),
    }
    in_cluster: Table = {
        "machines": Fixed(LEFT_OUT, "who serves is part of what an endpoint is"),
        "attached": Turned(pod, {**pod, "memory": "2Gi"}),
    }
    return {
        **{name: each for name, each in _work(where, identity).items() if name != "nodes"},
        **(in_cluster if attached else turned),
        "organisation": Fixed(ORGANISATION, IDENTITY),
        "endpoint": Fixed("in-cluster" if attached else "answers", IDENTITY),
        "versions": Turned(
            *(
                [
                    {
                        "name": "blue",
                        "model_id": f"azureml://registries/{registry}/models/canary/versions/{version}",
                        "runtime_image": program("simulated-server", digest),
                        "instances": int(version),
                    }
                ]
                for version, digest in (("1", FIRST), ("2", SECOND))
            )
        ),
        # Azure sends requests to versions that are there already.
        "traffic": Turned(LEFT_OUT, {"blue": 100}),
        "request_seconds": Turned(LEFT_OUT, 10),
        "requests_at_once": Turned(LEFT_OUT, 4),
        "workspace_id": Fixed(logs, "what was logged stays where it is"),
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
