"""What a model may ask for beside its pods: requests to scale on, a monitor of its own, flags of its runtime."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from components.catalog import connect
from components.kubernetes import model_flags
from components.kubernetes.definitions import definitions
from components.monitoring.scrape import scrape_configs
from tests.unit.components.test_strategies import PLAIN, ROLLOUT, SECOND, model

pytestmark = pytest.mark.unit

SCALED = "kubernetes:keda.sh/v1alpha1:ScaledObject"
AUTHENTICATION = "kubernetes:keda.sh/v1alpha1:TriggerAuthentication"
MONITOR = "kubernetes:monitoring.coreos.com/v1:ServiceMonitor"
AZURE_MONITOR = "kubernetes:azmonitoring.coreos.com/v1:ServiceMonitor"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
METADATA_LABELS = {
    "headgate.dev/model": "fraud-score",
    "app.kubernetes.io/name": "fraud-score",
    "headgate.dev/team": "fraud",
}
REQUESTS = {
    "prometheus": "https://metrics.example.com",
    "region": "uaenorth",
    "requests_per_second": 20,
}
WHERE = {"cluster": "aks-prod-uaenorth", "region": "uaenorth"}
SCALED_PLAIN = {name: kind for name, kind in PLAIN.items() if name != "m-autoscaler"} | {"m-scaler": SCALED}


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that refuses fields which it does not name, as the API server's strict validation does."""
    made = {key: closed(value) if isinstance(value, dict) else value for key, value in schema.items()}
    return {**made, "additionalProperties": False} if isinstance(schema.get("properties"), dict) else made


def judge(kind: str, inputs: dict[str, Any]) -> None:
    """Hold a spec against the definition that is vendored of its kind."""
    group = kind.removeprefix("kubernetes:").partition("/")[0]
    families = ("keda", "prometheus-operator", "azure-monitor")
    (found,) = [
        each
        for family in families
        for each in definitions(family)
        if (each["spec"]["group"], each["spec"]["names"]["kind"]) == (group, kind.rpartition(":")[2])
    ]
    schema = found["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    jsonschema.Draft202012Validator(closed(schema)).validate(inputs["spec"])


def test_requests_scale_a_model_down_to_none(record: Any, ownership: dict[str, str]) -> None:
    """A ScaledObject takes the autoscaler's place, and the autoscaler's name, so that it takes a standing one over."""
    recording = record(model(ownership, min_replicas=0, scale_on_requests=REQUESTS))
    made = recording.one(SCALED).inputs
    counted = 'model="fraud-score",region="uaenorth",protocol!="shadow"'

    assert recording.children() == SCALED_PLAIN
    assert made["metadata"]["annotations"] == {"scaledobject.keda.sh/transfer-hpa-ownership": "true"}
    assert made["metadata"]["name"] == "fraud-score"
    assert made["metadata"]["labels"].items() >= METADATA_LABELS.items()
    assert made["spec"] == {
        "scaleTargetRef": {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "fraud-score"},
        "minReplicaCount": 0,
        "maxReplicaCount": 12,
        "pollingInterval": 15,
        "cooldownPeriod": 600,
        "fallback": {"failureThreshold": 3, "replicas": 1, "behavior": "currentReplicasIfHigher"},
        "advanced": {"horizontalPodAutoscalerConfig": {"name": "fraud-score"}},
        "triggers": [
            {
                "type": "prometheus",
                "metricType": "AverageValue",
                "metadata": {
                    "serverAddress": "https://metrics.example.com",
                    "query": f"sum(rate(headgate_inference_requests_total{{{counted}}}[2m]))",
                    "threshold": "20",
                    "activationThreshold": "0",
                    "ignoreNullValues": "true",
                },
            }
        ],
    }
    judge(SCALED, made)


def test_an_identity_asks_prometheus_without_a_secret(record: Any, ownership: dict[str, str]) -> None:
    """A query and an identity of the platform's own; more pods than none are kept where they are asked for."""
    requests = {**REQUESTS, "idle_seconds": 60, "query": "sum(rate(gateway_requests[2m]))", "identity": "client"}
    recording = record(model(ownership, scale_on_requests=requests))
    spec = recording.one(SCALED).inputs["spec"]
    authentication = recording.one(AUTHENTICATION).inputs

    assert recording.children() == {**SCALED_PLAIN, "m-scaler-identity": AUTHENTICATION}
    assert authentication["spec"] == {"podIdentity": {"provider": "azure-workload", "identityId": "client"}}
    assert spec["triggers"][0]["authenticationRef"] == {"name": authentication["metadata"]["name"]}
    assert spec["triggers"][0]["metadata"]["query"] == "sum(rate(gateway_requests[2m]))"
    assert (spec["minReplicaCount"], spec["cooldownPeriod"], spec["fallback"]["replicas"]) == (3, 60, 3)
    judge(SCALED, recording.one(SCALED).inputs)
    judge(AUTHENTICATION, authentication)


@pytest.mark.parametrize(
    ("group", "kind"), [({}, MONITOR), ({"api_group": "azmonitoring.coreos.com"}, AZURE_MONITOR)], ids=["own", "azure"]
)
def test_an_operator_measures_each_pod_once_under_the_same_labels(
    record: Any, ownership: dict[str, str], group: dict[str, str], kind: str
) -> None:
    """Rules and dashboards read the same series; the cluster's own discovery leaves these pods out."""
    monitor = {**WHERE, **group, "interval_seconds": 15, "labels": {"release": "prometheus"}}
    recording = record(model(ownership, service_monitor=monitor))
    made = recording.one(kind).inputs
    put = {"job": "models", "model": "fraud-score", "cluster": "aks-prod-uaenorth", "region": "uaenorth"}

    assert recording.children() == {**PLAIN, "m-service-monitor": kind}
    assert made["metadata"]["labels"].items() >= {**METADATA_LABELS, "release": "prometheus"}.items()
    assert made["spec"] == {
        "selector": {"matchLabels": {"headgate.dev/model": "fraud-score"}},
        "endpoints": [
            {
                "port": "http",
                "path": "/metrics",
                "interval": "15s",
                "relabelings": [
                    {"action": "labeldrop", "regex": "service|endpoint|container"},
                    *({"action": "replace", "targetLabel": key, "replacement": value} for key, value in put.items()),
                ],
            }
        ],
    }
    judge(kind, made)
    template = recording.one(ROLLOUT).inputs["spec"]["template"]
    assert template["metadata"]["annotations"] == {
        "headgate.dev/model-version": "1.0.0",
        "headgate.dev/measured-by": "service-monitor",
    }


def test_discovery_leaves_out_what_an_operator_measures() -> None:
    """By the annotation, as Prometheus spells it; nothing would be counted once otherwise."""
    rules = scrape_configs("c", "r")[0]["relabel_configs"]

    assert {
        "action": "drop",
        "source_labels": ["__meta_kubernetes_pod_annotation_headgate_dev_measured_by"],
        "regex": "service-monitor",
    } in rules


FLAGS = [
    {"name": "explain", "boolean": True},
    {"name": "batch-size", "number": 32.0},
    {"name": "floor", "number": 0.5},
    {"name": "wording", "text": "plain"},
]


def test_flags_are_a_file_of_every_version_in_the_form_that_openfeature_reads(
    record: Any, ownership: dict[str, str]
) -> None:
    """A folder, which Kubernetes renews in running pods; the runtime is told where the file is."""
    recording = record(model(ownership, flags=FLAGS, fallback=SECOND))
    made = recording.one(CONFIG_MAP, "m-flags").inputs
    workloads = [recording.one(ROLLOUT), recording.one("kubernetes:apps/v1:Deployment", "m-fallback")]

    assert made["metadata"]["name"] == "fraud-score-flags"
    assert json.loads(made["data"]["flags.json"]) == {
        "$schema": "https://flagd.dev/schema/v0/flags.json",
        "flags": {
            name: {"state": "ENABLED", "variants": {"set": value}, "defaultVariant": "set"}
            for name, value in {"explain": True, "batch-size": 32, "floor": 0.5, "wording": "plain"}.items()
        },
    }
    for workload in workloads:
        pod = workload.inputs["spec"]["template"]["spec"]
        assert pod["volumes"][-1] == {"name": "flags", "configMap": {"name": "fraud-score-flags"}}
        (container,) = pod["containers"]
        assert container["volumeMounts"][-1] == {"name": "flags", "mountPath": "/etc/headgate/flags", "readOnly": True}
        assert container["args"][-1] == "--flags=/etc/headgate/flags/flags.json"


@pytest.mark.parametrize(("more", "megabytes"), [({}, 64), ({"megabytes": 256}, 256)], ids=["defaults", "max"])
def test_every_version_is_told_for_how_long_it_may_keep_an_answer(
    record: Any, ownership: dict[str, str], more: dict[str, int], megabytes: int
) -> None:
    """In the pods' own memory: no object of the cluster is made for it."""
    recording = record(model(ownership, response_cache={"seconds": 60, **more}, fallback=SECOND))
    workloads = [recording.one(ROLLOUT), recording.one("kubernetes:apps/v1:Deployment", "m-fallback")]

    for workload in workloads:
        (container,) = workload.inputs["spec"]["template"]["spec"]["containers"]
        assert container["args"][-2:] == ["--response-cache-seconds=60", f"--response-cache-megabytes={megabytes}"]
    assert [name for name in recording.children() if "cache" in name] == []


def test_turning_a_flag_touches_no_pod(record: Any, ownership: dict[str, str]) -> None:
    """The pods' template is the same whatever the flags say: only the file changes."""
    before = record(model(ownership, flags=[{"name": "explain", "boolean": False}]))
    after = record(model(ownership, flags=[{"name": "explain", "boolean": True}]))
    changed = [now.name for was, now in zip(before.resources, after.resources, strict=True) if was.inputs != now.inputs]

    assert changed == ["m", "m-flags"]


@pytest.mark.parametrize(("flag", "count"), [({}, 0), ({"boolean": True, "text": "yes"}, 2)])
def test_a_flag_has_one_value(flag: dict[str, Any], count: int) -> None:
    """A flag of two types would be read as either."""
    with pytest.raises(ValueError, match=f"flag 'explain' needs one of boolean, number, text: {count} are given"):
        model_flags.value({"name": "explain", **flag})  # type: ignore[typeddict-item]


def test_a_model_that_asks_for_nothing_is_deployed_as_ever(record: Any, ownership: dict[str, str]) -> None:
    """No annotation, argument or volume of an option is there without the option."""
    recording = record(model(ownership))
    template = recording.one(ROLLOUT).inputs["spec"]["template"]

    assert recording.children() == PLAIN
    assert template["metadata"]["annotations"] == {"headgate.dev/model-version": "1.0.0"}
    assert [volume["name"] for volume in template["spec"]["volumes"]] == ["model", "scratch"]
    assert template["spec"]["containers"][0]["args"] == [
        "--model=fraud-score",
        "--model-path=/models/fraud-score",
        "--http-port=8080",
    ]


def test_a_connection_edits_what_is_read_by_its_name(record: Any) -> None:
    """Pulumi deletes a ConfigMap or a Secret and makes it anew otherwise; and never takes the shell's own cluster."""

    def program() -> dict[str, Any]:
        connect("cluster", "kubeconfig")
        return {}

    (made,) = record(program).resources

    assert made.inputs == {
        "kubeconfig": "kubeconfig",
        "enableConfigMapMutable": "true",
        "enableSecretMutable": "true",
        "enableServerSideApply": "true",
    }
