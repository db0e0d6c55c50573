"""TeamTenancy, ModelDeployment and ServingGateway: what is made inside a cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from components.catalog import ModelDeployment, ServingGateway, TeamTenancy

pytestmark = pytest.mark.unit

MODEL_IMAGE = "hgplatformprod.azurecr.io/models/fraud/fraud-score@sha256:" + "a" * 64
RUNTIME_IMAGE = "hgplatformprod.azurecr.io/runtimes/oip-server@sha256:" + "b" * 64


@pytest.fixture
def ownership(ownership: dict[str, str]) -> dict[str, str]:
    """Return a team's."""
    return {**ownership, "team": "fraud"}


def tenancy(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one tenancy."""

    def program() -> dict[str, Any]:
        args: Any = {
            "ownership": ownership,
            "quota": {"cpu": "128", "memory": "512Gi", "gpus": 4, "pods": 200},
            **more,
        }
        made = TeamTenancy("t", args)
        return {"namespace": made.namespace, "account": made.service_account}

    return program


def model(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one model."""

    def program() -> dict[str, Any]:
        args: Any = {
            "ownership": ownership,
            "namespace": "team-fraud",
            "service_account": "models",
            "model": "fraud-score",
            "version": "1.0.0",
            "model_image": MODEL_IMAGE,
            "runtime_image": RUNTIME_IMAGE,
            "host": "models.example.com",
            "cpu": "500m",
            "memory": "512Mi",
            "min_replicas": 3,
            "max_replicas": 12,
            **more,
        }
        made = ModelDeployment("m", args)
        return {"path": made.path, "image": made.model_image}

    return program


def test_everything_says_who_answers_for_it(record: Any, ownership: dict[str, str]) -> None:
    """Owner, team, commit and change on every object, by their labels."""
    for program in (tenancy(ownership), model(ownership)):
        for each in record(program).resources:
            if each.type.startswith("kubernetes:"):
                labels = each.inputs["metadata"]["labels"]
                assert {key: labels.get(f"headgate.dev/{key}") for key in ("team", "owner", "commit", "change")} == {
                    "team": "fraud",
                    "owner": "ml-platform",
                    "commit": "0123abc",
                    "change": "CHG-7",
                }, each.name


def test_a_model_is_six_objects(record: Any, ownership: dict[str, str]) -> None:
    """Pods, a name, a scaler, a budget for disruptions, a route and a border."""
    recording = record(model(ownership))

    assert recording.children() == {
        "m-network-policy": "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        "m-rollout": "kubernetes:argoproj.io/v1alpha1:Rollout",
        "m-service": "kubernetes:core/v1:Service",
        "m-autoscaler": "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
        "m-disruption-budget": "kubernetes:policy/v1:PodDisruptionBudget",
        "m-ingress": "kubernetes:networking.k8s.io/v1:Ingress",
    }
    assert recording.outputs == {"path": "/v2/models/fraud-score", "image": MODEL_IMAGE}


def test_the_model_enters_as_an_image_volume_by_digest_into_a_restricted_pod(
    record: Any, ownership: dict[str, str]
) -> None:
    """The whole pod."""
    spec = record(model(ownership)).one("kubernetes:argoproj.io/v1alpha1:Rollout").inputs["spec"]
    selector = {"app.kubernetes.io/name": "fraud-score", "headgate.dev/model": "fraud-score"}
    ready = {"httpGet": {"path": "/v2/models/fraud-score/ready", "port": "http"}}
    resources = {"cpu": "500m", "memory": "512Mi", "ephemeral-storage": "2Gi"}

    assert spec["selector"] == {"matchLabels": selector}
    assert spec["strategy"] == {"canary": {"maxUnavailable": 0, "maxSurge": 1}}
    assert "replicas" not in spec
    assert spec["template"]["spec"] == {
        "serviceAccountName": "models",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "runAsGroup": 65532,
            "fsGroup": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": key,
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": selector},
            }
            for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
        ],
        "nodeSelector": {"headgate.dev/pool": "cpu"},
        "terminationGracePeriodSeconds": 60,
        "containers": [
            {
                "name": "runtime",
                "image": RUNTIME_IMAGE,
                "args": ["--model=fraud-score", "--model-path=/models/fraud-score", "--http-port=8080"],
                "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
                "startupProbe": {**ready, "periodSeconds": 2, "failureThreshold": 150},
                "readinessProbe": {**ready, "periodSeconds": 5, "failureThreshold": 2},
                "livenessProbe": {"httpGet": {"path": "/v2/health/live", "port": "http"}, "periodSeconds": 10},
                "resources": {"requests": resources, "limits": resources},
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "runAsNonRoot": True,
                    "capabilities": {"drop": ["ALL"]},
                },
                "volumeMounts": [
                    {"name": "model", "mountPath": "/models/fraud-score", "readOnly": True},
                    {"name": "scratch", "mountPath": "/tmp"},
                ],
            }
        ],
        "volumes": [
            {"name": "model", "image": {"reference": MODEL_IMAGE, "pullPolicy": "IfNotPresent"}},
            {"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}},
        ],
    }


def test_a_commit_restarts_no_pod(record: Any, ownership: dict[str, str]) -> None:
    """Commit and change are on the Rollout, not on its pods."""
    template = record(model(ownership)).one("kubernetes:argoproj.io/v1alpha1:Rollout").inputs["spec"]["template"]

    assert {"headgate.dev/commit", "headgate.dev/change"} & set(template["metadata"]["labels"]) == set()


def test_gpus_are_asked_for_limited_and_tolerated(record: Any, ownership: dict[str, str]) -> None:
    """Only such pods get onto the GPU pool."""
    pod = (
        record(model(ownership, gpus=2))
        .one("kubernetes:argoproj.io/v1alpha1:Rollout")
        .inputs["spec"]["template"]["spec"]
    )

    assert pod["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "2"
    assert pod["nodeSelector"] == {"headgate.dev/pool": "gpu"}
    assert pod["tolerations"] == [{"key": "sku", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}]


def test_the_scaler_keeps_the_bounds_and_the_budget_can_be_met(record: Any, ownership: dict[str, str]) -> None:
    """At three pods one may be taken; the scaler owns the count."""
    recording = record(model(ownership, target_cpu_percent=70))
    scaler = recording.one("kubernetes:autoscaling/v2:HorizontalPodAutoscaler").inputs["spec"]

    assert (scaler["minReplicas"], scaler["maxReplicas"], scaler["scaleTargetRef"]["name"]) == (3, 12, "fraud-score")
    assert scaler["metrics"][0]["resource"]["target"] == {"type": "Utilization", "averageUtilization": 70}
    budget = recording.one("kubernetes:policy/v1:PodDisruptionBudget").inputs["spec"]
    assert budget["maxUnavailable"] == 1


def test_a_figure_of_the_pods_takes_the_place_of_their_cpu_use(record: Any, ownership: dict[str, str]) -> None:
    """The autoscaler looks at one thing: two would let the idle CPUs of a GPU model have a say."""
    recording = record(model(ownership, scale_on={"name": "headgate_tokens_in_flight", "average": 4096}))

    assert recording.one("kubernetes:autoscaling/v2:HorizontalPodAutoscaler").inputs["spec"]["metrics"] == [
        {
            "type": "Pods",
            "pods": {
                "metric": {"name": "headgate_tokens_in_flight"},
                "target": {"type": "AverageValue", "averageValue": "4096"},
            },
        }
    ]


def test_more_arguments_and_annotations_come_after_our_own(record: Any, ownership: dict[str, str]) -> None:
    """A runtime is told what only it knows of; the workload says what was promised."""
    recording = record(model(ownership, runtime_arguments=["--quantised=int8"], annotations={"headgate.dev/x": "y"}))
    workload = recording.one("kubernetes:argoproj.io/v1alpha1:Rollout").inputs

    assert workload["spec"]["template"]["spec"]["containers"][0]["args"][-2:] == [
        "--http-port=8080",
        "--quantised=int8",
    ]
    assert workload["metadata"]["annotations"] == {
        "headgate.dev/model-version": "1.0.0",
        "headgate.dev/latency-objective-ms": "100",
        "headgate.dev/x": "y",
        "pulumi.com/waitFor": "jsonpath={.status.phase}=Healthy",
        "pulumi.com/timeoutSeconds": "600",
        "pulumi.com/patchForce": "true",
    }


def test_the_route_is_tls_and_only_the_gateway_gets_in(record: Any, ownership: dict[str, str]) -> None:
    """The path of the model alone, and no other way to the pods."""
    recording = record(model(ownership))

    assert recording.one("kubernetes:networking.k8s.io/v1:Ingress").inputs["spec"] == {
        "ingressClassName": "headgate",
        "tls": [{"hosts": ["models.example.com"]}],
        "rules": [
            {
                "http": {
                    "paths": [
                        {
                            "path": "/v2/models/fraud-score",
                            "pathType": "Prefix",
                            "backend": {"service": {"name": "fraud-score", "port": {"name": "http"}}},
                        }
                    ]
                }
            }
        ],
    }
    assert recording.one("kubernetes:networking.k8s.io/v1:NetworkPolicy").inputs["spec"] == {
        "podSelector": {"matchLabels": {"headgate.dev/model": "fraud-score"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {
                "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "headgate-gateway"}}}],
                "ports": [{"protocol": "TCP", "port": 8080}],
            }
        ],
    }


def test_the_gateway_is_one_internal_address(record: Any, ownership: dict[str, str]) -> None:
    """With a private link service before it where the edge asks for one."""

    def program() -> dict[str, Any]:
        args: Any = {"ownership": ownership, "image": RUNTIME_IMAGE, "private_link_name": "pls-prod-uaenorth"}
        return {"address": ServingGateway("g", args).address}

    recording = record(program)
    service = recording.one("kubernetes:core/v1:Service").inputs

    assert recording.outputs == {"address": "10.0.0.9"}
    assert (service["metadata"]["namespace"], service["metadata"]["name"]) == ("headgate-gateway", "gateway")
    assert service["metadata"]["annotations"] == {
        "service.beta.kubernetes.io/azure-load-balancer-internal": "true",
        "service.beta.kubernetes.io/azure-pls-create": "true",
        "service.beta.kubernetes.io/azure-pls-name": "pls-prod-uaenorth",
        "service.beta.kubernetes.io/azure-pls-visibility": "*",
        "service.beta.kubernetes.io/azure-pls-ip-configuration-subnet": "gateway",
    }
    assert service["spec"]["type"] == "LoadBalancer"
    assert recording.one("kubernetes:networking.k8s.io/v1:IngressClass").inputs["spec"] == {
        "controller": "headgate.dev/gateway"
    }
