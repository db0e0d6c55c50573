"""What is measured, by the job that measures it: the names that alerts, rules and dashboards may ask for.

Owns the list. A name that is missing here is one that nobody measures: an alert on it would be silent for ever.
"""

from __future__ import annotations

from components.monitoring.inputs import COUNTS
from components.monitoring.quality import FIGURES
from components.monitoring.scrape import GATE, MODELS
from components.monitoring.spending import TOKENS

_LATENCY = "headgate_inference_duration_seconds"

MEASURED: dict[str, frozenset[str]] = {
    MODELS: frozenset(
        {
            "headgate_certificate_not_after_timestamp_seconds",
            f"{_LATENCY}_bucket",
            f"{_LATENCY}_count",
            f"{_LATENCY}_sum",
            "headgate_inference_cache_total",
            "headgate_inference_in_flight",
            "headgate_inference_queue",
            "headgate_inference_requests_total",
            "headgate_model_answer_mean",
            "headgate_model_pods",
            "headgate_model_pulls_total",
            # Of what a model is asked with, and of the tokens of a language model: by its pods.
            *COUNTS,
            TOKENS,
            "headgate_tokens_in_flight",
            # Of how right a model is: by its pods, or by a job beside them.
            *FIGURES,
        }
    ),
    # OPA's own, of which no more is relied on.
    GATE: frozenset(
        {
            "decision_logs_buffer_size_bytes",
            "http_request_duration_seconds_bucket",
            "http_request_duration_seconds_count",
            "last_success_bundle_activation",
        }
    ),
    "audit": frozenset(
        {
            "headgate_ledger_alerts_total",
            "headgate_ledger_entries_total",
            "headgate_ledger_published_total",
            "headgate_ledger_source_lost_seconds",
            "headgate_ledger_source_waiting_bytes",
            "headgate_ledger_withheld_total",
        }
    ),
    # An API server's own, where its operator measures it: the sandbox does, and on AKS it has to be switched on.
    "apiserver": frozenset({"apiserver_audit_error_total"}),
    # Alertmanager's own, where a cluster runs one.
    "alertmanager": frozenset({"alertmanager_notifications_failed_total"}),
    # NVIDIA's exporter, where nodes have GPUs.
    "dcgm": frozenset({"DCGM_FI_DEV_GPU_UTIL"}),
    # kube-state-metrics, which a cluster's collector scrapes by itself.
    "kube-state-metrics": frozenset(
        {"kube_node_status_allocatable", "kube_pod_container_resource_requests", "kube_pod_status_phase"}
    ),
    # Made by Prometheus of every scrape and every alert.
    "prometheus": frozenset({"ALERTS", "up"}),
}
