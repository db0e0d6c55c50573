"""A small Kubernetes REST client for the sandbox's own parts."""

from headgate.sandbox.kube.client import APPLY, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, KubeClient
from headgate.sandbox.kube.documents import ApiResource, Document, KubeError, WatchEvent

__all__ = [
    "APPLY",
    "JSON_PATCH",
    "MERGE_PATCH",
    "STRATEGIC_PATCH",
    "ApiResource",
    "Document",
    "KubeClient",
    "KubeError",
    "WatchEvent",
]
