"""An alert starts a training run: Alertmanager calls, the receiver makes the Job by its own rights, records it."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.kubernetes.receiver import _RULES, COUNTS, NAME
from components.kubernetes.receiver_pod import PORT
from components.monitoring.routes import DeadMan, Mail, Routing, Step, Training, configuration
from headgate.sandbox.control import Control
from headgate.sandbox.kube import KubeClient
from tests.component.audit.test_collector import TOKEN, Collector, stored
from tests.component.monitoring.test_routes import QUICK, Alertmanager, eventually
from tests.component.region.steps import apply, named, process, until

pytestmark = pytest.mark.component

SHOWN = "what-alertmanager-shows"
DATA = "https://hgfraud.blob.core.windows.net/labelled/new"


def camel(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the component's rights as Kubernetes writes them."""
    names = {"api_groups": "apiGroups", "resource_names": "resourceNames"}
    return [{names.get(key, key): value for key, value in rule.items()} for rule in rules]


def pipeline(namespace: str) -> dict[str, Any]:
    """Return a pipeline as TrainingPipeline makes it: suspended, since it has no timetable."""
    labels = {"headgate.dev/training": "retrain", "headgate.dev/model": "fraud-score", "headgate.dev/team": "fraud"}
    notes = {
        "headgate.dev/retrain-on-alert": "ModelFeatureDrift",
        "headgate.dev/retrain-on-data": DATA,
        "headgate.dev/retrain-after-files": "2",
    }
    pod = {"restartPolicy": "Never", "containers": [{"name": "job", "image": "hg.azurecr.io/runtimes/trainer:1"}]}
    template = {"metadata": {"labels": labels}, "spec": {"template": {"metadata": {"labels": labels}, "spec": pod}}}
    spec = {"schedule": "0 0 1 1 *", "suspend": True, "jobTemplate": template}
    return named(
        "CronJob", "retrain", namespace, "batch/v1", metadata={"labels": labels, "annotations": notes}, spec=spec
    )


def receiver(namespace: str, ledger: str) -> list[dict[str, Any]]:
    """Return the receiver as RetrainingReceiver makes it."""
    rbac, labels = "rbac.authorization.k8s.io/v1", {"app": NAME}
    secret = {"token": SHOWN, "ledger-token": TOKEN}
    projected = [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
    ]
    container = {
        "name": NAME,
        "image": f"hg.azurecr.io/runtimes/{NAME}@sha256:" + "0" * 64,
        "args": [
            f"--listen=0.0.0.0:{PORT}",
            "--team=fraud",
            f"--namespace={namespace}",
            "--token-file=/access/token",
            f"--ledger={ledger}/v1/entries",
            "--ledger-token-file=/access/ledger-token",
            "--credentials=/credentials",
        ],
        "ports": [{"name": "receiver", "containerPort": PORT}],
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": "receiver"}},
        "volumeMounts": [
            {"name": "credentials", "mountPath": "/credentials"},
            {"name": "access", "mountPath": "/access"},
        ],
    }
    pod = {
        "serviceAccountName": NAME,
        "containers": [container],
        "volumes": [
            {"name": "credentials", "projected": {"sources": projected}},
            {"name": "access", "secret": {"secretName": NAME}},
        ],
    }
    template = {"metadata": {"labels": labels}, "spec": pod}
    data = {key: base64.b64encode(text.encode()).decode() for key, text in secret.items()}
    subject = {"kind": "ServiceAccount", "name": NAME, "namespace": namespace}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": NAME}
    return [
        named("ServiceAccount", NAME, namespace),
        named("Role", NAME, namespace, rbac, rules=camel(_RULES)),
        named("RoleBinding", NAME, namespace, rbac, roleRef=role, subjects=[subject]),
        named("ConfigMap", COUNTS, namespace),
        named("Secret", NAME, namespace, data=data),
        named(
            "Deployment",
            NAME,
            namespace,
            "apps/v1",
            spec={"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
        ),
    ]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Collector]:
    """Run the ledger's collector."""
    running = Collector(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def url(kube: KubeClient, namespace: str, ledger: Collector, control: Control) -> str:
    """Run the receiver in the region; return where it listens, which is loopback."""
    apply(kube, pipeline(namespace), *receiver(namespace, ledger.address))

    def available() -> bool:
        return kube.get("apps/v1", "Deployment", NAME, namespace).get("status", {}).get("availableReplicas", 0) == 1

    until(available)
    return f"http://127.0.0.1:{process(control, f'.{NAME}.{NAME}').ports[f'p{PORT}']}"


@pytest.fixture
def alertmanager(tmp_path: Path, url: str) -> Iterator[Alertmanager]:
    """Run an Alertmanager as ClusterAlerting configures it."""
    training = Training("fraud", url, SHOWN, ("fraud-score", "nobodys"), ("ModelFeatureDrift",))
    people = Step("on-call", emails=("on-call@example.com",))
    mail = Mail("127.0.0.1:1", "alerts@example.com")
    routing = Routing((people,), DeadMan("http://127.0.0.1:1"), mail, training=(training,), telling=QUICK)
    running = Alertmanager(configuration(routing), tmp_path / "alertmanager")
    yield running
    running.stop()


def runs(kube: KubeClient, namespace: str) -> list[dict[str, Any]]:
    """Return the namespace's Jobs."""
    found: list[dict[str, Any]] = kube.list("batch/v1", "Job", namespace)["items"]
    return found


def post(url: str, document: Any) -> dict[str, Any]:
    """Call the receiver."""
    headers = {"authorization": f"Bearer {SHOWN}", "content-type": "application/json"}
    request = urllib.request.Request(url, json.dumps(document).encode(), headers)  # noqa: S310  loopback
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  loopback
        found: dict[str, Any] = json.load(answer)
    return found


def test_a_drift_alert_trains_once_and_new_data_trains_again(
    kube: KubeClient,
    namespace: str,
    alertmanager: Alertmanager,
    url: str,
    ledger: Collector,
) -> None:
    """By the receiver's own token and rights, of the CronJob's template; the ledger has each run before it starts."""
    drift = {"alertname": "ModelFeatureDrift", "severity": "warning", "team": "fraud", "model": "fraud-score"}
    unknown = {**drift, "model": "nobodys"}
    alertmanager.fire({**drift, "feature": "amount"}, {**drift, "feature": "hour"}, unknown)
    eventually(lambda: runs(kube, namespace), "a run is made", 60)
    alertmanager.fire({**drift, "feature": "amount", "more": "labels"})
    eventually(lambda: len(alertmanager.standing("ModelFeatureDrift")) == 4, "the second call's alert stands")
    (run,) = runs(kube, namespace)
    cron = kube.get("batch/v1", "CronJob", "retrain", namespace)

    assert run["metadata"]["ownerReferences"][0]["uid"] == cron["metadata"]["uid"]
    assert run["metadata"]["annotations"]["headgate.dev/trained-for"].startswith("ModelFeatureDrift since ")
    assert [each["image"] for each in run["spec"]["template"]["spec"]["containers"]] == [
        "hg.azurecr.io/runtimes/trainer:1"
    ]
    eventually(lambda: "completionTime" in runs(kube, namespace)[0]["status"], "the run has ended", 60)
    events = [
        {"eventType": "Microsoft.Storage.BlobCreated", "data": {"url": f"{DATA}/{number}.parquet", "eTag": "1"}}
        for number in range(2)
    ]
    told = [post(f"{url}/v1/data", events)["outcomes"][0]["result"] for _ in range(2)]

    def recorded() -> list[dict[str, Any]]:
        return [entry for entry in stored(ledger.ledger) if entry["kind"] == "retraining"]

    # What is durable is read here once a checkpoint covers it.
    entries = eventually(lambda: recorded()[1:] and recorded(), "the ledger has both")

    assert told == ["started", "counted"]
    assert len(runs(kube, namespace)) == 2
    assert {entry["data"]["run"] for entry in entries} == {each["metadata"]["name"] for each in runs(kube, namespace)}
    assert {(entry["actor"], entry["subject"]) for entry in entries} == {
        ("retraining-receiver/fraud", "fraud/fraud-score")
    }
