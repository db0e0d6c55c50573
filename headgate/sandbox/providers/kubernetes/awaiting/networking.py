"""When a Service or an Ingress carries traffic.

Owns the look at endpoints and at what a load balancer assigned.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from headgate.sandbox.providers.kubernetes.awaiting.verdict import READY, Document, Verdict, View, settling, waiting

# As long as the official provider waits for endpoints that are still to come.
_SETTLES: Final = 10.0


def service(live: Document, view: View) -> Verdict:
    """Ready when all its endpoints are and a load balancer, if asked for, has an address.

    One without pods is ready too, once it has had the time to find them: whether they come is their workload's matter,
    and a Service that waits for those of a workload that was refused would hide the refusal for as long.
    """
    spec = live["spec"]
    if spec.get("type") == "LoadBalancer" and not _balanced(live):
        return waiting("an address from the load balancer")
    selected = bool(spec.get("selector")) and spec.get("type") != "ExternalName"
    if not selected or spec.get("clusterIP") == "None":
        return READY
    ready = _endpoints(live, view)
    if not ready:
        return settling("a pod behind the service", _SETTLES)
    return READY if all(ready) else waiting("every pod behind the service to be ready")


def explain_service(live: Document, view: View) -> Sequence[str]:
    """Return what the service selects and what it found."""
    labels = live["spec"].get("selector") or {}
    text = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    pods = view.list_objects("v1", "Pod", live["metadata"].get("namespace", "default"), labels=text) if text else []
    if text and not pods:
        return [f"no pod has the labels that the service selects: {text}"]
    return [f"{len(pods)} pods have the labels that the service selects; none of them is ready"] if pods else []


def ingress(live: Document, _view: View) -> Verdict:
    """Ready when its controller has assigned an address."""
    return READY if _balanced(live) else waiting("an address from the ingress controller")


def explain_ingress(live: Document, _view: View) -> Sequence[str]:
    """Name the class: without a controller for it no address ever comes."""
    name = live["spec"].get("ingressClassName") or "(none)"
    return [f"no controller of ingress class {name} has assigned an address"]


def _balanced(live: Document) -> bool:
    return bool(((live.get("status") or {}).get("loadBalancer") or {}).get("ingress"))


def _endpoints(live: Document, view: View) -> list[bool]:
    """Return whether each endpoint is ready, without those that are leaving."""
    metadata = live["metadata"]
    slices = view.list_objects(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        metadata.get("namespace", "default"),
        labels=f"kubernetes.io/service-name={metadata['name']}",
    )
    found = [endpoint.get("conditions") or {} for item in slices for endpoint in item.get("endpoints") or []]
    return [conditions.get("ready") is not False for conditions in found if not conditions.get("terminating")]
