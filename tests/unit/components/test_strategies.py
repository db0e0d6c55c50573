"""ModelDeployment's strategies: which objects each brings, and what an update waits for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from components.catalog import ModelDeployment

pytestmark = pytest.mark.unit

SERVER = "hgplatformprod.azurecr.io"
MODEL_IMAGE = f"{SERVER}/models/fraud/fraud-score@sha256:" + "a" * 64
RUNTIME_IMAGE = f"{SERVER}/runtimes/oip-server@sha256:" + "b" * 64
SECOND = {
    "version": "2.0.0",
    "model_image": f"{SERVER}/models/fraud/fraud-score@sha256:" + "c" * 64,
    "runtime_image": RUNTIME_IMAGE,
    "replicas": 2,
}
ANALYSIS = {
    "prometheus": "https://metrics.example.com",
    "success_rate": 0.99,
    "latency_ms": 250,
    "interval_seconds": 30,
    "failures": 1,
}
ROLLOUT = "kubernetes:argoproj.io/v1alpha1:Rollout"
INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"
SERVICE = "kubernetes:core/v1:Service"
PLAIN = {
    "m-network-policy": "kubernetes:networking.k8s.io/v1:NetworkPolicy",
    "m-rollout": ROLLOUT,
    "m-service": SERVICE,
    "m-autoscaler": "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
    "m-disruption-budget": "kubernetes:policy/v1:PodDisruptionBudget",
    "m-ingress": INGRESS,
}
_NGINX = "nginx.ingress.kubernetes.io"


def model(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one model."""

    def program() -> dict[str, Any]:
        args: Any = {
            "ownership": {**ownership, "team": "fraud"},
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
        return {"path": ModelDeployment("m", args).path}

    return program


def annotations_of(recording: Any, kind: str, name: str) -> dict[str, str]:
    """Return an object's annotations."""
    found: dict[str, str] = recording.one(kind, name).inputs["metadata"].get("annotations", {})
    return found


def test_a_canary_takes_its_share_from_the_gateway(record: Any, ownership: dict[str, str]) -> None:
    """The steps are weights of the route and pauses; the update waits for the last of them."""
    steps = [{"weight": 10, "pause_seconds": 60}, {"weight": 50, "pause_seconds": 120}]
    recording = record(model(ownership, strategy={"canary": {"steps": steps}}))

    assert recording.children() == {**PLAIN, "m-canary-service": SERVICE}
    assert recording.one(ROLLOUT).inputs["spec"]["strategy"] == {
        "canary": {
            "maxUnavailable": 0,
            "maxSurge": 1,
            "stableService": "fraud-score",
            "canaryService": "fraud-score-canary",
            "trafficRouting": {"nginx": {"stableIngress": "fraud-score"}},
            "steps": [
                {"setWeight": 10},
                {"pause": {"duration": "60s"}},
                {"setWeight": 50},
                {"pause": {"duration": "120s"}},
            ],
        }
    }
    waits = annotations_of(recording, ROLLOUT, "m-rollout")
    assert (waits["pulumi.com/waitFor"], waits["pulumi.com/timeoutSeconds"]) == (
        "jsonpath={.status.phase}=Healthy",
        "780",
    )


def test_the_controllers_selectors_are_no_business_of_an_update(record: Any, ownership: dict[str, str]) -> None:
    """Which version a name leads to is written by the controller, into the very field that was there first."""
    recording = record(model(ownership, strategy={"canary": {"steps": [{"weight": 10}]}}))
    services = [each for each in recording.resources if each.type == SERVICE]

    assert {(each.name, tuple(each.ignored)) for each in services} == {
        ("m-service", ("spec.selector",)),
        ("m-canary-service", ("spec.selector",)),
    }
    assert annotations_of(recording, SERVICE, "m-service") == {"pulumi.com/skipAwait": "true"}


def test_where_a_person_promotes_an_update_waits_for_pods_alone(record: Any, ownership: dict[str, str]) -> None:
    """It would wait for ever otherwise."""
    canary = record(model(ownership, strategy={"canary": {"steps": [{"weight": 10}]}}))
    bluegreen = record(model(ownership, strategy={"bluegreen": {"keep_seconds": 300}}))

    for recording in (canary, bluegreen):
        assert annotations_of(recording, ROLLOUT, "m-rollout")["pulumi.com/waitFor"] == "condition=Available"
    assert canary.one(ROLLOUT).inputs["spec"]["strategy"]["canary"]["steps"][1] == {"pause": {}}
    assert bluegreen.one(ROLLOUT).inputs["spec"]["strategy"]["blueGreen"]["autoPromotionEnabled"] is False


def test_blue_and_green_have_a_name_each_and_a_header_shows_the_one_to_come(
    record: Any, ownership: dict[str, str]
) -> None:
    """All requests change over at once; those with the header see the new version before."""
    recording = record(model(ownership, strategy={"bluegreen": {"promote_seconds": 30, "keep_seconds": 300}}))

    assert recording.children() == {**PLAIN, "m-preview-service": SERVICE, "m-preview-ingress": INGRESS}
    assert recording.one(ROLLOUT).inputs["spec"]["strategy"] == {
        "blueGreen": {
            "activeService": "fraud-score",
            "previewService": "fraud-score-preview",
            "autoPromotionEnabled": True,
            "autoPromotionSeconds": 30,
            "scaleDownDelaySeconds": 300,
        }
    }
    assert annotations_of(recording, INGRESS, "m-preview-ingress") == {
        f"{_NGINX}/canary": "true",
        f"{_NGINX}/canary-by-header": "x-headgate-preview",
        f"{_NGINX}/canary-by-header-value": "always",
        "pulumi.com/skipAwait": "true",
    }


def test_an_analysis_measures_the_new_versions_own_requests(record: Any, ownership: dict[str, str]) -> None:
    """Errors and latency by the version's label, again and again until the rollout is over."""
    strategy = {"canary": {"steps": [{"weight": 10, "pause_seconds": 60}], "analysis": ANALYSIS}}
    recording = record(model(ownership, strategy=strategy))
    asked = 'model="fraud-score",version="{{args.version}}"'
    requests = "headgate_inference_requests_total"

    spec = recording.one("kubernetes:argoproj.io/v1alpha1:AnalysisTemplate").inputs["spec"]
    assert spec["args"] == [{"name": "version"}]
    assert [(each["name"], each["successCondition"], each["failureLimit"]) for each in spec["metrics"]] == [
        ("success-rate", "len(result) == 0 || isNaN(result[0]) || result[0] >= 0.99", 1),
        ("latency", "len(result) == 0 || isNaN(result[0]) || result[0] <= 0.25", 1),
    ]
    assert spec["metrics"][0]["provider"]["prometheus"] == {
        "address": "https://metrics.example.com",
        "query": f'sum(rate({requests}{{{asked},code!~"5.."}}[30s])) / sum(rate({requests}{{{asked}}}[30s]))',
    }
    assert recording.one(ROLLOUT).inputs["spec"]["strategy"]["canary"]["analysis"] == {
        "templates": [{"templateName": "fraud-score"}],
        "startingStep": 1,
        "args": [{"name": "version", "value": "1.0.0"}],
    }


def test_an_analysis_before_the_takeover_comes_to_an_end(record: Any, ownership: dict[str, str]) -> None:
    """Blue waits for green's analysis: a number of measurements decides, and that time is no lack of progress."""
    strategy = {"bluegreen": {"promote_seconds": 30, "keep_seconds": 300, "analysis": ANALYSIS}}
    recording = record(model(ownership, strategy=strategy))
    template = recording.one("kubernetes:argoproj.io/v1alpha1:AnalysisTemplate").inputs["spec"]
    spec = recording.one(ROLLOUT).inputs["spec"]

    assert [(each["count"], each["failureLimit"], each["interval"]) for each in template["metrics"]] == [
        (3, 1, "30s"),
        (3, 1, "30s"),
    ]
    assert spec["strategy"]["blueGreen"]["prePromotionAnalysis"] == {
        "templates": [{"templateName": "fraud-score"}],
        "args": [{"name": "version", "value": "1.0.0"}],
    }
    assert spec["progressDeadlineSeconds"] == 690
    assert annotations_of(recording, ROLLOUT, "m-rollout")["pulumi.com/timeoutSeconds"] == "720"


def test_an_analysis_of_a_canary_lasts_as_long_as_it(record: Any, ownership: dict[str, str]) -> None:
    """The steps end it: a number of measurements would end it before them."""
    strategy = {"canary": {"steps": [{"weight": 10, "pause_seconds": 60}], "analysis": ANALYSIS}}
    recording = record(model(ownership, strategy=strategy))

    metrics = recording.one("kubernetes:argoproj.io/v1alpha1:AnalysisTemplate").inputs["spec"]["metrics"]
    assert [each.get("count") for each in metrics] == [None, None]
    assert recording.one(ROLLOUT).inputs["spec"]["progressDeadlineSeconds"] == 600


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (
            {"abtest": {"variant": SECOND, "header": "x-cohort", "value": "b"}},
            {"canary": "true", "canary-by-header": "x-cohort", "canary-by-header-value": "b"},
        ),
        ({"abtest": {"variant": SECOND, "cookie": "cohort"}}, {"canary": "true", "canary-by-cookie": "cohort"}),
        ({"champion_challenger": {"variant": SECOND, "weight": 20}}, {"canary": "true", "canary-weight": "20"}),
    ],
    ids=["header", "cookie", "share"],
)
def test_a_second_version_has_pods_and_a_way_of_its_own(
    record: Any, ownership: dict[str, str], strategy: dict[str, Any], expected: dict[str, str]
) -> None:
    """The second version's pods are none of the Rollout's, and requests are told by header, cookie or share."""
    recording = record(model(ownership, strategy=strategy))

    assert recording.children() == {
        **PLAIN,
        "m-variant": "kubernetes:apps/v1:Deployment",
        "m-variant-service": SERVICE,
        "m-variant-disruption-budget": "kubernetes:policy/v1:PodDisruptionBudget",
        "m-variant-ingress": INGRESS,
    }
    assert annotations_of(recording, INGRESS, "m-variant-ingress") == {
        **{f"{_NGINX}/{key}": value for key, value in expected.items()},
        "pulumi.com/skipAwait": "true",
    }
    deployment = recording.one("kubernetes:apps/v1:Deployment").inputs
    labels = {"app.kubernetes.io/name": "fraud-score-variant", "headgate.dev/model": "fraud-score"}
    assert (deployment["spec"]["replicas"], deployment["spec"]["selector"]) == (2, {"matchLabels": labels})
    assert deployment["spec"]["template"]["spec"]["volumes"][0]["image"]["reference"] == SECOND["model_image"]
    assert recording.one(ROLLOUT).inputs["spec"]["strategy"] == {"canary": {"maxUnavailable": 0, "maxSurge": 1}}


def test_a_shadow_gets_copies_and_a_fallback_answers_when_nobody_else_does(
    record: Any, ownership: dict[str, str]
) -> None:
    """Both are said on the model's own route."""
    recording = record(model(ownership, strategy={"shadow": {"variant": SECOND}}, fallback=SECOND))

    assert annotations_of(recording, INGRESS, "m-ingress") == {
        f"{_NGINX}/mirror-target": "http://fraud-score-variant.team-fraud.svc$request_uri",
        f"{_NGINX}/default-backend": "fraud-score-fallback",
        "pulumi.com/skipAwait": "true",
    }
    deployments = [each.name for each in recording.resources if each.type == "kubernetes:apps/v1:Deployment"]
    assert deployments == ["m-fallback", "m-variant"]
