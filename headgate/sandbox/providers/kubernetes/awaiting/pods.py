"""When a Pod is ready, and why the pods of a workload are not.

Owns the words that a person reads after a time-out: which pods wait, and for what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from headgate.sandbox.providers.kubernetes.awaiting.verdict import (
    READY,
    Document,
    Verdict,
    View,
    condition,
    failing,
    is_true,
    reason_of,
    waiting,
)

_SHOWN: Final = 10
# The autoscaler's words for a pod that no pool can help, and for one that Azure has no machine for.
_NO_NODE: Final = ("NotTriggerScaleUp", "FailedScaleUp")
# Karpenter's word is the scheduler's too, which says it of every pod that waits for a node.
_KARPENTER: Final = ("FailedScheduling", "karpenter")


def pod(live: Document, _view: View) -> Verdict:
    """Ready when running and ready, or done."""
    phase = (live.get("status") or {}).get("phase")
    if phase == "Succeeded" or (phase == "Running" and is_true(live, "Ready")):
        return READY
    if phase == "Failed":
        return failing(
            f"the pod failed: {(live.get('status') or {}).get('reason') or 'a container ended with an error'}"
        )
    return waiting("; ".join(_pod_reasons(live)) or f"the pod to run (phase {phase})")


def explain_pod(live: Document, view: View) -> Sequence[str]:
    """Return what holds one pod back."""
    name, namespace = live["metadata"]["name"], live["metadata"].get("namespace", "default")
    return [*_pod_lines([live]), *_event_lines(view, namespace, [name])]


def explain_workload(live: Document, view: View) -> Sequence[str]:
    """Return the pods of a workload that are not ready with their reasons, then warnings from its events."""
    metadata = live["metadata"]
    namespace = metadata.get("namespace", "default")
    conditions = [
        f"{row['type']}: {reason_of(row)}" for row in (live.get("status") or {}).get("conditions") or [] if _is_bad(row)
    ]
    pods = view.list_objects("v1", "Pod", namespace, labels=_selector(live["spec"].get("selector")))
    names = [metadata["name"], *(item["metadata"]["name"] for item in pods)]
    return [*conditions, *_pod_lines(pods), *_event_lines(view, namespace, names)]


def stuck_pod(live: Document, view: View) -> Sequence[str]:
    """Return why no node comes for a pod."""
    metadata = live["metadata"]
    return list(_event_lines(view, metadata.get("namespace", "default"), [metadata["name"]], only=_says_no_node_comes))


def stuck_workload(live: Document, view: View) -> Sequence[str]:
    """Return why no node comes for a workload's pods that have none."""
    namespace = live["metadata"].get("namespace", "default")
    pods = view.list_objects("v1", "Pod", namespace, labels=_selector(live["spec"].get("selector")))
    names = [item["metadata"]["name"] for item in pods if condition(item, "PodScheduled").get("status") == "False"]
    return list(_event_lines(view, namespace, names, only=_says_no_node_comes)) if names else []


def _is_bad(row: Document) -> bool:
    bad_when_true = row.get("type") in {"ReplicaFailure", "Failed"}
    return bool(row.get("status") == ("True" if bad_when_true else "False"))


def _pod_lines(pods: list[Document]) -> Iterator[str]:
    pending = [
        item for item in pods if not (is_true(item, "Ready") or (item.get("status") or {}).get("phase") == "Succeeded")
    ]
    for item in pending[:_SHOWN]:
        phase = (item.get("status") or {}).get("phase", "Unknown")
        reasons = "; ".join(_pod_reasons(item))
        yield f"pod {item['metadata']['name']} is {phase}" + (f": {reasons}" if reasons else "")
    if len(pending) > _SHOWN:
        yield f"and {len(pending) - _SHOWN} more pods are not ready"


def _pod_reasons(item: Document) -> Iterator[str]:
    scheduled = condition(item, "PodScheduled")
    if scheduled.get("status") == "False":
        yield reason_of(scheduled)
    status = item.get("status") or {}
    for row in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        yield from _container_reasons(row)
    if status.get("reason"):
        yield reason_of(status)


def _container_reasons(row: dict[str, Any]) -> Iterator[str]:
    state = row.get("state") or {}
    for key in ("waiting", "terminated"):
        found = state.get(key)
        if found and not (key == "terminated" and found.get("exitCode") == 0):
            yield f"container {row.get('name')}: {reason_of(found) or key}"


def _says_no_node_comes(event: Document) -> bool:
    component = (event.get("source") or {}).get("component") or event.get("reportingComponent")
    return event.get("reason") in _NO_NODE or (event.get("reason"), component) == _KARPENTER


def _warns(event: Document) -> bool:
    return event.get("type") == "Warning" or _says_no_node_comes(event)


def _event_lines(
    view: View, namespace: str, names: list[str], only: Callable[[Document], bool] = _warns
) -> Iterator[str]:
    """Yield what events say of these objects: all warnings and why no node comes, or only some of these."""
    events = [event for event in view.list_objects("v1", "Event", namespace) if only(event)]
    # A ReplicaSet's events tell why it makes no pods; its name starts with the Deployment's.
    concerned = [event for event in events if any(_concerns(event.get("involvedObject") or {}, name) for name in names)]
    latest = {(event.get("reason"), event.get("message")): event for event in concerned}
    for event in list(latest.values())[-_SHOWN:]:
        about = event["involvedObject"]
        yield f"event {event.get('reason')} on {about.get('kind')} {about.get('name')}: {event.get('message')}"


def _concerns(about: dict[str, Any], name: str) -> bool:
    found = str(about.get("name", ""))
    return found == name or (about.get("kind") in {"ReplicaSet", "Pod"} and found.startswith(f"{name}-"))


def _selector(selector: dict[str, Any] | None) -> str:
    labels = (selector or {}).get("matchLabels") or {}
    terms = [f"{key}={value}" for key, value in labels.items()]
    for row in (selector or {}).get("matchExpressions") or []:
        values = ",".join(row.get("values") or [])
        terms.append(
            {"In": f"{row['key']} in ({values})", "NotIn": f"{row['key']} notin ({values})", "Exists": row["key"]}.get(
                row["operator"], f"!{row['key']}"
            )
        )
    return ",".join(terms)
