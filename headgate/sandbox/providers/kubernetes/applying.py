"""Creating and updating one resource: server-side apply, then the wait; as a dry run in a preview.

Owns the order of requests and what is returned to state.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Any, Final

from headgate.sandbox.kube import KubeError
from headgate.sandbox.providers.kubernetes.annotations import PATCH_FORCE, is_true, timeout_seconds
from headgate.sandbox.providers.kubernetes.awaiting.registry import readiness_of
from headgate.sandbox.providers.kubernetes.awaiting.wait import NotReadyError, sayer
from headgate.sandbox.providers.kubernetes.checkpoint import document_of, masked, outputs_of, previewed
from headgate.sandbox.providers.kubernetes.cluster import Cluster, Reference
from headgate.sandbox.providers.kubernetes.immutable import refused_fields
from headgate.sandbox.providers.kubernetes.kinds import Kind
from headgate.sandbox.providers.kubernetes.naming import field_manager
from headgate.sandbox.providers.kubernetes.ownership import is_managed_by, owned_by_other
from headgate.sandbox.providers.kubernetes.refusal import already_exists, cannot_be_previewed, refusal
from headgate.sandbox.providers.kubernetes.session import Session
from headgate.sandbox.providers.protocol.errors import InitFailedError
from headgate.sandbox.providers.protocol.values import Properties, PropertyPath, is_known, value_at

# A CRD of the same update may be served a moment after it is established.
_NEW_KIND_PATIENCE: Final = 10.0
_OLD_OBJECT_SECONDS: Final = 300.0


@dataclass(frozen=True)
class Task:
    """One resource to apply: who it is, what it should be, and as whom it is applied."""

    urn: str
    inputs: Properties
    document: dict[str, Any]
    manager: str
    force: bool
    timeout: float = 0.0

    @classmethod
    def of(cls, session: Session, urn: str, inputs: Properties, state: Properties | None, timeout: float) -> Task:
        """Read a request's properties."""
        document = document_of(inputs)
        force = session.settings.patch_force or is_true(document, PATCH_FORCE)
        return cls(urn, inputs, document, field_manager(urn, document, state), force, timeout)

    @property
    def fallback_reference(self) -> Reference:
        """Name the object for a message when the cluster does not know its kind."""
        metadata = self.document.get("metadata") or {}
        return Reference(Kind.of(self.document), str(metadata.get("name", "")), str(metadata.get("namespace") or ""))


def create(session: Session, urn: str, inputs: Properties, timeout: float) -> tuple[str, Properties]:
    """Create a resource, or take over what an interrupted run of the same program made; return ID and outputs."""
    task, cluster = Task.of(session, urn, inputs, None, timeout), session.require()
    reference = task.fallback_reference
    try:
        reference = cluster.reference(task.document, _NEW_KIND_PATIENCE)
        existing = cluster.get(reference)
        if existing and existing["metadata"].get("deletionTimestamp"):
            uid = existing["metadata"].get("uid")
            session.wait().until_gone(reference, uid, _OLD_OBJECT_SECONDS, sayer(session.log.status, urn))
        elif existing and not _may_take(session, task, existing):
            raise already_exists(reference, urn)
        live = _apply(cluster, reference, task, dry_run=False)
    except KubeError as error:
        raise refusal(error, reference, urn, inputs) from error
    return reference.id, _ready(session, cluster, reference, task, live)


def update(
    session: Session, urn: str, inputs: Properties, state: Properties, timeout: float, ignored: list[PropertyPath]
) -> Properties:
    """Apply new inputs to a resource and return its outputs."""
    task, cluster = Task.of(session, urn, inputs, state, timeout), session.require()
    reference = task.fallback_reference
    try:
        reference = cluster.reference(task.document)
        task = _without_ignored(cluster, reference, task, ignored)
        live = _apply(cluster, reference, task, dry_run=False)
        _relinquish(cluster, reference, task, state)
    except KubeError as error:
        raise refusal(error, reference, urn, inputs) from error
    return _ready(session, cluster, reference, task, live)


def preview_create(session: Session, urn: str, inputs: Properties) -> Properties:
    """Return what a create would make of the inputs, or the inputs where nobody can say yet."""
    cluster = session.for_preview(urn)
    if cluster is None or not is_known(inputs):
        return inputs
    task = Task.of(session, urn, inputs, None, 0)
    if cluster.resource(Kind.of(task.document)) is None:
        return inputs
    reference = cluster.reference(task.document)
    try:
        result = _try_create(session, cluster, reference, task)
    except KubeError as error:
        if cannot_be_previewed(error):
            return inputs
        raise refusal(error, reference, urn, inputs) from error
    return inputs if result is None else previewed(outputs_of(result, inputs, task.manager), inputs, created=True)


def preview_update(
    session: Session, urn: str, inputs: Properties, state: Properties, ignored: list[PropertyPath]
) -> Properties:
    """Return what an update would make of the inputs, or the inputs where nobody can say yet."""
    cluster = session.for_preview(urn)
    if cluster is None or not is_known(inputs):
        return inputs
    task = Task.of(session, urn, inputs, state, 0)
    if cluster.resource(Kind.of(task.document)) is None:
        return inputs
    reference = cluster.reference(task.document)
    try:
        task = _without_ignored(cluster, reference, task, ignored)
        result = _apply(cluster, reference, task, dry_run=True)
    except KubeError as error:
        if cannot_be_previewed(error):
            return inputs
        raise refusal(error, reference, urn, inputs) from error
    return previewed(outputs_of(result, inputs, task.manager), inputs, created=False)


def dry_run(cluster: Cluster, task: Task) -> dict[str, Any]:
    """Return what the API server would store for a task. Raises KubeError as the server refuses."""
    return _apply(cluster, cluster.reference(task.document), task, dry_run=True)


def _apply(cluster: Cluster, reference: Reference, task: Task, *, dry_run: bool) -> dict[str, Any]:
    body = task.document
    if not reference.namespace and body["metadata"].get("namespace"):
        body = body | {"metadata": {k: v for k, v in body["metadata"].items() if k != "namespace"}}
    elif reference.namespace and not body["metadata"].get("namespace"):
        body = body | {"metadata": body["metadata"] | {"namespace": reference.namespace}}
    return cluster.apply(reference, body, manager=task.manager, force=task.force, dry_run=dry_run)


def _may_take(session: Session, task: Task, existing: dict[str, Any]) -> bool:
    return session.settings.upsert or is_managed_by(existing, task.manager)


def _try_create(session: Session, cluster: Cluster, reference: Reference, task: Task) -> dict[str, Any] | None:
    """Dry-run a create. None when an object of ours has the name: it is about to be replaced."""
    try:
        result = _apply(cluster, reference, task, dry_run=True)
    except KubeError as error:
        if refused_fields(error) is None and error.status != 409:
            raise
        existing = cluster.get(reference)
        if existing is None:
            raise
        if not _may_take(session, task, existing):
            raise already_exists(reference, task.urn) from error
        _try_replacement(cluster, reference, task)
        return None
    # What a dry run creates has no resource version; what exists has one.
    if result["metadata"].get("resourceVersion") and not _was_ours(session, cluster, reference, task):
        raise already_exists(reference, task.urn)
    return result


def _was_ours(session: Session, cluster: Cluster, reference: Reference, task: Task) -> bool:
    existing = cluster.get(reference)
    if existing is None or existing["metadata"].get("deletionTimestamp"):
        return True
    return _may_take(session, task, existing)


def _try_replacement(cluster: Cluster, reference: Reference, task: Task) -> None:
    try:
        cluster.try_create(reference, task.document, manager=task.manager)
    except KubeError as error:
        # The server looks for the name last: this refusal means that everything else is well.
        if error.reason != "AlreadyExists":
            raise


def _without_ignored(cluster: Cluster, reference: Reference, task: Task, ignored: list[PropertyPath]) -> Task:
    """Leave ignored fields as they are: not sent where another manager owns them, else sent as they are now."""
    live = cluster.get(reference) if ignored else None
    if live is None:
        return task
    document = copy.deepcopy(task.document)
    for path in ignored:
        if owned_by_other(live, path, task.manager):
            _remove(document, path)
        elif (value := value_at(live, path)) is not None:
            _put(document, path, value)
    return replace(task, document=document)


def _relinquish(cluster: Cluster, reference: Reference, task: Task, state: Properties) -> None:
    """Give up the fields of the manager that the object was applied by before, if that name has changed."""
    former = field_manager(task.urn, {}, state)
    if former == task.manager:
        return
    metadata = {
        key: task.document["metadata"][key] for key in ("name", "namespace") if key in task.document["metadata"]
    }
    empty = {"apiVersion": task.document["apiVersion"], "kind": task.document["kind"], "metadata": metadata}
    cluster.apply(reference, empty, manager=former, force=False, dry_run=False)


def _ready(session: Session, cluster: Cluster, reference: Reference, task: Task, live: dict[str, Any]) -> Properties:
    readiness = readiness_of(task.document)
    if readiness is not None:
        timeout = timeout_seconds(task.document, task.timeout, readiness.timeout)
        say = sayer(session.log.status, task.urn, task.inputs)
        warn = sayer(session.log.warning, task.urn, task.inputs)
        try:
            live = session.wait().until_ready(reference, live, readiness, timeout, say, warn)
        except NotReadyError as failure:
            reasons = [f"{reference} was applied and did not get ready", *failure.reasons]
            raise InitFailedError(
                reference.id,
                outputs_of(failure.live, task.inputs, task.manager),
                task.inputs,
                [masked(reason, task.inputs) for reason in reasons],
            ) from failure
    if reference.kind.name == "CustomResourceDefinition":
        _learn(cluster, live)
    return outputs_of(live, task.inputs, task.manager)


def _learn(cluster: Cluster, definition: dict[str, Any]) -> None:
    spec = definition["spec"]
    for version in spec["versions"]:
        cluster.refresh(Kind(f"{spec['group']}/{version['name']}", spec["names"]["kind"]))


def _put(document: Any, path: PropertyPath, value: Any) -> None:
    parent = value_at(document, path[:-1])
    last = path[-1]
    if isinstance(parent, dict) or (isinstance(parent, list) and isinstance(last, int) and last < len(parent)):
        parent[last] = value  # type: ignore[index]


def _remove(document: Any, path: PropertyPath) -> None:
    parent = value_at(document, path[:-1])
    if isinstance(parent, dict):
        parent.pop(path[-1], None)
