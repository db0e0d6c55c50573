"""The objectives that every served model has: availability and latency, as OpenSLO documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from components import names
from components.monitoring.rule import Group
from components.monitoring.slo.burn import burn_rules
from components.monitoring.slo.openslo import API_VERSION, parse
from components.monitoring.tunables import LATENCY_BUCKETS, LATENCY_TARGET_PERCENT

WINDOW = "30d"
# What OpenSLO takes for a name; a team and a model may be 20 and 40 letters each.
LONGEST = 63
RUNBOOKS = {"availability": "model-availability", "latency": "model-latency"}


@dataclass(frozen=True)
class ModelObjectives:
    """What a team promises of a model, over all regions together: users do not care which one failed them."""

    team: str
    namespace: str
    model: str
    availability_percent: float
    latency_ms: int | None = None


def documents(model: ModelObjectives) -> tuple[dict[str, Any], ...]:
    """Return a model's objectives as OpenSLO."""
    which = f'namespace="{model.namespace}",model="{model.model}"'
    availability = _document(
        model,
        "availability",
        f"{model.availability_percent:g} % of requests are answered",
        model.availability_percent,
        bad=f'headgate_inference_requests_total{{{which},code=~"5.."}}',
        total=f"headgate_inference_requests_total{{{which}}}",
    )
    if model.latency_ms is None:
        return (availability,)
    bucket = bucket_of(model.latency_ms)
    latency = _document(
        model,
        "latency",
        f"{LATENCY_TARGET_PERCENT:g} % of requests within {bucket * 1000:g} ms",
        LATENCY_TARGET_PERCENT,
        # Prometheus 3 writes a bound of 1 as 1.0, older ones as 1.
        good=f'headgate_inference_duration_seconds_bucket{{{which},le=~"{_bound(bucket)}"}}',
        total=f"headgate_inference_duration_seconds_count{{{which}}}",
    )
    return (availability, latency)


def rules(model: ModelObjectives, owner: str) -> tuple[Group, ...]:
    """Return the rules of a model's objectives."""
    return tuple(
        burn_rules(parse(document), owner, RUNBOOKS[document["metadata"]["labels"]["kind"]])
        for document in documents(model)
    )


def bucket_of(latency_ms: int) -> float:
    """Return the bucket that an objective is judged by: the largest within it, so that the judgement is never laxer."""
    within = [bound for bound in LATENCY_BUCKETS if bound * 1000 <= latency_ms]
    return within[-1] if within else LATENCY_BUCKETS[0]


def _bound(bucket: float) -> str:
    text = f"{bucket:g}"
    return text.replace(".", "[.]") if "." in text else f"{text}([.]0)?"


def _document(model: ModelObjectives, kind: str, words: str, percent: float, **counters: str) -> dict[str, Any]:
    """Return one OpenSLO document."""
    ratio = {
        part: {"metricSource": {"type": "Prometheus", "spec": {"query": query}}} for part, query in counters.items()
    }
    return {
        "apiVersion": API_VERSION,
        "kind": "SLO",
        "metadata": {
            "name": names.fit(f"{model.team}-{model.model}-{kind}", LONGEST),
            "labels": {"team": model.team, "model": model.model, "kind": kind},
        },
        "spec": {
            "service": model.model,
            "description": words,
            "budgetingMethod": "Occurrences",
            "timeWindow": [{"duration": WINDOW, "isRolling": True}],
            "indicator": {
                "metadata": {"name": f"{model.model}-{kind}"},
                "spec": {"ratioMetric": {"counter": True, **ratio}},
            },
            "objectives": [{"displayName": kind, "target": round(percent / 100, 9)}],
        },
    }
