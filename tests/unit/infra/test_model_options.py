"""What a model asks for beside its pods, from the stack file to the component."""

from __future__ import annotations

from typing import Any, cast

import pytest

from headgate.stack import Model
from infra.layers.model_options import add_options

pytestmark = pytest.mark.unit

DIGEST = "sha256:" + "0" * 64
MODEL: dict[str, Any] = {
    "name": "fraud-score",
    "version": "1.0.0",
    "digest": DIGEST,
    "runtime": {"image": "runtimes/oip-server", "digest": DIGEST},
    "replicas": {"min": 0, "max": 2},
    "resources": {"cpu": "1", "memory": "1Gi"},
}
IDENTITY = "aaaaaaaa-0000-4000-8000-000000000001"


def added(**asked: Any) -> dict[str, Any]:
    """Return what is added for a model in production."""
    args: dict[str, Any] = {}
    model = Model.model_validate({**MODEL, **asked})
    add_options(cast(Any, args), model, "uaenorth", "prod", lambda: cast(Any, "https://metrics"))
    return args


def test_nothing_is_added_that_is_not_asked_for() -> None:
    """Not even Prometheus is looked for."""
    args: dict[str, Any] = {}
    add_options(cast(Any, args), Model.model_validate(MODEL), "uaenorth", "prod", cast(Any, None))

    assert args == {}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"per_second": 20}, {"requests_per_second": 20, "idle_seconds": 600}),
        (
            {"per_second": 5, "idle_minutes": 1, "query": 'sum(rate(x{at="{region}"}[2m]))', "identity": IDENTITY},
            {
                "requests_per_second": 5,
                "idle_seconds": 60,
                "query": 'sum(rate(x{at="uaenorth"}[2m]))',
                "identity": IDENTITY,
            },
        ),
    ],
    ids=["defaults", "max"],
)
def test_requests_are_those_of_the_region(asked: dict[str, Any], expected: dict[str, Any]) -> None:
    """One address answers for all regions, so each asks for its own."""
    assert added(scale_on_requests=asked) == {
        "scale_on_requests": {"prometheus": "https://metrics", "region": "uaenorth", **expected}
    }


@pytest.mark.parametrize(
    ("asked", "group", "interval", "labels"),
    [
        ({}, "azmonitoring.coreos.com", 30, {}),
        (
            {"api": "operator", "interval_seconds": 15, "labels": {"release": "main"}},
            "monitoring.coreos.com",
            15,
            {"release": "main"},
        ),
    ],
    ids=["defaults", "max"],
)
def test_a_monitor_says_where_it_measures(
    asked: dict[str, Any], group: str, interval: int, labels: dict[str, str]
) -> None:
    """By the names that the cluster's own discovery gives."""
    assert added(service_monitor=asked) == {
        "service_monitor": {
            "api_group": group,
            "cluster": "aks-prod-uaenorth",
            "region": "uaenorth",
            "interval_seconds": interval,
            "labels": labels,
        }
    }


def test_kept_answers_have_a_time_and_a_size() -> None:
    """The size has a default; the time is the team's to say."""
    assert added(response_cache={"seconds": 60}) == {"response_cache": {"seconds": 60, "megabytes": 64}}


def test_flags_keep_their_types() -> None:
    """False, nought and nothing are values too."""
    flags = [{"name": "a", "boolean": False}, {"name": "b", "number": 0}, {"name": "c", "text": ""}]

    assert added(flags=flags) == {"flags": flags}
