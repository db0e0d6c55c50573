"""Reading a resource for a refresh or an import, and deleting one.

Owns what becomes of state when the object has drifted, is not ready, or is gone.
"""

from __future__ import annotations

from typing import Final

from headgate.errors import HeadgateError
from headgate.sandbox.kube import KubeError
from headgate.sandbox.providers.kubernetes.annotations import (
    propagation,
    skips_waiting_for_deletion,
    timeout_seconds,
)
from headgate.sandbox.providers.kubernetes.awaiting.registry import readiness_of
from headgate.sandbox.providers.kubernetes.awaiting.wait import NotReadyError, sayer
from headgate.sandbox.providers.kubernetes.checkpoint import outputs_of, properties_of, sealed
from headgate.sandbox.providers.kubernetes.cluster import Cluster, Reference, unreachable
from headgate.sandbox.providers.kubernetes.drift import drifted_inputs, imported_inputs
from headgate.sandbox.providers.kubernetes.kinds import Kind, kind_of_token, token_of_urn
from headgate.sandbox.providers.kubernetes.naming import field_manager
from headgate.sandbox.providers.kubernetes.refusal import refusal
from headgate.sandbox.providers.kubernetes.session import Session
from headgate.sandbox.providers.protocol.errors import InitFailedError
from headgate.sandbox.providers.protocol.values import Properties, reveal

_DELETE_SECONDS: Final = 600.0
# What an autoscaler or a rollout has just changed settles soon; what does not is worth a line in state.
_SETTLE_SECONDS: Final = 5.0


def read(
    session: Session, urn: str, resource_id: str, inputs: Properties, state: Properties
) -> tuple[Properties, Properties] | None:
    """Return (inputs, outputs) of the object as it is, or None when it is gone.

    Raises InitFailedError when it is not ready, so that the next update waits for it again.
    """
    cluster = session.require()
    if session.settings.tolerates_absence and session.for_preview(urn) is None:
        session.log.warning(
            urn, "the cluster does not answer: kept as state has it, or dropped, as the provider was told"
        )
        return None if session.settings.delete_unreachable else (inputs, state)
    reference = _reference(cluster, urn, resource_id)
    if reference is None:
        return None
    try:
        live = cluster.get(reference)
    except KubeError as error:
        raise refusal(error, reference, urn, inputs) from error
    if live is None:
        return None
    manager = field_manager(urn, reveal(inputs), state)
    if not inputs:
        found = sealed(properties_of(imported_inputs(live, manager)), {})
        return found, outputs_of(live, found, manager)
    found = sealed(drifted_inputs(inputs, reveal(state), properties_of(live)), inputs)
    outputs = outputs_of(live, found, manager)
    readiness = readiness_of(reveal(inputs))
    if readiness is not None:
        say, warn = sayer(session.log.status, urn, inputs), sayer(session.log.warning, urn, inputs)
        try:
            session.wait().until_ready(reference, live, readiness, _SETTLE_SECONDS, say, warn)
        except NotReadyError as failure:
            reasons = [f"{reference} is not ready", *failure.reasons]
            raise InitFailedError(resource_id, outputs, found, reasons) from failure
    return found, outputs


def delete(session: Session, urn: str, resource_id: str, state: Properties, timeout: float) -> None:
    """Delete an object and wait until it is gone. One that is gone already is well deleted."""
    cluster = session.require()
    if session.settings.delete_unreachable and session.for_preview(urn) is None:
        session.log.warning(urn, "the cluster does not answer and deleteUnreachable is set: dropped from state")
        return
    reference = _reference(cluster, urn, resource_id)
    if reference is None:
        return
    document = reveal(state)
    try:
        live = cluster.get(reference)
        if live is None:
            return
        cluster.delete(reference, propagation(document))
        if skips_waiting_for_deletion(document):
            return
        limit = timeout_seconds(document, timeout, _DELETE_SECONDS)
        say = sayer(session.log.status, urn)
        session.wait().until_gone(reference, live["metadata"].get("uid"), limit, say)
    except KubeError as error:
        if not error.not_found:
            raise refusal(error, reference, urn, state) from error
    except NotReadyError as failure:
        raise HeadgateError(
            f"{reference} was deleted and does not go away",
            where=urn,
            found="; ".join(failure.reasons),
            fix="see what its finalizers or pods wait for, then run the update again",
        ) from failure


def _reference(cluster: Cluster, urn: str, resource_id: str) -> Reference | None:
    """Return the object that an ID names; None when the cluster no longer serves its kind."""
    kind: Kind = kind_of_token(token_of_urn(urn))
    namespace, _, name = resource_id.rpartition("/")
    try:
        found = cluster.resource(kind)
    except KubeError as error:
        raise unreachable(cluster.server, error.message) from error
    if found is None:
        return None
    return Reference(kind, name, (namespace or "default") if found.namespaced else "")
