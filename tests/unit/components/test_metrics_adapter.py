"""MetricsAdapter: who may do what, which figures are whose, and that nothing answers before it is trusted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from components.catalog import MetricsAdapter
from components.kubernetes.metrics_adapter_pod import rules

pytestmark = pytest.mark.unit

CORE, RBAC = "kubernetes:core/v1", "kubernetes:rbac.authorization.k8s.io/v1"
IMAGE = "hgplatformprod.azurecr.io/runtimes/prometheus-adapter@sha256:" + "a" * 64


def adapter(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one adapter."""

    def program() -> dict[str, Any]:
        args: Any = {
            "ownership": ownership,
            "region": "uaenorth",
            "image": IMAGE,
            "certificates_image": "hgplatformprod.azurecr.io/runtimes/gate-certificates@sha256:" + "b" * 64,
            "prometheus": "http://prometheus.monitoring.svc:9090",
            **more,
        }
        return {"api": MetricsAdapter("m", args).api}

    return program


def of_kind(recording: Any, kind: str) -> list[Any]:
    """Return all resources of a type."""
    return [each for each in recording.resources if each.type == kind]


def test_defaults_are_two_programs_behind_one_api(record: Any, ownership: dict[str, str]) -> None:
    """The adapter, and what keeps its certificate; the API is registered last."""
    recording = record(adapter(ownership))

    assert recording.outputs == {"api": "v1beta2.custom.metrics.k8s.io"}
    assert recording.one("kubernetes:apiregistration.k8s.io/v1:APIService").inputs["spec"] == {
        "group": "custom.metrics.k8s.io",
        "version": "v1beta2",
        "groupPriorityMinimum": 100,
        "versionPriority": 200,
        "service": {"name": "prometheus-adapter", "namespace": "headgate-metrics", "port": 443},
    }
    deployed = {each.name: each.inputs["spec"] for each in of_kind(recording, "kubernetes:apps/v1:Deployment")}
    assert {name: spec["replicas"] for name, spec in deployed.items()} == {"m-deployment": 2, "m-certificates": 1}
    (keeper,) = deployed["m-certificates"]["template"]["spec"]["containers"]
    assert keeper["args"] == [
        "--namespace=headgate-metrics",
        "--service=prometheus-adapter",
        "--secret=prometheus-adapter-tls",
        "--api-service=v1beta2.custom.metrics.k8s.io",
        "--credentials=/credentials",
    ]


def test_it_may_see_pods_and_ask_who_calls_and_no_more(record: Any, ownership: dict[str, str]) -> None:
    """No Secret but its own certificate's, no registration but its own, no right to write beside these two."""
    recording = record(adapter(ownership))
    given = [
        (kind, rule["resources"], rule.get("resourceNames"), rule["verbs"])
        for kind in ("ClusterRole", "Role")
        for each in of_kind(recording, f"{RBAC}:{kind}")
        for rule in each.inputs["rules"]
    ]

    assert sorted(given, key=json.dumps) == sorted(
        [
            ("ClusterRole", ["pods", "namespaces"], None, ["get", "list", "watch"]),
            ("ClusterRole", ["apiservices"], ["v1beta2.custom.metrics.k8s.io"], ["get", "patch"]),
            ("Role", ["secrets"], None, ["create"]),
            ("Role", ["secrets"], ["prometheus-adapter-tls"], ["get", "patch"]),
        ],
        key=json.dumps,
    )


def test_another_region_s_pods_are_nothing_to_it(record: Any, ownership: dict[str, str]) -> None:
    """One Prometheus may measure them all; other figures are other files, which restart the pods."""
    (rule,) = rules(["headgate_tokens_in_flight"], "uaenorth")["rules"]
    plain, more = (
        record(adapter(ownership, **given)).one(f"{CORE}:ConfigMap").inputs for given in ({}, {"figures": ["depth"]})
    )

    assert rule["seriesQuery"] == 'headgate_tokens_in_flight{namespace!="",pod!="",region="uaenorth"}'
    assert rule["metricsQuery"] == 'sum(<<.Series>>{<<.LabelMatchers>>,region="uaenorth"}) by (<<.GroupBy>>)'
    assert yaml.safe_load(plain["data"]["config.yaml"])["rules"] == [rule]
    assert plain["metadata"]["name"] != more["metadata"]["name"]
