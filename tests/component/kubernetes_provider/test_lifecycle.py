"""A resource's life against a real API server: create, no diff, update, replace, delete."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from headgate.sandbox.providers.protocol.values import UNKNOWN, Secret

pytestmark = pytest.mark.component


def config_map(namespace: str, **data: str) -> dict[str, Any]:
    """Return a ConfigMap document."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": namespace},
        "data": data,
    }


def deployment(namespace: str, **spec: Any) -> dict[str, Any]:
    """Return a Deployment document."""
    labels = {"app": "web"}
    container = {
        "name": "web",
        "image": "registry.test/web@sha256:" + "0" * 64,
        "resources": {"requests": {"cpu": "100m"}},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
            **spec,
        },
    }


def test_a_created_resource_has_no_diff(engine: Any, namespace: str) -> None:
    """What was created once is not planned again."""
    made = engine.create(config_map(namespace, a="1"))

    assert made.id == f"{namespace}/settings"
    assert made.outputs["data"] == {"a": "1"}
    assert "managedFields" not in made.outputs["metadata"]
    assert engine.changed(made, config_map(namespace, a="1")) == {}


def test_a_deployment_is_awaited_and_scaled_in_place(engine: Any, cluster: Any, namespace: str) -> None:
    """Create returns when the replicas are available, and so does an update in place."""
    made = engine.create(deployment(namespace))
    assert made.outputs["status"]["availableReplicas"] == 2

    wanted = deployment(namespace, replicas=3)
    assert engine.changed(made, wanted) == {"spec.replicas": "UPDATE"}
    updated = engine.update(made, wanted)

    assert updated.outputs["status"]["availableReplicas"] == 3
    assert updated.outputs["metadata"]["uid"] == made.outputs["metadata"]["uid"]
    assert engine.changed(updated, wanted) == {}


def test_quantities_that_the_server_stores_alike_are_no_diff(engine: Any, namespace: str) -> None:
    """`0.1` and `100m` of a processor are the same request."""
    made = engine.create(deployment(namespace, replicas=0))
    wanted = deployment(namespace, replicas=0)
    wanted["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["cpu"] = "0.1"

    assert engine.changed(made, wanted) == {}


def test_an_immutable_selector_replaces(engine: Any, namespace: str) -> None:
    """A Deployment's selector can't change in place, and its fixed name means delete first."""
    made = engine.create(deployment(namespace, replicas=0))
    wanted = deployment(namespace, replicas=0)
    wanted["spec"]["selector"]["matchLabels"]["tier"] = "x"
    wanted["spec"]["template"]["metadata"]["labels"]["tier"] = "x"

    found = engine.diff(made, wanted)

    assert list(found.replaces) == ["spec.selector.matchLabels.tier"]
    assert found.deleteBeforeReplace


def test_what_only_the_server_knows_to_be_immutable_replaces(engine: Any, namespace: str) -> None:
    """A refusal of the dry run that a field is immutable plans a replacement."""
    document = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "svc", "namespace": namespace},
        "spec": {"clusterIP": "None", "ports": [{"port": 80}]},
    }
    made = engine.create(document)
    role = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "job", "namespace": namespace},
        "spec": {
            "suspend": True,
            "completionMode": "NonIndexed",
            "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "b"}]}},
        },
    }
    job = engine.create(role)
    changed = {**role, "spec": {**role["spec"], "completionMode": "Indexed", "completions": 1}}

    assert engine.changed(made, document) == {}
    assert engine.changed(job, changed)["spec.completionMode"] == "UPDATE_REPLACE"


def test_config_map_data_replaces_unless_mutable(engine: Any, connect: Any, cluster: Any, namespace: str) -> None:
    """As with the official provider, changed data makes a new ConfigMap unless enableConfigMapMutable is set."""
    made = engine.create(config_map(namespace, a="1"))
    mutable = connect(kubeconfig=cluster.kubeconfig, enableConfigMapMutable=True)

    assert engine.changed(made, config_map(namespace, a="2")) == {"data.a": "UPDATE_REPLACE"}
    assert mutable.changed(made, config_map(namespace, a="2")) == {"data.a": "UPDATE"}


def test_a_replacement_can_be_previewed_while_the_old_object_exists(engine: Any, namespace: str) -> None:
    """The preview of a create under a name that is ours succeeds although the server refuses to change the object."""
    engine.create(deployment(namespace, replicas=0))
    wanted = deployment(namespace, replicas=0)
    wanted["spec"]["selector"]["matchLabels"] = {"app": "other"}
    wanted["spec"]["template"]["metadata"]["labels"] = {"app": "other"}

    assert engine.preview(wanted)["spec"]["selector"] == {"matchLabels": {"app": "other"}}


def test_delete_waits_until_gone_and_accepts_absence(engine: Any, cluster: Any, namespace: str) -> None:
    """A deleted resource is gone when the call returns, and deleting it again is fine."""
    made = engine.create(deployment(namespace))

    engine.delete(made)

    assert cluster.client.list("apps/v1", "Deployment", namespace)["items"] == []
    engine.delete(made)


def test_an_automatic_name_is_kept(engine: Any, namespace: str) -> None:
    """A resource without a name gets one from its Pulumi name, and keeps it."""
    document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": namespace}, "data": {"a": "1"}}
    made = engine.create(document, "settings")
    name = made.outputs["metadata"]["name"]

    found = engine.diff(made, {**document, "data": {"a": "2"}})

    assert name.startswith("settings-")
    assert len(name) == len("settings-") + 8
    assert list(found.replaces) == ["data.a"]
    assert not found.deleteBeforeReplace


def test_what_others_made_is_not_taken_over(engine: Any, cluster: Any, namespace: str) -> None:
    """Creating what exists and is managed by others is refused, in preview too."""
    cluster.client.request("POST", f"/api/v1/namespaces/{namespace}/configmaps", body=config_map(namespace, a="theirs"))

    with pytest.raises(Exception, match="already exists and this program did not make it"):
        engine.preview(config_map(namespace, a="ours"))
    with pytest.raises(Exception, match="already exists and this program did not make it"):
        engine.create(config_map(namespace, a="ours"))


def test_what_an_interrupted_run_made_is_taken_over(engine: Any, namespace: str) -> None:
    """A second create of the same resource, whose first answer was lost, completes."""
    first = engine.create(config_map(namespace, a="1"))
    second = engine.create(config_map(namespace, a="1"))

    assert second.outputs["metadata"]["uid"] == first.outputs["metadata"]["uid"]


def test_secrets_are_marked_in_state(engine: Any, namespace: str) -> None:
    """A Secret's content is secret in outputs although the program passed it in clear."""
    document = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "token", "namespace": namespace},
        "stringData": {"token": "hunter22"},
    }
    made = engine.create(document)

    assert made.inputs["stringData"] == Secret({"token": "hunter22"})
    assert made.outputs["data"] == Secret({"token": "aHVudGVyMjI="})
    assert "hunter22" not in str(made)
    assert engine.changed(made, document) == {}


def test_a_conflict_names_the_fields_and_the_way_out(engine: Any, cluster: Any, namespace: str) -> None:
    """A field that another manager took is not overwritten unless the object says so."""
    made = engine.create(deployment(namespace, replicas=1))
    theirs = {**deployment(namespace), "spec": {"replicas": 0}}
    cluster.client.apply(theirs, field_manager="somebody", force=True)
    wanted = deployment(namespace, replicas=2)

    with pytest.raises(Exception, match=r"(?s)conflicts with other field managers.*\.spec\.replicas.*patchForce"):
        engine.update(made, wanted)

    wanted["metadata"]["annotations"] = {"pulumi.com/patchForce": "true"}
    assert engine.update(made, wanted).outputs["spec"]["replicas"] == 2


def test_ignored_fields_of_others_are_left_alone(engine: Any, cluster: Any, namespace: str) -> None:
    """With ignoreChanges a field that an autoscaler owns is neither sent nor fought over."""
    made = engine.create(deployment(namespace, replicas=1))
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web/scale"
    cluster.client.request(
        "PATCH",
        path,
        query={"fieldManager": "autoscaler"},
        body={"spec": {"replicas": 3}},
        content_type="application/merge-patch+json",
    )
    wanted = deployment(namespace, replicas=1)
    wanted["metadata"]["labels"] = {"new": "label"}

    updated = engine.update(made, wanted, ignore=["spec.replicas"])

    assert updated.outputs["spec"]["replicas"] == 3
    assert updated.outputs["metadata"]["labels"] == {"new": "label"}


def test_preview_shows_defaults_and_hides_what_is_chosen_late(engine: Any, namespace: str) -> None:
    """A preview knows the server's defaults; addresses that the real run chooses stay unknown."""
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "svc", "namespace": namespace},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
    }

    found = engine.preview(service)

    assert found["spec"]["type"] == "ClusterIP"
    assert found["spec"]["clusterIP"] is UNKNOWN
    assert found["metadata"]["name"] == "svc"
    assert "status" not in found


def test_an_update_is_previewed_by_the_server(engine: Any, cluster: Any, namespace: str) -> None:
    """The preview of an update shows what it would become, or why it would be refused, and changes nothing."""
    made = engine.create(deployment(namespace, replicas=0))
    version = cluster.client.get("apps/v1", "Deployment", "web", namespace)["metadata"]["resourceVersion"]

    found = engine.update(made, deployment(namespace, replicas=0, paused=True), preview=True)
    with pytest.raises(Exception, match=r"spec\.replicas"):
        engine.update(made, deployment(namespace, replicas=-1), preview=True)

    assert found.outputs["spec"]["paused"] is True
    assert cluster.client.get("apps/v1", "Deployment", "web", namespace)["metadata"]["resourceVersion"] == version


def test_unknown_inputs_are_previewed_as_they_are(engine: Any, namespace: str) -> None:
    """What is not known yet stays unknown, in a create and in an update."""
    made = engine.create(config_map(namespace, a="1"))
    later = {**config_map(namespace), "data": {"a": UNKNOWN}}

    assert engine.update(made, later, preview=True).outputs["data"] == {"a": UNKNOWN}
    assert engine.preview(later, "other")["data"] == {"a": UNKNOWN}
    assert engine.changed(made, later) == {"data.a": "UPDATE_REPLACE"}


def test_another_field_manager_takes_the_fields_over(engine: Any, cluster: Any, namespace: str) -> None:
    """When the annotated manager changes, the former one owns nothing any more."""
    made = engine.create(config_map(namespace, a="1"))
    wanted = config_map(namespace, a="1")
    wanted["metadata"]["annotations"] = {"pulumi.com/patchFieldManager": "somebody"}

    engine.update(made, wanted)

    live = cluster.client.get("v1", "ConfigMap", "settings", namespace)
    assert [entry["manager"] for entry in live["metadata"]["managedFields"]] == ["somebody"]
    assert live["data"] == {"a": "1"}


def test_a_create_waits_for_the_old_object_to_go(engine: Any, cluster: Any, namespace: str) -> None:
    """An object of the same name that is being deleted is waited for, not taken over."""
    held = config_map(namespace, a="old")
    held["metadata"]["finalizers"] = ["headgate.test/hold"]
    old = cluster.client.request("POST", f"/api/v1/namespaces/{namespace}/configmaps", body=held)
    cluster.client.delete("v1", "ConfigMap", "settings", namespace)
    release = threading.Timer(0.5, _release, (cluster, namespace))
    release.start()

    made = engine.create(config_map(namespace, a="new"))
    release.join()

    assert made.outputs["data"] == {"a": "new"}
    assert made.outputs["metadata"]["uid"] != old["metadata"]["uid"]


def test_a_deletion_that_hangs_says_what_holds_it(engine: Any, cluster: Any, namespace: str) -> None:
    """A finalizer that nobody serves is named when the time is up."""
    document = config_map(namespace, a="1")
    document["metadata"]["finalizers"] = ["headgate.test/hold"]
    made = engine.create(document)

    with pytest.raises(Exception, match=r"held by finalizers .*headgate\.test/hold"):
        engine.delete(made, timeout=0.5)
    _release(cluster, namespace)


def _release(cluster: Any, namespace: str) -> None:
    """Take every finalizer off the ConfigMap."""
    path = f"/api/v1/namespaces/{namespace}/configmaps/settings"
    cluster.client.request(
        "PATCH", path, body={"metadata": {"finalizers": None}}, content_type="application/merge-patch+json"
    )
