"""Create, update, read and delete against Azure in miniature.

Owns the order of calls, and what is kept in state when Azure fails half-way: a resource that exists is never lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from headgate.errors import HeadgateError
from headgate.sandbox.azure import bodies
from headgate.sandbox.azure.client import Patience
from headgate.sandbox.azure.errors import ArmError
from headgate.sandbox.azure.sdk import stated_only
from headgate.sandbox.azure.types import ResolvedType, resolve
from headgate.sandbox.azure.types.spec import Body, TypeSpec
from headgate.sandbox.providers.azure_native.checking import logical_name, type_token
from headgate.sandbox.providers.azure_native.drift import drifted
from headgate.sandbox.providers.azure_native.session import Session
from headgate.sandbox.providers.protocol.errors import InitFailedError
from headgate.sandbox.providers.protocol.values import Properties, Secret, conceal, reveal

_CONFLICT_SECONDS = 60.0


@dataclass(frozen=True)
class Task:
    """One resource of a program."""

    session: Session
    urn: str
    kind: ResolvedType
    timeout: float = 0.0

    @classmethod
    def of(cls, session: Session, urn: str, timeout: float = 0.0) -> Task:
        """Find the type in the URN."""
        return cls(session, urn, resolve(type_token(urn)), timeout)

    @property
    def api_version(self) -> str:
        """Return the API version that is spoken: the token's, else the SDK's default."""
        return self.kind.api_version or bodies.schema_for(self.kind.spec).api_version

    def patience(self, busy: float = 600.0) -> Patience:
        """Return how long to wait: the resource's own timeout, else the default."""
        return Patience(
            self.timeout or busy, self.session.cancelled, lambda text: self.session.log.status(self.urn, text)
        )

    def arm_id(self, inputs: Properties) -> str:
        """Return the id that the inputs make."""
        values = {name: str(reveal(inputs[name])) for name in self.kind.spec.path_inputs}
        return self.kind.spec.template.build({"subscriptionId": self.session.subscription, **values})

    def outputs(self, body: Body, inputs: Properties) -> Properties:
        """Return what goes to state: Azure's answer, with what was secret still secret."""
        found = bodies.to_outputs(self.kind.spec, body, self.kind.api_version)
        for name in self.kind.spec.secret_outputs:
            if name in found:
                found[name] = Secret(found[name])
        shown: Properties = conceal(found, inputs)
        return shown

    def failure(self, error: ArmError, doing: str) -> HeadgateError:
        """Return Azure's refusal as an error about this resource."""
        where = f"{self.kind.spec.token} {logical_name(self.urn)!r}"
        fix = _FIXES.get(error.code)
        return HeadgateError(f"{doing}: Code={error.code!r} Message={error.message!r}", where=where, fix=fix)


_FIXES = {
    "QuotaExceeded": "ask for a smaller or another machine, or raise headgate/sandbox/azure/data/quotas.json",
    "ScopeLocked": "remove the lock first, if this is meant",
    "ServiceUnavailable": "headgate sandbox fault list: an outage may have been asked for",
    "SubscriptionNotFound": "leave azure-native:subscriptionId out of sandbox stacks",
}


def create(session: Session, urn: str, inputs: Properties, timeout: float) -> tuple[str, Properties]:
    """Create a resource, or take over what an interrupted update of it made; return its id and outputs."""
    task = Task.of(session, urn, timeout)
    arm_id = task.arm_id(inputs)
    spec = task.kind.spec
    try:
        standing = session.azure.get(arm_id, task.api_version)
        if standing is not None and spec.only_name is None and not _made_by(standing, urn):
            raise HeadgateError(
                f"cannot create already existing resource '{arm_id}'",
                where=f"{spec.token} {logical_name(urn)!r}",
                fix=f"pulumi import azure-native:{spec.token} {logical_name(urn)} {arm_id}",
            )
        creator = {"systemData": {"createdBy": urn}}
        body = _put(task, arm_id, bodies.to_body(spec, reveal(inputs)) | creator)
    except ArmError as error:
        raise _kept(task, arm_id, inputs, error, "creating") from error
    return body["id"], task.outputs(body, inputs)


def _made_by(body: Body, urn: str) -> bool:
    """Say whether this very resource of this very stack made it: then an update ended before it could say so."""
    return bool((body.get("systemData") or {}).get("createdBy") == urn)


def update(session: Session, urn: str, arm_id: str, inputs: Properties, timeout: float) -> Properties:
    """Update a resource in place; return its outputs."""
    task = Task.of(session, urn, timeout)
    try:
        body = _put(task, arm_id, bodies.to_body(task.kind.spec, reveal(inputs)))
    except ArmError as error:
        raise _kept(task, arm_id, inputs, error, "updating") from error
    return task.outputs(body, inputs)


def delete(session: Session, urn: str, arm_id: str, timeout: float) -> None:
    """Delete a resource and wait until it is gone; siblings that must go first are waited for."""
    task = Task.of(session, urn, timeout)
    if task.kind.spec.only_name is not None and task.kind.spec.token.endswith("Properties"):
        return  # Azure makes and removes it with its parent
    try:
        session.azure.delete(arm_id, task.api_version, task.patience(_CONFLICT_SECONDS))
    except ArmError as error:
        raise task.failure(error, "deleting") from error


def read(
    session: Session, urn: str, arm_id: str, inputs: Properties, state: Properties
) -> tuple[str, Properties, Properties] | None:
    """Return a resource's id, inputs and outputs as they are now; without known inputs, all that Azure tells."""
    task = Task.of(session, urn)
    spec = task.kind.spec
    if spec.template.match(arm_id) is None:
        raise HeadgateError(
            "not the id of such a resource",
            where=f"{spec.token} {logical_name(urn)!r}",
            found=arm_id,
            expected=spec.path,
        )
    if session.plan_only:
        return (arm_id, inputs, state) if state else None
    try:
        body = session.azure.get(arm_id, task.api_version)
    except ArmError as error:
        raise task.failure(error, "reading") from error
    if body is None:
        return None
    outputs = task.outputs(body, inputs)
    return body["id"], _inputs_now(spec, body, inputs, state, outputs), outputs


def _inputs_now(spec: TypeSpec, body: Body, inputs: Properties, state: Properties, outputs: Properties) -> Properties:
    """Return the inputs for a refresh; for an import, all that Azure tells and a program can state."""
    schema = bodies.schema_for(spec)
    if not inputs:
        return stated_only(schema, bodies.to_inputs(spec, body["id"], _stated(body)))
    live = {**outputs, **stated_only(schema, outputs), "identity": _listed(outputs.get("identity"))}
    seen = {**state, **stated_only(schema, state), "identity": _listed(state.get("identity"))}
    return drifted(inputs, seen, live, spec.apart)


def _listed(identity: Any) -> Any:
    """Write identities as programs do: a list of ids, not a map."""
    if not isinstance(identity, dict) or not isinstance(identity.get("userAssignedIdentities"), dict):
        return identity
    return {**identity, "userAssignedIdentities": list(identity["userAssignedIdentities"])}


def _stated(body: Body) -> Body:
    """Leave out what Azure reports and no program states."""
    hidden = ("provisioningState", "privateEndpointConnections")
    return {**body, "properties": {key: value for key, value in body["properties"].items() if key not in hidden}}


def _put(task: Task, arm_id: str, body: Body) -> Body:
    azure = task.session.azure
    try:
        return azure.put(arm_id, task.api_version, body, task.patience())
    except ArmError as error:
        if error.code != "ConflictError" or task.kind.spec.token != "keyvault:Vault":  # noqa: S105 - a type token
            raise
    # A vault of this id was deleted and is kept with its name: creating it again means recovering it.
    task.session.log.info(task.urn, "recovering the soft-deleted vault")
    recovering = {**body, "properties": {**body["properties"], "createMode": "recover"}}
    return azure.put(arm_id, task.api_version, recovering, task.patience())


def _kept(task: Task, arm_id: str, inputs: Properties, error: ArmError, doing: str) -> Exception:
    """Return how a failed write ends: with what Azure has of the resource in state, so that the next update goes on."""
    failure = task.failure(error, doing)
    if error.status in (400, 403, 404, 412, 429, 503):
        return failure
    try:
        body = task.session.azure.get(arm_id, task.api_version)
    except (ArmError, HeadgateError):
        return failure
    if body is None or body["properties"].get("provisioningState") != "Failed":
        return failure
    return InitFailedError(body["id"], task.outputs(body, inputs), inputs, [str(failure)])
