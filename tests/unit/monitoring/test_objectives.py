"""Objectives: OpenSLO in, and only what can be turned into rules."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from monitored import MODEL

from components.monitoring.rule import Alert
from components.monitoring.slo.burn import burn_rules
from components.monitoring.slo.model import bucket_of, documents
from components.monitoring.slo.openslo import Objective, OpenSloError, parse

pytestmark = pytest.mark.unit

AVAILABILITY, LATENCY = documents(MODEL)


def test_a_models_objectives_are_openslo() -> None:
    """Whole, as another tool would read them."""
    assert {
        "apiVersion": "openslo/v1",
        "kind": "SLO",
        "metadata": {
            "name": "fraud-fraud-score-availability",
            "labels": {"team": "fraud", "model": "fraud-score", "kind": "availability"},
        },
        "spec": {
            "service": "fraud-score",
            "description": "99.9 % of requests are answered",
            "budgetingMethod": "Occurrences",
            "timeWindow": [{"duration": "30d", "isRolling": True}],
            "indicator": {
                "metadata": {"name": "fraud-score-availability"},
                "spec": {
                    "ratioMetric": {
                        "counter": True,
                        "bad": _metric(
                            'headgate_inference_requests_total{namespace="team-fraud",model="fraud-score",code=~"5.."}'
                        ),
                        "total": _metric(
                            'headgate_inference_requests_total{namespace="team-fraud",model="fraud-score"}'
                        ),
                    }
                },
            },
            "objectives": [{"displayName": "availability", "target": 0.999}],
        },
    } == AVAILABILITY


def _metric(query: str) -> dict[str, Any]:
    return {"metricSource": {"type": "Prometheus", "spec": {"query": query}}}


def test_an_objective_is_read_whole() -> None:
    """Name, service, target, window, counters and labels."""
    which = 'namespace="team-fraud",model="fraud-score"'

    assert parse(LATENCY) == Objective(
        name="fraud-fraud-score-latency",
        service="fraud-score",
        description="99 % of requests within 100 ms",
        target=0.99,
        window="30d",
        total=f"headgate_inference_duration_seconds_count{{{which}}}",
        good=f'headgate_inference_duration_seconds_bucket{{{which},le=~"0[.]1"}}',
        labels={"team": "fraud", "model": "fraud-score", "kind": "latency"},
    )


def test_budgets_burn_over_two_windows_each() -> None:
    """14.4 times over 1 h and 5 m, 6 over 6 h and 30 m wake somebody; 3 over 1 d and 2 h, 1 over 3 d and 6 h do not."""
    group = burn_rules(parse(AVAILABILITY), "fraud-models", "model-availability")
    which = '{slo="fraud-fraud-score-availability"}'

    def burning(long: str, short: str, limit: str) -> str:
        series = "slo:sli_error:ratio_rate"
        return f"{series}{long}{which} > {limit} and {series}{short}{which} > {limit}"

    assert [(each.name, each.expr, str(each.severity)) for each in group.rules if isinstance(each, Alert)] == [
        ("ErrorBudgetBurn1h", burning("1h", "5m", "0.0144"), "critical"),
        ("ErrorBudgetBurn6h", burning("6h", "30m", "0.006"), "critical"),
        ("ErrorBudgetBurn1d", burning("1d", "2h", "0.003"), "warning"),
        ("ErrorBudgetBurn3d", burning("3d", "6h", "0.001"), "warning"),
    ]


@pytest.mark.parametrize(
    ("milliseconds", "bucket"), [(100, 0.1), (99, 0.05), (300, 0.25), (1, 0.005), (600_000, 10.0), (1000, 1.0)]
)
def test_latency_is_judged_by_the_largest_bucket_within_the_objective(milliseconds: int, bucket: float) -> None:
    """Never laxer than what was promised, but for what is below the smallest bucket."""
    assert bucket_of(milliseconds) == bucket


def _without_counter(document: dict[str, Any]) -> None:
    document["spec"]["indicator"]["spec"]["ratioMetric"]["counter"] = False


def _with_window_in_query(document: dict[str, Any]) -> None:
    ratio = document["spec"]["indicator"]["spec"]["ratioMetric"]
    ratio["total"]["metricSource"]["spec"]["query"] = "rate(requests_total[5m])"


def _of_another_source(document: dict[str, Any]) -> None:
    document["spec"]["indicator"]["spec"]["ratioMetric"]["total"]["metricSource"]["type"] = "Datadog"


def _by_calendar(document: dict[str, Any]) -> None:
    document["spec"]["timeWindow"] = [{"duration": "1M", "isRolling": False}]


def _by_time_slices(document: dict[str, Any]) -> None:
    document["spec"]["budgetingMethod"] = "Timeslices"


def _of_everything(document: dict[str, Any]) -> None:
    document["spec"]["objectives"][0]["target"] = 1


def _good_and_bad(document: dict[str, Any]) -> None:
    ratio = document["spec"]["indicator"]["spec"]["ratioMetric"]
    ratio["good"] = ratio["total"]


def _another_kind(document: dict[str, Any]) -> None:
    document["kind"] = "SLI"


def _with_policies(document: dict[str, Any]) -> None:
    document["spec"]["alertPolicies"] = [{"alertPolicyRef": "mine"}]


def _with_our_label(document: dict[str, Any]) -> None:
    document["metadata"]["labels"]["severity"] = "none"


def _with_a_list_of_labels(document: dict[str, Any]) -> None:
    document["metadata"]["labels"]["tier"] = ["one", "two"]


def _with_a_long_name(document: dict[str, Any]) -> None:
    document["metadata"]["name"] = "a" * 64


def _in_both_ways(document: dict[str, Any]) -> None:
    document["spec"]["objectives"][0]["targetPercent"] = 99.9


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_without_counter, "spec.indicator.spec.ratioMetric.counter: expected true"),
        (_with_window_in_query, "ratioMetric.total.metricSource.spec.query: expected the selector of a counter"),
        (_of_another_source, "ratioMetric.total.metricSource.type: expected Prometheus, found Datadog"),
        (_by_calendar, "spec.timeWindow.0.: expected one rolling window"),
        (_by_time_slices, "spec.budgetingMethod: expected Occurrences, found Timeslices"),
        (_of_everything, "spec.objectives.0..target: expected a share between 0 and 1, found 1"),
        (_good_and_bad, "spec.indicator.spec.ratioMetric: expected one of good and bad"),
        (_another_kind, "kind: expected kind SLO, found SLI"),
        (_with_policies, "spec.alertPolicies: this is not supported; expected budgetingMethod, "),
        (_with_our_label, "metadata.labels.severity: expected a label of your own"),
        (_with_a_list_of_labels, "metadata.labels.tier: expected text"),
        (_with_a_long_name, "metadata.name: expected small letters"),
        (_in_both_ways, "spec.objectives.0.: expected one of target and targetPercent"),
    ],
)
def test_what_can_not_be_judged_is_refused_with_its_place(change: Callable[[dict[str, Any]], None], said: str) -> None:
    """Nothing of a document is passed over in silence."""
    document = copy.deepcopy(AVAILABILITY)
    change(document)

    with pytest.raises(OpenSloError, match=said):
        parse(document)


def test_a_target_may_be_in_percent() -> None:
    """OpenSLO has both ways."""
    document = copy.deepcopy(AVAILABILITY)
    document["spec"]["objectives"] = [{"targetPercent": 99.95}]

    assert parse(document).target == 0.9995
