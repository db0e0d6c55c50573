"""The real autoscaler adds pods of a language model by the tokens in flight, which the Prometheus adapter tells it."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.kubernetes.delivery_pod import client_configuration
from components.kubernetes.language_model import LOAD
from headgate.model import ModelRegistry
from headgate.sandbox.dataplane.behaviour import Rule
from headgate.sandbox.dataplane.steering import Steering
from headgate.sandbox.kube import KubeClient
from headgate.sandbox.layout import CHECKOUT, StateDir
from headgate.sandbox.pki import Authority
from headgate.sandbox.toolchain import tool_path

pytestmark = pytest.mark.stress

Wait = Callable[[Callable[[], Any], str], Any]
NAME, SPACE = "prometheus-adapter", "component-adapter"
API = "v1beta2.custom.metrics.k8s.io"
MODEL = CHECKOUT / "examples/models/simulated-assistant"
LIMITS = ["--tokens-per-minute=1000000", "--tokens-per-month=100000000"]
ASKED = {"messages": [{"role": "user", "content": "who approved this model"}], "max_tokens": 1000}
# What the adapter makes of the figure: of a pod, by the labels that the collector gives it.
RULES = {
    "rules": [
        {
            "seriesQuery": f'{LOAD}{{namespace!="",pod!=""}}',
            "resources": {"overrides": {"namespace": {"resource": "namespace"}, "pod": {"resource": "pod"}}},
            "metricsQuery": "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)",
        }
    ]
}


@pytest.fixture
def prometheus(tmp_path: Path, ports: dict[str, int]) -> Iterator[str]:
    """Run a Prometheus that scrapes the region's data plane; return where."""
    job = {"job_name": "models", "honor_labels": True, "static_configs": [{"targets": [f"127.0.0.1:{ports['http']}"]}]}
    pace = {"scrape_interval": "1s", "scrape_timeout": "1s"}
    (tmp_path / "prometheus.json").write_text(json.dumps({"global": pace, "scrape_configs": [job]}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (tmp_path / "log").open("wb") as log:
        arguments = [f"--config.file={tmp_path / 'prometheus.json'}", f"--storage.tsdb.path={tmp_path / 'data'}"]
        running = subprocess.Popen(
            [str(tool_path("prometheus")), *arguments, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log
        )
    yield f"http://127.0.0.1:{port}"
    running.terminate()
    running.wait(timeout=10)


def named(kind: str, name: str, version: str = "v1", space: str | None = SPACE, **rest: Any) -> dict[str, Any]:
    """Return a document."""
    metadata = {"name": name, **({"namespace": space} if space else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}


def adapter(prometheus: str, sandbox: StateDir) -> list[dict[str, Any]]:
    """Return the adapter as it is deployed in a cluster: a Deployment behind a Service behind an API."""
    pair = Authority(sandbox).server("component-adapter", [f"{NAME}.{SPACE}.svc"])
    tls = {"tls.crt": pair.cert, "tls.key": pair.key}
    secret = {name: base64.b64encode(path.read_bytes()).decode() for name, path in tls.items()}
    files = {"config.yaml": yaml.safe_dump(RULES), "kubeconfig": yaml.safe_dump(client_configuration(SPACE))}
    rbac, group = "rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io"
    subjects = [{"kind": "ServiceAccount", "name": NAME, "namespace": SPACE}]
    reads = [{"apiGroups": [""], "resources": ["pods", "namespaces"], "verbs": ["get", "list", "watch"]}]
    projected = [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
    ]
    mounts = {"config": "/config", "credentials": "/credentials", "tls": "/tls"}
    kubeconfigs = [f"--{each}-kubeconfig=/config/kubeconfig" for each in ("lister", "authentication", "authorization")]
    container = {
        "name": NAME,
        "image": f"hg.azurecr.io/runtimes/{NAME}@sha256:" + "0" * 64,
        "args": [
            *kubeconfigs,
            "--bind-address=127.0.0.1",
            "--secure-port=6443",
            "--tls-cert-file=/tls/tls.crt",
            "--tls-private-key-file=/tls/tls.key",
            "--config=/config/config.yaml",
            f"--prometheus-url={prometheus}",
            "--metrics-relist-interval=5s",
            "--metrics-max-age=1m",
        ],
        "ports": [{"name": "https", "containerPort": 6443}],
        "volumeMounts": [{"name": name, "mountPath": path} for name, path in mounts.items()],
    }
    volumes = [
        {"name": "config", "configMap": {"name": NAME}},
        {"name": "credentials", "projected": {"sources": projected}},
        {"name": "tls", "secret": {"secretName": NAME}},
    ]
    labels = {"app": NAME}
    pod = {"serviceAccountName": NAME, "containers": [container], "volumes": volumes}
    template = {"metadata": {"labels": labels}, "spec": pod}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    api = {
        "group": "custom.metrics.k8s.io",
        "version": "v1beta2",
        "groupPriorityMinimum": 100,
        "versionPriority": 200,
        "caBundle": base64.b64encode(Authority(sandbox).ca_cert.read_bytes()).decode(),
        "service": {"name": NAME, "namespace": SPACE, "port": 443},
    }
    delegator = {"apiGroup": group, "kind": "ClusterRole", "name": "system:auth-delegator"}
    reader = {"apiGroup": group, "kind": "Role", "name": "extension-apiserver-authentication-reader"}
    own = {"apiGroup": group, "kind": "ClusterRole", "name": SPACE}
    return [
        named("Namespace", SPACE, space=None),
        named("ServiceAccount", NAME),
        named("ClusterRole", SPACE, rbac, None, rules=reads),
        named("ClusterRoleBinding", SPACE, rbac, None, roleRef=own, subjects=subjects),
        named("ClusterRoleBinding", f"{SPACE}-auth", rbac, None, roleRef=delegator, subjects=subjects),
        named("RoleBinding", SPACE, rbac, "kube-system", roleRef=reader, subjects=subjects),
        named("Secret", NAME, data=secret, type="kubernetes.io/tls"),
        named("ConfigMap", NAME, data=files),
        named(
            "Service",
            NAME,
            spec={"selector": labels, "ports": [{"name": "https", "port": 443, "targetPort": "https"}]},
        ),
        named("Deployment", NAME, "apps/v1", spec=spec),
        named("APIService", API, "apiregistration.k8s.io/v1", None, spec=api),
    ]


@pytest.fixture
def figures(kube: KubeClient, node: str, prometheus: str, sandbox: StateDir, wait: Wait) -> Iterator[None]:
    """Have the region answer for figures of pods, while the test runs."""
    documents = adapter(prometheus, sandbox)
    for document in documents:
        kube.apply(document, field_manager="test", force=True)

    def available() -> bool:
        found = kube.get("apiregistration.k8s.io/v1", "APIService", API).get("status", {}).get("conditions", [])
        return any(row["type"] == "Available" and row["status"] == "True" for row in found)

    try:
        wait(available, "the API of figures is available")
        yield
    finally:
        # The API first: while one is registered that nobody answers, no namespace can be deleted.
        for document in reversed(documents):
            about = document["metadata"]
            kube.delete(document["apiVersion"], document["kind"], about["name"], namespace=about.get("namespace"))


def test_more_tokens_in_flight_bring_more_pods(
    served: Any,
    models: ModelRegistry,
    wait: Wait,
    ports: dict[str, int],
    steering: Steering,
    figures: None,
) -> None:
    """None while nobody asks; with long answers under way, up to the most, by the tokens of each pod."""
    served.deploy(models.push(MODEL, f"scale/{served.name}", "1.0.0").reference)
    deployment = served.kube.get("apps/v1", "Deployment", served.name, namespace=served.namespace)
    container = {**deployment["spec"]["template"]["spec"]["containers"][0], "args": LIMITS}
    changed = {"spec": {"template": {"spec": {"containers": [container]}}}}
    served.kube.patch("apps/v1", "Deployment", served.name, changed, namespace=served.namespace)
    metric = {"metric": {"name": LOAD}, "target": {"type": "AverageValue", "averageValue": "1500"}}
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": served.name},
        "minReplicas": 1,
        "maxReplicas": 3,
        "metrics": [{"type": "Pods", "pods": metric}],
    }
    scaler = named("HorizontalPodAutoscaler", served.name, "autoscaling/v2", served.namespace, spec=spec)
    served.kube.apply(scaler, field_manager="test")

    def read() -> str:
        found = served.kube.get("autoscaling/v2", "HorizontalPodAutoscaler", served.name, namespace=served.namespace)
        rows = found.get("status", {}).get("currentMetrics") or [{}]
        return str(rows[0].get("pods", {}).get("current", {}).get("averageValue", ""))

    wait(lambda: read() == "0", "the autoscaler reads that nothing is in flight")
    assert served.ready(1)
    steering.set(Rule("long answers", model=served.name, latency=3.0))
    done = threading.Event()

    def ask() -> None:
        url = f"http://127.0.0.1:{ports['http']}/openai/{served.name}/v1/chat/completions"
        request = urllib.request.Request(url, json.dumps(ASKED).encode(), {"content-type": "application/json"})
        while not done.is_set():
            # Who waits too long for the one pod is turned away, and comes again.
            with (
                contextlib.suppress(urllib.error.HTTPError),
                urllib.request.urlopen(request, timeout=60) as answer,  # noqa: S310  loopback
            ):
                answer.read()

    askers = [threading.Thread(target=ask) for _ in range(6)]
    for asker in askers:
        asker.start()
    try:
        wait(lambda: served.ready(3), "tokens in flight bring two pods more")
    finally:
        steering.clear()
        done.set()
        for asker in askers:
            asker.join()
