"""What a refresh and an import see of the cluster."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from headgate.sandbox.providers.protocol.values import Secret

pytestmark = pytest.mark.component

MERGE = "application/merge-patch+json"


def config_map(namespace: str) -> dict[str, Any]:
    """Return a ConfigMap document."""
    metadata = {"name": "settings", "namespace": namespace, "labels": {"a": "1"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "1", "b": "2"}}


def deployment(namespace: str) -> dict[str, Any]:
    """Return a Deployment document."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {
                    "containers": [
                        {
                            "name": "web",
                            "image": "test/web",
                            "resources": {"limits": {"cpu": "1000m", "memory": "1024Mi"}},
                        }
                    ]
                },
            },
        },
    }


def test_a_refresh_of_what_nobody_touched_changes_nothing(engine: Any, namespace: str) -> None:
    """Defaults and the server's way of writing quantities are not drift."""
    made = engine.create(deployment(namespace))

    found = engine.refresh(made)

    assert found.inputs == made.inputs
    assert engine.changed(found, deployment(namespace)) == {}


def test_drift_is_found_and_undone(engine: Any, cluster: Any, namespace: str) -> None:
    """A value that somebody changed shows in state after a refresh, and the next update puts it back."""
    made = engine.create(config_map(namespace))
    body = {"data": {"a": "changed", "b": None, "theirs": "3"}, "metadata": {"labels": {"theirs": "x"}}}
    path = f"/api/v1/namespaces/{namespace}/configmaps/settings"
    cluster.client.request("PATCH", path, body=body, content_type=MERGE)

    found = engine.refresh(made)

    assert found.inputs["data"] == {"a": "changed"}
    assert found.inputs["metadata"] == made.inputs["metadata"]
    assert engine.changed(found, config_map(namespace)) == {"data.a": "UPDATE_REPLACE", "data.b": "ADD_REPLACE"}


def test_an_autoscaler_is_not_drift(engine: Any, cluster: Any, namespace: str) -> None:
    """Replicas that were set through the scale subresource stay as the program asked in state."""
    made = engine.create(deployment(namespace))
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web/scale"
    query = {"fieldManager": "kube-controller-manager"}
    cluster.client.request("PATCH", path, query=query, body={"spec": {"replicas": 2}}, content_type=MERGE)

    found = engine.refresh(made)

    assert found.inputs["spec"]["replicas"] == 1
    assert engine.changed(found, deployment(namespace)) == {}


def test_what_is_gone_leaves_state(engine: Any, cluster: Any, namespace: str) -> None:
    """A refresh drops what was deleted behind the program's back."""
    made = engine.create(config_map(namespace))
    cluster.client.delete("v1", "ConfigMap", "settings", namespace)

    assert engine.refresh(made) is None


def test_an_import_of_what_was_applied_takes_the_applied_fields(engine: Any, namespace: str) -> None:
    """An object that an interrupted run applied is imported without the server's defaults."""
    made = engine.create(deployment(namespace))

    found = engine.read(deployment(namespace), made.id)

    wanted = copy.deepcopy(made.inputs)
    wanted["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"] = {"cpu": "1", "memory": "1Gi"}
    assert found.inputs == wanted
    assert engine.changed(found, deployment(namespace)) == {}


def test_an_import_of_what_others_made_has_no_server_fields(engine: Any, cluster: Any, namespace: str) -> None:
    """An object that was never applied is imported whole, and the same program then has no diff."""
    collection = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    cluster.client.request("POST", collection, body=deployment(namespace))

    found = engine.read(deployment(namespace), f"{namespace}/web")

    assert found.inputs["metadata"] == {"name": "web", "namespace": namespace}
    assert "status" not in found.inputs
    assert engine.changed(found, deployment(namespace)) == {}


def test_an_imported_secret_is_secret(engine: Any, cluster: Any, namespace: str) -> None:
    """The content of a Secret that was read is marked in inputs and outputs."""
    document = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": namespace}}
    cluster.client.request(
        "POST", f"/api/v1/namespaces/{namespace}/secrets", body={**document, "stringData": {"k": "v"}}
    )

    found = engine.read(document, f"{namespace}/s")

    assert found.inputs["data"] == Secret({"k": "dg=="})
    assert found.outputs["data"] == Secret({"k": "dg=="})
