"""Which kinds are awaited, and how.

Owns the table. A kind that is not in it is ready once the API server has taken it, unless `pulumi.com/waitFor` says
more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from headgate.sandbox.providers.kubernetes.annotations import SKIP_AWAIT, is_true, wait_expressions
from headgate.sandbox.providers.kubernetes.awaiting import networking, platform, pods, workloads
from headgate.sandbox.providers.kubernetes.awaiting.expressions import readiness
from headgate.sandbox.providers.kubernetes.awaiting.verdict import Document, Readiness
from headgate.sandbox.providers.kubernetes.kinds import Kind

_TABLE: Final = {
    ("", "Namespace"): Readiness(platform.namespace),
    ("", "PersistentVolume"): Readiness(platform.volume, timeout=300),
    ("", "PersistentVolumeClaim"): Readiness(platform.volume_claim, timeout=300),
    ("", "Pod"): Readiness(pods.pod, pods.explain_pod, pods.stuck_pod),
    ("", "ResourceQuota"): Readiness(platform.resource_quota),
    ("", "Service"): Readiness(networking.service, networking.explain_service),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): Readiness(platform.custom_resource_definition, timeout=60),
    ("apiregistration.k8s.io", "APIService"): Readiness(platform.api_service),
    ("apps", "DaemonSet"): Readiness(workloads.daemon_set, pods.explain_workload, pods.stuck_workload),
    ("apps", "Deployment"): Readiness(workloads.deployment, pods.explain_workload, pods.stuck_workload),
    ("apps", "StatefulSet"): Readiness(workloads.stateful_set, pods.explain_workload, pods.stuck_workload),
    ("batch", "Job"): Readiness(workloads.job, pods.explain_workload, pods.stuck_workload),
    ("networking.k8s.io", "Ingress"): Readiness(networking.ingress, networking.explain_ingress),
}


def readiness_of(document: Document) -> Readiness | None:
    """Return how an object becomes ready; None when it is not awaited."""
    if is_true(document, SKIP_AWAIT):
        return None
    expressions = wait_expressions(document)
    kind = Kind.of(document)
    if not expressions:
        return _TABLE.get((kind.group, kind.name))
    found = readiness(expressions)
    # Custom resources that keep pods as a Deployment does are explained by them.
    if kind.name == "Rollout":
        return replace(found, explain=pods.explain_workload, stuck=pods.stuck_workload)
    return found
