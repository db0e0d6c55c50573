"""What is scraped in a cluster, as Prometheus' own configuration: model servers and the gate, by their pods.

Alerts rely on the names of these jobs and on the labels that they add: `region` and `cluster`.
"""

from __future__ import annotations

from typing import Any

MODELS, GATE = "models", "gate"
# Of pods that an operator of Prometheus measures already, by their ServiceMonitor.
MEASURED_BY, SERVICE_MONITOR = "headgate.dev/measured-by", "service-monitor"
INTERVAL = "30s"


def scrape_configs(cluster: str, region: str) -> list[dict[str, Any]]:
    """Return the jobs of a cluster."""
    here = [_put("cluster", cluster), _put("region", region)]
    return [
        {
            "job_name": MODELS,
            "scrape_interval": INTERVAL,
            "metrics_path": "/metrics",
            "kubernetes_sd_configs": [{"role": "pod"}],
            "relabel_configs": [
                _keep("__meta_kubernetes_pod_label_headgate_dev_model", ".+"),
                _keep("__meta_kubernetes_pod_container_port_name", "http"),
                _drop("__meta_kubernetes_pod_annotation_headgate_dev_measured_by", SERVICE_MONITOR),
                _copy("__meta_kubernetes_namespace", "namespace"),
                _copy("__meta_kubernetes_pod_name", "pod"),
                _copy("__meta_kubernetes_pod_label_headgate_dev_model", "model"),
                *here,
            ],
        },
        {
            "job_name": GATE,
            "scrape_interval": INTERVAL,
            "metrics_path": "/metrics",
            "scheme": "https",
            # The gate's authority is its own; what is read here is how it fares, and nothing is sent to it.
            "tls_config": {"insecure_skip_verify": True},
            "kubernetes_sd_configs": [{"role": "pod", "namespaces": {"names": ["headgate-gate"]}}],
            "relabel_configs": [
                _keep("__meta_kubernetes_pod_label_app_kubernetes_io_name", "opa"),
                _keep("__meta_kubernetes_pod_container_port_number", "8443"),
                _copy("__meta_kubernetes_pod_name", "pod"),
                *here,
            ],
        },
    ]


def _keep(label: str, pattern: str) -> dict[str, Any]:
    return {"action": "keep", "source_labels": [label], "regex": pattern}


def _drop(label: str, pattern: str) -> dict[str, Any]:
    return {"action": "drop", "source_labels": [label], "regex": pattern}


def _copy(label: str, target: str) -> dict[str, Any]:
    return {"source_labels": [label], "target_label": target}


def _put(target: str, value: str) -> dict[str, Any]:
    return {"target_label": target, "replacement": value}
