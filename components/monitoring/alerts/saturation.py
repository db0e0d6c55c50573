"""Requests that wait or are turned away, GPUs that have no time left, and GPU pods that no node takes."""

from __future__ import annotations

from components.monitoring.rule import Alert, Severity
from components.monitoring.scope import Scope

NAME = "saturation"


def alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return the alerts."""
    tune = scope.tunables.saturation
    turned_away = 'sum by (region, namespace, model) (rate(headgate_inference_requests_total{code="503"}[5m]))'
    asked = "sum by (region, namespace, model) (rate(headgate_inference_requests_total[5m]))"
    wanted = 'sum by (region, namespace, pod) (kube_pod_container_resource_requests{resource="nvidia_com_gpu"} > 0)'
    pending = 'max by (region, namespace, pod) (kube_pod_status_phase{phase="Pending"} == 1)'
    return (
        Alert(
            name="ModelQueueLong",
            expr=f"sum by (region, namespace) (headgate_inference_queue) > {tune.queued}",
            severity=Severity.WARNING,
            owner=scope.owner,
            runbook="model-saturated",
            summary="Requests queue in {{ $labels.namespace }} ({{ $labels.region }})",
            description=f"{{{{ $value }}}} requests wait for a pod, for {tune.queued_for} now.",
            hold=tune.queued_for,
        ),
        Alert(
            name="ModelTurnsRequestsAway",
            expr=f"{turned_away} / {asked} > {tune.rejected_ratio}",
            severity=Severity.WARNING,
            owner=scope.owner,
            runbook="model-saturated",
            summary="{{ $labels.model }} turns requests away in {{ $labels.region }}",
            description="{{ $value | humanizePercentage }} of requests find no pod or a full queue.",
            hold=tune.rejected_for,
        ),
        Alert(
            name="GpuPodsPending",
            expr=f"count by (region, namespace) ({pending} and {wanted}) > 0",
            severity=Severity.WARNING,
            owner=scope.owner,
            runbook="gpu-pods-pending",
            summary="GPU pods of {{ $labels.namespace }} ({{ $labels.region }}) find no node",
            description=f"{{{{ $value }}}} pods that ask for a GPU have been pending for {tune.gpu_pending_for}.",
            hold=tune.gpu_pending_for,
        ),
        _gpu_saturated(scope),
    )


def _gpu_saturated(scope: Scope) -> Alert:
    """Return the alert on GPUs, by the name that NVIDIA's exporter (DCGM) has for how busy they are."""
    tune = scope.tunables.saturation
    return Alert(
        name="GpuSaturated",
        expr=f"avg by (region, namespace) (DCGM_FI_DEV_GPU_UTIL) > {tune.gpu_busy_percent:g}",
        severity=Severity.WARNING,
        owner=scope.owner,
        runbook="gpu-saturated",
        summary="The GPUs of {{ $labels.namespace }} have no time left ({{ $labels.region }})",
        description=f"They are busy {{{{ $value | humanize }}}} % of the time, for {tune.gpu_busy_for} now.",
        hold=tune.gpu_busy_for,
    )
