"""What the provider waits for, and what it says when that does not come."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import empty_pb2

from headgate.sandbox.providers.kubernetes.awaiting import networking
from tests.component.kubernetes_provider.conftest import RefusedError

pytestmark = pytest.mark.component

GPU = "nvidia.com/gpu"


def workload(kind: str, namespace: str, **spec: Any) -> dict[str, Any]:
    """Return a Deployment or StatefulSet document."""
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "test/web"}]},
            },
            **spec,
        },
    }


def hungry(namespace: str) -> dict[str, Any]:
    """Return a Deployment that asks for GPUs that no node has."""
    document = workload("Deployment", namespace)
    document["spec"]["template"]["spec"]["containers"][0]["resources"] = {"limits": {GPU: "8"}}
    return document


def test_pods_that_can_not_be_scheduled_are_named(engine: Any, namespace: str) -> None:
    """A Deployment without nodes for it is kept in state with the scheduler's reason, and the next update goes on."""
    with pytest.raises(RefusedError, match="resource init failed") as caught:
        engine.create(hungry(namespace), timeout=3)

    assert caught.value.partial.id == f"{namespace}/web"
    assert caught.value.reasons[0] == f"Deployment {namespace}/web was applied and did not get ready"
    assert any(f"Insufficient {GPU}" in reason for reason in caught.value.reasons)

    made = engine.read(hungry(namespace), f"{namespace}/web")
    updated = engine.update(made, workload("Deployment", namespace))
    assert updated.outputs["status"]["availableReplicas"] == 1


def test_skip_await_returns_at_once(engine: Any, namespace: str) -> None:
    """With the annotation nothing is awaited."""
    document = hungry(namespace)
    document["metadata"]["annotations"] = {"pulumi.com/skipAwait": "true"}

    assert engine.create(document).id == f"{namespace}/web"


def test_the_timeout_annotation_is_heeded(engine: Any, namespace: str) -> None:
    """Without a custom timeout the annotation says how long to wait."""
    document = hungry(namespace)
    document["metadata"]["annotations"] = {"pulumi.com/timeoutSeconds": "1"}

    with pytest.raises(RefusedError, match="resource init failed") as caught:
        engine.create(document)

    assert "not ready after 1 seconds" in caught.value.reasons[1]


def test_a_stateful_set_and_its_service_become_ready(engine: Any, namespace: str) -> None:
    """A service waits for its endpoints, a StatefulSet for its pods."""
    engine.create(workload("StatefulSet", namespace, serviceName="web", replicas=2))
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
    }

    assert engine.create(service, "svc").id == f"{namespace}/web"


def lonely(namespace: str) -> dict[str, Any]:
    """Return a service that selects no pod."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {"selector": {"app": "nobody"}, "ports": [{"port": 80}]},
    }


def test_a_service_without_pods_says_what_it_selects(engine: Any, namespace: str) -> None:
    """A selector that matches nothing is named."""
    with pytest.raises(RefusedError, match="resource init failed") as caught:
        engine.create(lonely(namespace), timeout=1)

    assert caught.value.reasons[-1] == "no pod has the labels that the service selects: app=nobody"


def test_a_service_whose_pods_never_come_holds_nobody_up(
    engine: Any, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once it has had the time to find some it is made, as with the official provider."""
    monkeypatch.setattr(networking, "_SETTLES", 0.5)

    assert engine.create(lonely(namespace)).id == f"{namespace}/web"


def test_a_job_is_awaited_to_its_end(engine: Any, namespace: str) -> None:
    """A Job is ready when it is complete."""
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "job", "namespace": namespace},
        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "b"}]}}},
    }

    assert engine.create(job).outputs["status"]["succeeded"] == 1


def test_a_claim_of_a_late_binding_class_is_not_awaited(engine: Any, namespace: str) -> None:
    """WaitForFirstConsumer binds when a pod comes, so the claim alone is fine; another class is awaited."""
    for name, mode in (("late", "WaitForFirstConsumer"), ("now", "Immediate")):
        storage = {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": f"{namespace}-{name}"},
            "provisioner": "test/none",
            "volumeBindingMode": mode,
        }
        engine.create(storage, name)

    def claim(name: str) -> dict[str, Any]:
        resources = {"requests": {"storage": "1Gi"}}
        spec = {"storageClassName": f"{namespace}-{name}", "accessModes": ["ReadWriteOnce"], "resources": resources}
        metadata = {"name": name, "namespace": namespace}
        return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}

    assert engine.create(claim("late"), "c1").outputs["status"]["phase"] == "Pending"
    with pytest.raises(RefusedError, match="resource init failed") as caught:
        engine.create(claim("now"), "c2", timeout=1)
    assert f"waiting for a volume of class {namespace}-now" in caught.value.reasons[1]


def test_a_custom_wait_expression_is_awaited(engine: Any, namespace: str) -> None:
    """`pulumi.com/waitFor` waits for a JSON path on any kind."""
    document = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "c",
            "namespace": namespace,
            "annotations": {"pulumi.com/waitFor": "jsonpath={.data.done}=yes", "pulumi.com/timeoutSeconds": "1"},
        },
        "data": {"done": "no"},
    }

    with pytest.raises(RefusedError, match="resource init failed") as caught:
        engine.create(document)
    assert "waiting for jsonpath={.data.done}=yes" in caught.value.reasons[1]

    document["data"] = {"done": "yes"}
    assert engine.create(document).outputs["data"] == {"done": "yes"}


def test_a_definition_and_its_object_come_in_one_update(engine: Any, namespace: str) -> None:
    """A custom resource is checked, previewed and created beside the definition that it needs."""
    group = f"{namespace}.test"
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "scope": "Cluster",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "properties": {"spec": {"type": "object", "x_kubernetes_preserve_unknown_fields": True}},
                        }
                    },
                }
            ],
        },
    }
    # The garbage collector learns of a new kind every 30 seconds; a foreground deletion would wait for it.
    metadata = {"name": "w", "annotations": {"pulumi.com/deletionPropagationPolicy": "background"}}
    widget = {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": metadata, "spec": {"size": 1}}

    engine.preview(definition, "crd")
    assert engine.preview(widget)["spec"] == {"size": 1}
    crd = engine.create(definition, "crd")
    made = engine.create(widget)

    assert made.id == "w"
    assert made.outputs["spec"] == {"size": 1}
    assert engine.changed(crd, definition) == {}
    assert engine.changed(made, {**widget, "spec": {"size": 2}}) == {"spec.size": "UPDATE"}
    engine.delete(made)
    engine.delete(crd)
    engine.delete(made)


def test_a_cancelled_update_keeps_the_resource(engine: Any, namespace: str) -> None:
    """Cancel ends the wait; what was applied is handed to state as not ready."""
    engine.stub.Cancel(empty_pb2.Empty())

    with pytest.raises(RefusedError, match="resource init failed") as caught:
        engine.create(hungry(namespace))

    assert caught.value.reasons[1:] == ["the update was cancelled while the resource was getting ready"]
