"""How an operator of Prometheus finds a model's metrics: a ServiceMonitor. Pure: no Pulumi.

What is measured bears the same labels as what the cluster's own discovery measures (`components.monitoring.scrape`), so
rules and dashboards need not know which of the two it was.
"""

from typing import Any

from components.contract.model_options import ServiceMonitor
from components.monitoring.scrape import MEASURED_BY, MODELS, SERVICE_MONITOR

OPERATOR, AZURE = "monitoring.coreos.com", "azmonitoring.coreos.com"


def api_version(monitor: ServiceMonitor) -> str:
    """Return the kind's API version."""
    return f"{monitor.get('api_group', OPERATOR)}/v1"


def service_monitor(model: str, monitor: ServiceMonitor) -> dict[str, Any]:
    """Return the spec: every Service of the model, each pod once.

    A pod may stand behind two Services, that of the version that serves and that of the one which takes over: without
    the Service's name among its labels it is one target.
    """
    relabelings: list[dict[str, Any]] = [
        {"action": "labeldrop", "regex": "service|endpoint|container"},
        *(_put(label, value) for label, value in _labels(model, monitor).items()),
    ]
    return {
        "selector": {"match_labels": {"headgate.dev/model": model}},
        "endpoints": [
            {
                "port": "http",
                "path": "/metrics",
                "interval": f"{monitor.get('interval_seconds', 30)}s",
                "relabelings": relabelings,
            }
        ],
    }


def pod_annotations(monitor: ServiceMonitor | None) -> dict[str, str]:
    """Return what tells the cluster's own discovery that the pods are measured already."""
    return {} if monitor is None else {MEASURED_BY: SERVICE_MONITOR}


def _labels(model: str, monitor: ServiceMonitor) -> dict[str, str]:
    return {"job": MODELS, "model": model, "cluster": monitor["cluster"], "region": monitor["region"]}


def _put(target: str, value: str) -> dict[str, Any]:
    return {"action": "replace", "target_label": target, "replacement": value}
