"""The resource manager itself: put, get, delete and act on resources, each by its ARM id.

Owns the order of a call: find the type, meet the faults, check, record, begin the operation. What is checked is in
`rules`, what runs is in `counterparts`, what is removed is in `removal`.
"""

from __future__ import annotations

import copy
import logging
import threading
import uuid
from dataclasses import dataclass

from headgate.sandbox.azure import bodies, locations, rules
from headgate.sandbox.azure.counterparts import Counterparts
from headgate.sandbox.azure.errors import ArmError, bad_request, being_deleted, busy, group_not_found, not_found
from headgate.sandbox.azure.faults import Faults, now
from headgate.sandbox.azure.ids import GROUP_PATH, TENANT_ID, group_of, key, name_of, stable_uuid
from headgate.sandbox.azure.operations import DOING, Operations
from headgate.sandbox.azure.removal import Removal
from headgate.sandbox.azure.store import Operation, Store
from headgate.sandbox.azure.types import spec_for_id
from headgate.sandbox.azure.types.spec import Body, LocationKind, TypeSpec
from headgate.sandbox.azure.vaults import DeletedVaults

LOG = logging.getLogger(__name__)
VAULT = "Microsoft.KeyVault/vaults"


@dataclass(frozen=True)
class Answer:
    """What a call is answered with. `operation` is set while something still runs."""

    status: int
    body: Body | None
    operation: Operation | None = None


class Resources:
    """Everything in the sandbox's subscription."""

    def __init__(self, store: Store, counterparts: Counterparts, scale: float) -> None:
        """Nothing runs until `resume`."""
        self.store = store
        self.faults = Faults(store)
        self.counterparts = counterparts
        self.deleted_vaults = DeletedVaults(store)
        self.removal = Removal(store, counterparts, self.deleted_vaults)
        self._scale = scale
        self.operations = Operations(store, scale, self._work, self._ended)
        self._lock = threading.RLock()

    def resume(self) -> None:
        """Go on with interrupted operations, then have every real counterpart running again."""
        self.operations.resume()
        self.counterparts.ensure_all(self.store)
        self.counterparts.begin(self.faults, self._scale)

    def get(self, arm_id: str) -> Body:
        """Return a resource as Azure shows it."""
        spec, _ = _spec(arm_id)
        self.faults.check_call(spec, self._location(arm_id, {}), write=False)
        return self.shown(spec, self._stored(spec, arm_id))

    def put(self, arm_id: str, request: Body, if_match: str | None = None, if_none_match: str | None = None) -> Answer:
        """Create or update a resource."""
        spec, values = _spec(arm_id)
        rules.check_subscription(arm_id)
        location = _place(spec, request.get("location"), self._location(arm_id, request))
        self.faults.check_call(spec, location, write=True)
        standing = self.store.get(arm_id)
        if standing is not None:
            # Outside the lock: it may ask a control plane.
            self.counterparts.check(spec.arm_type, request, standing)
        with self._lock:
            old = self.store.get(arm_id)
            self._check_busy(arm_id, old)
            _check_etag(old, if_match, if_none_match)
            body = self._stamped(spec, arm_id, request, old)
            if spec.arm_type == VAULT:
                body = self.deleted_vaults.recovered(body, old)
            rules.check_write(self.store, spec, values, body)
            kind = "update" if old else "create"
            seconds = spec.seconds * (0.4 if old else 1.0) * self.faults.factor(spec, location)
            operation = self._record(spec, body, kind, seconds)
        if operation.running:
            self.operations.begin(operation)
        return self._answer(spec, arm_id, 200 if old else 201, operation)

    def delete(self, arm_id: str) -> Answer:
        """Remove a resource with everything below it."""
        spec, _ = _spec(arm_id)
        location = self._location(arm_id, {})
        self.faults.check_call(spec, location, write=True)
        with self._lock:
            body = self.store.get(arm_id)
            if body is None:
                return Answer(204, None)
            self._check_busy(arm_id, body)
            self.removal.check(spec, body)
            seconds = spec.seconds * 0.5 * self.faults.factor(spec, location)
            operation = self._record(spec, copy.deepcopy(body), "delete", seconds)
        if operation.running:
            self.operations.begin(operation)
        if operation.status == "Succeeded":
            return Answer(200, None)
        return Answer(202, None, operation)

    def act(self, arm_id: str, action: str, request: Body) -> Body:
        """Run a POST action."""
        spec, _ = _spec(arm_id)
        self.faults.check_call(spec, self._location(arm_id, {}), write=False)
        body = self.shown(spec, self._stored(spec, arm_id))
        real = self.counterparts.action(spec.arm_type, action)
        if real is not None:
            return real(body, request)
        for name, handler in spec.actions.items():
            if name.lower() == action.lower():
                answer = handler(body, self.store, request)
                if name == "lock":
                    self.store.put(spec.arm_type, {**self._stored(spec, arm_id), **answer})
                return answer
        raise bad_request("InvalidAction", f"The resource type '{spec.arm_type}' has no action '{action}'.")

    def listing(self, scope: str, arm_type: str | None = None) -> list[Body]:
        """Return the resources under a scope."""
        found = self.store.children(scope, arm_type) if arm_type else self.store.below(scope)
        return [self.shown(spec[0], body) for body in found if (spec := spec_for_id(body["id"])) is not None]

    def shown(self, spec: TypeSpec, body: Body) -> Body:
        """Return a stored body with what Azure adds to it, and without what it never tells."""
        added = spec.outputs(body, self.store)
        full = {**body, "properties": {**body["properties"], **added}}
        identity = self._identity(body)
        return bodies.without(full | ({"identity": identity} if identity else {}), spec.write_only)

    def _identity(self, body: Body) -> Body | None:
        identity = body.get("identity")
        if not isinstance(identity, dict):
            return None
        found = dict(identity)
        if "SystemAssigned" in str(identity.get("type")):
            found |= {"principalId": stable_uuid("principal", body["id"]), "tenantId": TENANT_ID}
        if identity.get("userAssignedIdentities"):
            found["userAssignedIdentities"] = {
                arm_id: {"principalId": stable_uuid("principal", arm_id), "clientId": stable_uuid("client", arm_id)}
                for arm_id in identity["userAssignedIdentities"]
            }
        return found

    def _stored(self, spec: TypeSpec, arm_id: str) -> Body:
        body = self.store.get(arm_id)
        if body is None:
            group = group_of(arm_id)
            if spec.path == GROUP_PATH:
                raise group_not_found(name_of(arm_id))
            if group and self.store.get(arm_id[: arm_id.lower().index(group.lower()) + len(group)]) is None:
                raise group_not_found(group)
            raise not_found(arm_id, spec.arm_type, name_of(arm_id), group)
        return body

    def _location(self, arm_id: str, request: Body) -> str:
        """Return where a call goes: the resource's place, else that of what holds it."""
        if request.get("location"):
            return locations.normalized(request["location"])
        at = arm_id
        while at.count("/") > 3:
            body = self.store.get(at)
            if body is not None and body.get("location"):
                return str(body["location"])
            at = at.rsplit("/", 1)[0]
        return ""

    def _check_busy(self, arm_id: str, body: Body | None) -> None:
        """One write at a time on a resource, and none into what is being deleted."""
        mine = key(arm_id)
        for operation in self.store.running_operations():
            other = key(operation.resource_id)
            if other == mine and body is not None:
                raise busy(name_of(arm_id), DOING[operation.kind])
            if operation.kind == "delete" and mine.startswith(other + "/"):
                if "/providers/" not in other:
                    raise being_deleted(name_of(operation.resource_id))
                raise busy(name_of(operation.resource_id), "Deleting")

    def _stamped(self, spec: TypeSpec, arm_id: str, request: Body, old: Body | None) -> Body:
        body = {name: value for name, value in copy.deepcopy(request).items() if value is not None}
        properties = {name: value for name, value in (body.pop("properties", None) or {}).items() if value is not None}
        made = (old or {}).get("systemData", {})
        asked_by = (body.pop("systemData", None) or {}).get("createdBy")
        creator = made.get("createdBy") or asked_by
        at = now()
        location = _place(spec, body.pop("location", None), "")
        stamp = {
            "id": (old or {}).get("id", arm_id),
            "name": name_of(arm_id),
            "type": spec.arm_type,
            "properties": properties,
            "systemData": {
                "createdAt": made.get("createdAt", at),
                "createdByType": "User",
                **({"createdBy": creator} if creator else {}),
                "lastModifiedAt": at,
                "lastModifiedByType": "User",
            },
            "etag": f'"{uuid.uuid4()}"',
        }
        # What Azure never tells again is not kept: nothing here reads it, and the database is no vault.
        return bodies.without(body | stamp | ({"location": location} if location else {}), spec.write_only)

    def _record(self, spec: TypeSpec, body: Body, kind: str, seconds: float) -> Operation:
        """Write the resource and its operation as one."""
        with self.store.transaction():
            if spec.has_state or kind == "delete":
                body["properties"]["provisioningState"] = DOING[kind]
            self.store.put(spec.arm_type, body)
            at_once = seconds == 0 and not self.counterparts.concerns(spec.arm_type)
            return self.operations.start(body["id"], kind, seconds, at_once=at_once)

    def _answer(self, spec: TypeSpec, arm_id: str, status: int, operation: Operation) -> Answer:
        """Answer a write. What failed is told by the operation: the write itself was accepted."""
        body = self.store.get(arm_id)
        followed = None if operation.status == "Succeeded" else operation
        return Answer(status, self.shown(spec, body) if body else None, followed)

    def _work(self, operation: Operation) -> None:
        """Do what an operation is for. Runs again after a crash."""
        spec, _ = _spec(operation.resource_id)
        body = self.store.get(operation.resource_id)
        if body is None:
            return
        if operation.kind == "delete":
            self.removal.remove(body)
            return
        self.faults.check_operation(spec, self._location(operation.resource_id, {}))
        self.counterparts.ensure(spec.arm_type, self.shown(spec, body))
        for companion in spec.companions(body, self.store):
            if self.store.get(companion["id"]) is None:
                self.store.put(companion["type"], companion)

    def _ended(self, operation: Operation, status: str) -> None:
        """Record an outcome on the resource."""
        spec, _ = _spec(operation.resource_id)
        body = self.store.get(operation.resource_id)
        if body is None:
            return
        properties = {name: value for name, value in body["properties"].items() if name != "provisioningState"}
        if spec.has_state or status == "Failed":
            properties["provisioningState"] = status
        self.store.put(spec.arm_type, {**body, "properties": properties})


def _spec(arm_id: str) -> tuple[TypeSpec, dict[str, str]]:
    found = spec_for_id(arm_id)
    if found is None:
        raise ArmError(
            404, "InvalidResourceType", f"The resource type of '{arm_id}' could not be found in the namespace."
        )
    return found[0], dict(found[1])


def _place(spec: TypeSpec, asked: str | None, otherwise: str) -> str:
    if spec.location is LocationKind.NONE:
        return otherwise
    if not asked and spec.location in (LocationKind.GLOBAL, LocationKind.EITHER):
        return "global"
    return locations.normalized(asked or "")


def _check_etag(old: Body | None, if_match: str | None, if_none_match: str | None) -> None:
    if if_none_match == "*" and old is not None:
        raise ArmError(412, "PreconditionFailed", f"The resource '{old['id']}' exists already.", old["id"])
    if if_match not in (None, "*") and (old is None or old.get("etag") != if_match):
        raise ArmError(412, "PreconditionFailed", "The resource has changed: the given etag is not its current one.")
