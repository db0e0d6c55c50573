"""What an analysis of a takeover is held against: the platform's own measurements."""

from __future__ import annotations

import re
from typing import Any, cast

import pytest

from components.contract.strategy import Analysis
from components.kubernetes.model_analysis import template
from components.monitoring import scrape
from headgate.sandbox.azure.counterparts import prometheus_config
from headgate.sandbox.dataplane.cluster import Cluster
from headgate.sandbox.dataplane.metrics import BUCKETS
from headgate.sandbox.dataplane.simulation import Loads
from headgate.sandbox.dataplane.telemetry import Telemetry
from headgate.stack import Model
from headgate.stack.analysis_checks import LONGEST_MS, MEASURED_EVERY, SANDBOX_EVERY, check_analysis
from headgate.stack.language import LanguageModel
from headgate.stack.team import TeamStack

pytestmark = pytest.mark.unit

DIGEST = "sha256:" + "0" * 64


def team(**models: Any) -> TeamStack:
    """Return a team's stack with nothing but its models."""
    return TeamStack.model_construct(**{"models": [], "language_models": [], **models})


def said(strategy: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what is said of a model's analysis, and what was found."""
    model = Model.model_validate(
        {
            "name": "fraud-score",
            "version": "1.0.0",
            "digest": DIGEST,
            "runtime": {"image": "runtimes/oip-server", "digest": DIGEST},
            "replicas": {"min": 1, "max": 2},
            "resources": {"cpu": "1", "memory": "1Gi"},
            "strategy": strategy,
        }
    )
    return [(finding.what, finding.found) for finding in check_analysis(team(models=[model]))]


def canary(*pauses: int | None, **analysis: Any) -> dict[str, Any]:
    """Return a canary that is measured through its pauses."""
    return {
        "canary": {
            "steps": [{"weight": 10 + n, "pause_seconds": p} for n, p in enumerate(pauses)],
            "analysis": analysis,
        }
    }


def test_the_bounds_are_those_of_what_is_measured() -> None:
    """A collector or histogram that changes takes the checks with it."""
    assert BUCKETS[-1] * 1000 == LONGEST_MS
    assert f"{MEASURED_EVERY}s" == scrape.INTERVAL
    assert f"{SANDBOX_EVERY}s" == prometheus_config.SCRAPE


def test_an_analysis_asks_for_what_the_gateways_tell() -> None:
    """A query for a metric that nobody exports finds nothing, and what finds nothing refuses nothing."""
    analysis = {"prometheus": "p", "success_rate": 0.99, "latency_ms": 250, "interval_seconds": 60, "failures": 1}
    queries = [each["provider"]["prometheus"]["query"] for each in template("m", cast(Analysis, analysis))["metrics"]]
    asked = {name.removesuffix("_bucket") for query in queries for name in re.findall(r"headgate_\w+", query)}
    told = re.findall(r"# TYPE (\w+) ", Telemetry("uaenorth", Cluster(), Loads()).page())

    assert asked == {"headgate_inference_requests_total", "headgate_inference_duration_seconds"}
    assert asked <= set(told)


@pytest.mark.parametrize(
    "strategy",
    [
        {"canary": {}},
        {"canary": {"analysis": {}}},
        canary(60, 60, interval_seconds=60, failures=1, latency_ms=9999),
        canary(5, None, interval_seconds=60, failures=5),
        {"bluegreen": {"analysis": {"interval_seconds": 600, "failures": 3}}},
    ],
    ids=["none", "defaults", "just enough", "a person decides", "blue and green"],
)
def test_an_analysis_that_can_abort_is_let_through(strategy: dict[str, Any]) -> None:
    """The defaults among them."""
    assert said(strategy) == []


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (
            canary(60, 59, interval_seconds=60, failures=1),
            [("the canary is over before it can be aborted", "1 measurements in 119 s of pauses")],
        ),
        (
            {"bluegreen": {"analysis": {"latency_ms": 10000}}},
            [("no request would ever be too slow", "latency_ms 10000")],
        ),
    ],
)
def test_an_analysis_that_never_says_no_is_refused(strategy: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    """It would let every new version through, with the air of having looked."""
    assert said(strategy) == expected


def test_a_language_models_canary_is_checked_as_well() -> None:
    """The same limits, at its own place in the file."""
    language = LanguageModel.model_validate(
        {
            "name": "assistant",
            "version": "1.0.0",
            "digest": DIGEST,
            "runtime": {"image": "runtimes/language-model", "digest": DIGEST},
            "replicas": {"min": 1, "max": 2},
            "resources": {"cpu": "1", "memory": "1Gi"},
            "spending": {"tokens_per_minute": 1, "tokens_per_month": 1},
            "safety": {"suite": "safety", "evaluation": DIGEST},
            "content_logging": {"contents": "none"},
            **canary(60, 59, interval_seconds=60, failures=1, latency_ms=10000),
        }
    )

    assert [(finding.path, finding.what) for finding in check_analysis(team(language_models=[language]))] == [
        (("language_models", 0, "canary", "analysis", "latency_ms"), "no request would ever be too slow"),
        (
            ("language_models", 0, "canary", "analysis", "interval_seconds"),
            "the canary is over before it can be aborted",
        ),
    ]
