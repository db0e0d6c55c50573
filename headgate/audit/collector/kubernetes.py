"""Kubernetes audit events as entries: which ones concern policy, and what of them is kept.

An API server writes hundreds of events a minute about itself. Kept are: writes by people and deploying identities,
whatever the admission gate decided, anything refused, sessions into containers, and reads of secrets by anyone who is
no part of the control plane. A change of the admission gate's webhook, which no gate is asked about, raises an alarm
beside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

from headgate.audit.collector.kept import kept
from headgate.audit.entry import Alarm, Kind, now

_WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_SESSIONS = frozenset({"exec", "attach", "portforward", "proxy", "ephemeralcontainers"})
_NOISE = frozenset(
    {
        "leases",
        "events",
        "endpoints",
        "endpointslices",
        "tokenreviews",
        "subjectaccessreviews",
        "selfsubjectaccessreviews",
        "selfsubjectreviews",
    }
)
# Whole names, so that nobody is overlooked for being called almost like a component. The last ones are the sandbox's.
_CONTROL_PLANE = frozenset(
    {
        "system:apiserver",
        "system:kube-controller-manager",
        "system:kube-scheduler",
        "headgate:karpenter",
        "headgate:kwok",
        "headgate:metrics-server",
        "headgate:egress",
        "headgate:workloads",
        "headgate:dataplane",
    }
)
_CONTROL_PLANE_GROUPS = ("system:node:", "system:serviceaccount:kube-system:")
# The keeper of the gate's certificate looks at it every few seconds: the one read of a Secret that tells nothing.
_KEEPER_USER = "system:serviceaccount:headgate-gate:gate-certificates"
_KEEPER = (_KEEPER_USER, "headgate-gate", "opa-tls")
_WEBHOOK = ("validatingwebhookconfigurations", "headgate-admission")
# The gate's answer says by it that it was asked: for what controllers do that it let through, too, since its own log is
# in memory until it is sent.
_DECISION = "admission.headgate.dev/decision"
_REFUSED = frozenset({401, 403})
_KEPT_ANNOTATIONS = ("authorization.k8s.io/", "admission", "pod-security", "validation.policy")


def entries_of_events(cluster: str, document: Any) -> list[dict[str, Any]]:
    """Return the envelopes of an EventList; ValueError when it is none."""
    items = document.get("items") if isinstance(document, Mapping) else None
    if not isinstance(items, list) or document.get("kind") != "EventList":
        raise ValueError("expected an audit EventList")
    return envelopes(cluster, items)


def envelopes(cluster: str, events: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the envelopes of a cluster's audit events, however they came here."""
    return kept(events, partial(_translated, cluster), Kind.KUBERNETES, cluster, "auditID")


def _translated(cluster: str, event: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return an event's entry, and its alarm; nothing of one that does not concern policy."""
    if not is_relevant(event):
        return []
    alarm = [_alarm(cluster, event)] if _changes_the_gate(event) else []
    return [_entry(cluster, event), *alarm]


def _changes_the_gate(event: Mapping[str, Any]) -> bool:
    """Say whether an event took the gate's webhook away, or made it another than it was created."""
    target, code = event.get("objectRef") or {}, (event.get("responseStatus") or {}).get("code") or 0
    resource, name = _WEBHOOK
    # All of a collection goes without a name.
    if target.get("resource") != resource or target.get("name", name) != name or event.get("verb") not in _WRITES:
        return False
    if (event.get("user") or {}).get("username") == _KEEPER_USER or "dryRun=" in str(event.get("requestURI", "")):
        return False
    return HTTPStatus.OK <= code < HTTPStatus.BAD_REQUEST and code != HTTPStatus.CREATED


def _alarm(cluster: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the alarm of an event: who did what, where."""
    entry = _entry(cluster, event)
    told = {name: entry["data"][name] for name in ("verb", "name", "as", "from", "agent") if name in entry["data"]}
    return {**entry, "kind": Kind.ALERT.value, "subject": cluster, "data": {"alert": Alarm.ADMISSION.value, **told}}


def is_relevant(event: Mapping[str, Any]) -> bool:
    """Say whether an event concerns policy."""
    target = event.get("objectRef") or {}
    if event.get("stage") not in ("ResponseComplete", "Panic") or target.get("resource") in _NOISE:
        return False
    if (event.get("annotations") or {}).get(_DECISION):
        return True
    if (event.get("responseStatus") or {}).get("code") in _REFUSED or target.get("subresource") in _SESSIONS:
        return True
    user = str((event.get("user") or {}).get("username", ""))
    if _is_control_plane(user):
        return False
    if event.get("verb") in _WRITES:
        return target.get("subresource") != "status"
    return target.get("resource") == "secrets" and (user, target.get("namespace"), target.get("name")) != _KEEPER


def _is_control_plane(user: str) -> bool:
    """Say whether a user is a component, whose writes are nobody's decision."""
    return user in _CONTROL_PLANE or user.startswith(_CONTROL_PLANE_GROUPS)


def _entry(cluster: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the compact entry of an event."""
    target, status = event.get("objectRef") or {}, event.get("responseStatus") or {}
    name = "/".join(str(target[key]) for key in ("namespace", "name") if target.get(key))
    resource = "/".join(str(target[key]) for key in ("resource", "subresource") if target.get(key))
    data = {
        "cluster": cluster,
        "audit_id": event.get("auditID"),
        "verb": event.get("verb"),
        "resource": resource,
        "api": "/".join(str(target[key]) for key in ("apiGroup", "apiVersion") if target.get(key)),
        "name": name,
        "code": status.get("code"),
        "message": status.get("message"),
        "as": (event.get("impersonatedUser") or {}).get("username"),
        "from": event.get("sourceIPs"),
        "agent": event.get("userAgent"),
        "annotations": _annotations(event),
    }
    return {
        "kind": Kind.KUBERNETES.value,
        "time": event.get("requestReceivedTimestamp") or now(),
        "actor": str((event.get("user") or {}).get("username", "unknown")),
        "subject": " ".join(part for part in (cluster, str(event.get("verb", "")), resource, name) if part),
        "data": {key: value for key, value in data.items() if value not in (None, "", {}, [])},
    }


def _annotations(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the annotations that say who allowed or refused what."""
    found = event.get("annotations") or {}
    return {key: value for key, value in found.items() if any(part in key for part in _KEPT_ANNOTATIONS)}
