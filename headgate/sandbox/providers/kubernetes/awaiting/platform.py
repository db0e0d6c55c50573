"""When namespaces, volumes, quotas, and the API's own extensions are ready.

Owns the kinds whose readiness is a phase or one condition.
"""

from __future__ import annotations

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


def namespace(live: Document, _view: View) -> Verdict:
    """Ready when active."""
    phase = _phase(live)
    return READY if phase == "Active" else waiting(f"the namespace to be active (phase {phase})")


def volume_claim(live: Document, view: View) -> Verdict:
    """Ready when bound; a class that binds at first use is not awaited, for nothing uses the claim yet."""
    phase = _phase(live)
    if phase == "Bound":
        return READY
    if phase == "Lost":
        return failing("the claim lost its volume")
    name = live["spec"].get("storageClassName")
    classes = view.list_objects("storage.k8s.io/v1", "StorageClass", "", fields=f"metadata.name={name}") if name else []
    if any(item.get("volumeBindingMode") == "WaitForFirstConsumer" for item in classes):
        return READY
    return waiting(f"a volume of class {name or '(none)'}")


def volume(live: Document, _view: View) -> Verdict:
    """Ready when available or bound."""
    phase = _phase(live)
    if phase in {"Available", "Bound"}:
        return READY
    if phase == "Failed":
        return failing(f"the volume failed: {reason_of(live.get('status') or {})}")
    return waiting("the volume to be available")


def resource_quota(live: Document, _view: View) -> Verdict:
    """Ready when the controller has taken over the limits."""
    taken = (live.get("status") or {}).get("hard")
    asked = live["spec"].get("hard") or {}
    return READY if taken is not None and taken.keys() >= asked.keys() else waiting("the quota controller")


def custom_resource_definition(live: Document, _view: View) -> Verdict:
    """Ready when established: objects of the kind can be made."""
    if is_true(live, "Established"):
        return READY
    accepted = condition(live, "NamesAccepted")
    if accepted.get("status") == "False":
        return failing(f"the names are taken: {reason_of(accepted)}", grace=5.0)
    return waiting("the API server to serve the new kind")


def api_service(live: Document, _view: View) -> Verdict:
    """Ready when the server behind it answers."""
    if is_true(live, "Available"):
        return READY
    return waiting(f"the API behind it: {reason_of(condition(live, 'Available')) or 'not asked yet'}")


def _phase(live: Document) -> str:
    return str((live.get("status") or {}).get("phase", "unknown"))
