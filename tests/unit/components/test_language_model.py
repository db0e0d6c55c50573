"""LanguageModelServing: a model deployment that is measured, limited and tested as language models are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from components import sizing
from components.catalog import LanguageModelServing

pytestmark = pytest.mark.unit

MODEL_IMAGE = "hgplatformprod.azurecr.io/models/assistant/assistant-7b@sha256:" + "a" * 64
RUNTIME_IMAGE = "hgplatformprod.azurecr.io/runtimes/language-model@sha256:" + "b" * 64
EVALUATION = "sha256:" + "e" * 64
SCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"


def serving(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one language model."""

    def program() -> dict[str, Any]:
        args: Any = {
            "ownership": {**ownership, "team": "assistant"},
            "namespace": "team-assistant",
            "service_account": "models",
            "model": "assistant-7b",
            "version": "1.0.0",
            "model_image": MODEL_IMAGE,
            "runtime_image": RUNTIME_IMAGE,
            "host": "models.example.com",
            "cpu": "8",
            "memory": "64Gi",
            "min_replicas": 2,
            "max_replicas": 4,
            "spending": {"tokens_per_minute": 60000, "tokens_per_month": 500000000},
            "safety": {"suite": "assistant-safety", "evaluation": EVALUATION},
            "content_logging": {"contents": "masked", "days": 30},
            **more,
        }
        args.pop(args.pop("leave_out", ""), None)
        made = LanguageModelServing("l", args)
        return {"path": made.path, "openai": made.openai_path, "image": made.model_image}

    return program


def workload(recording: Any) -> Any:
    """Return what runs the pods."""
    found = [each for each in recording.resources if each.name == "l-model-rollout"]
    assert len(found) == 1
    return found[0].inputs


def test_defaults(record: Any, ownership: dict[str, str]) -> None:
    """A model deployment with a second path, that scales by the tokens that its pods have in flight."""
    recording = record(serving(ownership))

    assert recording.one("headgate:index:ModelDeployment").parent == "l"
    assert recording.outputs == {
        "path": "/v2/models/assistant-7b",
        "openai": "/openai/assistant-7b/v1",
        "image": MODEL_IMAGE,
    }
    rules = recording.one(INGRESS, "l-model-ingress").inputs["spec"]["rules"]
    assert [path["path"] for path in rules[0]["http"]["paths"]] == ["/v2/models/assistant-7b", "/openai/assistant-7b"]
    scaler = recording.one(SCALER).inputs["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"], scaler["metrics"]) == (
        2,
        4,
        [
            {
                "type": "Pods",
                "pods": {
                    "metric": {"name": "headgate_tokens_in_flight"},
                    "target": {"type": "AverageValue", "averageValue": "16384"},
                },
            }
        ],
    )


def test_max(record: Any, ownership: dict[str, str]) -> None:
    """Everything that can be asked for reaches the runtime, the autoscaler and the workload's own record."""
    recording = record(
        serving(
            ownership,
            gpus=2,
            context_tokens=32768,
            tokens_in_flight=65536,
            objectives={"time_to_first_token_ms": 500, "tokens_per_second": 40},
        )
    )
    inputs = workload(recording)
    pod = inputs["spec"]["template"]["spec"]

    assert pod["nodeSelector"] == {"headgate.dev/pool": "gpu"}
    assert pod["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "2"
    assert pod["containers"][0]["args"][-5:] == [
        "--openai-path=/openai/assistant-7b/v1",
        "--context-tokens=32768",
        "--tokens-in-flight=65536",
        "--tokens-per-minute=60000",
        "--tokens-per-month=500000000",
    ]
    promised = ("time-to-first-token-ms", "tokens-per-second", "latency-objective-ms")
    assert [inputs["metadata"]["annotations"][f"headgate.dev/{name}"] for name in promised] == ["500", "40", "819700"]
    scaler = recording.one(SCALER).inputs["spec"]
    assert scaler["metrics"][0]["pods"]["target"]["averageValue"] == "65536"


def test_hardened(record: Any, ownership: dict[str, str]) -> None:
    """Limits, the safety evaluation and what may be kept stand on the workload for every gate; none can be left out."""
    recording = record(serving(ownership))
    annotations = workload(recording)["metadata"]["annotations"]
    names = (
        *("tokens-per-minute", "tokens-per-month", "safety-suite", "safety-evaluation"),
        *("content-logging", "content-days"),
    )

    assert [annotations[f"headgate.dev/{name}"] for name in names] == [
        "60000",
        "500000000",
        "assistant-safety",
        EVALUATION,
        "masked",
        "30",
    ]
    pod = workload(recording)["spec"]["template"]["spec"]
    assert pod["volumes"][0] == {"name": "model", "image": {"reference": MODEL_IMAGE, "pullPolicy": "IfNotPresent"}}
    assert pod["securityContext"]["runAsNonRoot"] is True


def test_a_canary_is_that_of_its_rollout(record: Any, ownership: dict[str, str]) -> None:
    """What is asked of the language model is what the controller is told."""
    analysis = {"prometheus": "https://p", "success_rate": 0.99, "interval_seconds": 60, "failures": 1}
    canary = {"steps": [{"weight": 10, "pause_seconds": 180}], "analysis": analysis}
    recording = record(serving(ownership, canary=canary))
    steps = workload(recording)["spec"]["strategy"]["canary"]["steps"]
    measured = next(each.inputs["spec"] for each in recording.resources if each.name == "l-model-analysis")

    assert steps == [{"setWeight": 10}, {"pause": {"duration": "180s"}}]
    assert [metric["name"] for metric in measured["metrics"]] == ["success-rate"]


@pytest.mark.parametrize("missing", ["spending", "safety", "content_logging"])
def test_nothing_is_deployed_without_limits_evaluation_and_decision(
    record: Any, ownership: dict[str, str], missing: str
) -> None:
    """The three have no default: the program ends before anything is registered below the component."""
    with pytest.raises(Exception, match=missing):
        record(serving(ownership, leave_out=missing))


def test_the_longest_answer_is_the_first_token_and_all_the_others() -> None:
    """8192 tokens at 20 a second, a second after the question; parts of a millisecond count whole."""
    assert sizing.answer_ms(8192, 1000, 20) == 410600
    assert sizing.answer_ms(1, 0, 3) == 334
