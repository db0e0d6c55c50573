"""What a new version's requests are measured by, as an AnalysisTemplate. Pure: no Pulumi.

The version is a label of the metrics, so what is judged is the new version's own requests. Without requests there is
nothing to judge, and nothing is held against it.
"""

from typing import Any

from components.contract.strategy import Analysis

_BUCKETS = "headgate_inference_duration_seconds_bucket"
_REQUESTS = "headgate_inference_requests_total"


def template(model: str, analysis: Analysis, *, ends: bool = False) -> dict[str, Any]:
    """Return the template; its one argument is the version.

    One that `ends` is a condition of the takeover, which waits for its end: without a number of measurements it would
    wait for ever. One that doesn't is measured for as long as the takeover lasts.
    """
    metrics = [_metric("success-rate", analysis, _success_rate(model, analysis), f">= {analysis['success_rate']}")]
    if "latency_ms" in analysis:
        limit = f"<= {analysis['latency_ms'] / 1000}"
        metrics.append(_metric("latency", analysis, _latency(model, analysis), limit))
    if ends:
        metrics = [{**metric, "count": measurements(analysis)} for metric in metrics]
    return {"args": [{"name": "version"}], "metrics": metrics}


def measurements(analysis: Analysis) -> int:
    """Return how many measurements decide: one bad one more than is borne, among as many good ones, aborts."""
    return 2 * analysis["failures"] + 1


def seconds(analysis: Analysis) -> int:
    """Return how long an analysis takes that ends; the first measurement comes after an interval too."""
    return measurements(analysis) * analysis["interval_seconds"]


def _metric(name: str, analysis: Analysis, query: str, condition: str) -> dict[str, Any]:
    """Return one metric: measured at each interval for as long as the rollout runs."""
    return {
        "name": name,
        "interval": f"{analysis['interval_seconds']}s",
        "initial_delay": f"{analysis['interval_seconds']}s",
        "success_condition": f"len(result) == 0 || isNaN(result[0]) || result[0] {condition}",
        "failure_limit": analysis["failures"],
        "provider": {"prometheus": {"address": analysis["prometheus"], "query": query}},
    }


def _success_rate(model: str, analysis: Analysis) -> str:
    asked = f'model="{model}",version="{{{{args.version}}}}"'
    window = f"[{analysis['interval_seconds']}s]"
    return f'sum(rate({_REQUESTS}{{{asked},code!~"5.."}}{window})) / sum(rate({_REQUESTS}{{{asked}}}{window}))'


def _latency(model: str, analysis: Analysis) -> str:
    asked = f'model="{model}",version="{{{{args.version}}}}"'
    return f"histogram_quantile(0.99, sum by (le) (rate({_BUCKETS}{{{asked}}}[{analysis['interval_seconds']}s])))"
