"""An API server that dies and comes back in the middle of an update."""

from __future__ import annotations

import threading
from typing import Any

import pytest

pytestmark = pytest.mark.component


def config_map(namespace: str, name: str) -> dict[str, Any]:
    """Return a ConfigMap document."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
        "data": {"a": "1"},
    }


def test_an_update_survives_a_restart_of_the_api_server(engine: Any, cluster: Any, namespace: str) -> None:
    """Resources that are created while the server is down are there once it is back."""
    engine.create(config_map(namespace, "before"), "before")
    cluster.kill_api_server()
    made: list[str] = []
    names = [f"during-{number}" for number in range(4)]
    threads = [
        threading.Thread(target=lambda name=name: made.append(engine.create(config_map(namespace, name), name).id))
        for name in names
    ]
    for thread in threads:
        thread.start()

    for thread in threads:
        thread.join()

    assert sorted(made) == [f"{namespace}/{name}" for name in names]
    found = cluster.client.list("v1", "ConfigMap", namespace)["items"]
    assert {item["metadata"]["name"] for item in found} >= {"before", *names}
