"""What Azure checks before it accepts a write: place, parents, name, types, what may not change, who holds the name.

Owns the order of the checks and the generic ones; a type's own rules are in the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from headgate.sandbox.azure import bodies, locations
from headgate.sandbox.azure.errors import (
    ArmError,
    bad_request,
    being_deleted,
    group_not_found,
    parent_not_found,
)
from headgate.sandbox.azure.ids import GROUP_PATH, SUBSCRIPTION_ID, group_id, group_of, key
from headgate.sandbox.azure.sdk import validate
from headgate.sandbox.azure.store import Store
from headgate.sandbox.azure.types import spec_by_arm_type
from headgate.sandbox.azure.types.spec import Body, LocationKind, TypeSpec

# Roles can be given on one namespace of a cluster, which is no resource of its own.
_NAMESPACE = re.compile(r"(?<=/)(managedClusters/[^/]+)/namespaces/[^/]+$", re.IGNORECASE)
_TAKEN = {
    "Microsoft.ContainerRegistry/registries": (
        409,
        "AlreadyInUse",
        "The registry DNS name {name}.azurecr.io is already in use.",
    ),
    "Microsoft.KeyVault/vaults": (
        409,
        "VaultAlreadyExists",
        "The vault name '{name}' is already in use. Vault names are globally unique so it is possible that the name is "
        "already taken. If you are sure that the vault name was not taken then it is possible that a vault with the "
        "same name was recently deleted but not purged after being placed in a recoverable state.",
    ),
    "Microsoft.Storage/storageAccounts": (
        409,
        "StorageAccountAlreadyTaken",
        "The storage account named {name} is already taken.",
    ),
}


def check_write(store: Store, spec: TypeSpec, values: dict[str, str], body: Body) -> None:
    """Raise the first reason to refuse a PUT."""
    old = store.get(body["id"])
    for error in _reasons(store, spec, values, body, old):
        if error is not None:
            raise error


def check_subscription(arm_id: str) -> None:
    """Raise when an id is in a subscription that the sandbox does not have."""
    parts = arm_id.strip("/").split("/")
    if parts[0].lower() == "subscriptions" and len(parts) > 1 and parts[1].lower() != SUBSCRIPTION_ID:
        raise ArmError(404, "SubscriptionNotFound", f"The subscription '{parts[1]}' could not be found.")


def _reasons(
    store: Store, spec: TypeSpec, values: dict[str, str], body: Body, old: Body | None
) -> Iterator[ArmError | None]:
    yield from _group(store, spec, body)
    yield _name(spec, values[spec.name_parameter])
    yield _place(spec, body, old)
    yield _parent(store, spec, body)
    yield _types(spec, body)
    yield _identities(store, body)
    yield _unchanged(spec, body, old)
    yield _taken(store, spec, body, old)
    for rule in spec.rules:
        yield rule(body, old, store)


def _group(store: Store, spec: TypeSpec, body: Body) -> Iterator[ArmError | None]:
    name = group_of(body["id"])
    if name is None or spec.path == GROUP_PATH:
        return
    group = store.get(group_id(name))
    if group is None:
        yield group_not_found(name)
    elif group["properties"].get("provisioningState") == "Deleting":
        yield being_deleted(name)


def _name(spec: TypeSpec, name: str) -> ArmError | None:
    return name_refusal(spec, name)


def name_refusal(spec: TypeSpec, name: str) -> ArmError | None:
    """Return why a name can't be given to a resource of a type."""
    if spec.only_name is not None and name != spec.only_name:
        return bad_request(
            "InvalidResourceName", f"The only {spec.arm_type} is named '{spec.only_name}', not '{name}'."
        )
    if spec.name.accepts(name):
        return None
    return bad_request(
        spec.name.code,
        f"The name '{name}' of a {spec.arm_type} is invalid: it must have {spec.name.text}.",
        spec.name_parameter,
    )


def _place(spec: TypeSpec, body: Body, old: Body | None) -> ArmError | None:
    if spec.location is LocationKind.NONE:
        return None
    location = body.get("location", "")
    refusal = locations.group_refusal(location) if spec.path == GROUP_PATH else locations.refusal(spec, location)
    if refusal is not None:
        return refusal
    if old is not None and old.get("location") != location:
        return locations.moved(body["id"], old.get("location", ""), location, _group_or_none(spec, body))
    return None


def _group_or_none(spec: TypeSpec, body: Body) -> str | None:
    return None if spec.path == GROUP_PATH else group_of(body["id"])


def _parent(store: Store, spec: TypeSpec, body: Body) -> ArmError | None:
    """Find a child's parent, or what an extension extends; subscriptions and implied containers always exist."""
    if spec.path == GROUP_PATH:
        return None
    if spec.template.parent is None:
        scope = _NAMESPACE.sub(r"\1", body["id"].rsplit("/providers/", 1)[0])
        known = scope.lower().startswith("/subscriptions/") and scope.count("/") > 2
        return parent_not_found(spec.arm_type, scope) if known and store.get(scope) is None else None
    parent = body["id"].rsplit("/", 2)[0]
    while spec_by_arm_type(_arm_type(parent)) is None or parent.endswith("/blobServices/default"):
        parent = parent.rsplit("/", 2)[0]
        if "/providers/" not in parent or parent.endswith("/providers"):
            return None
    return parent_not_found(spec.arm_type, parent) if store.get(parent) is None else None


def _arm_type(arm_id: str) -> str:
    tail = arm_id.rsplit("/providers/", 1)[-1].split("/")
    return "/".join([tail[0], *tail[1::2]])


def _types(spec: TypeSpec, body: Body) -> ArmError | None:
    """Bodies that come past the provider are held to the SDK's types too."""
    inputs = bodies.to_inputs(spec, body["id"], body)
    inputs.pop("id", None)
    schema = bodies.schema_for(spec)
    # Azure takes back what it reports, and ignores it.
    strange = {} if "properties" in schema.inputs else body["properties"].keys() - set(schema.outputs)
    problems = validate(schema, {**inputs, **{name: body["properties"][name] for name in strange}})
    if not problems:
        return None
    return bad_request("InvalidRequestContent", f"The request content was invalid: {problems[0]}.", problems[0].path)


def _identities(store: Store, body: Body) -> ArmError | None:
    for arm_id in (body.get("identity") or {}).get("userAssignedIdentities") or {}:
        if store.get(arm_id) is None:
            return bad_request(
                "FailedIdentityOperation",
                f"Identity operation for resource '{body['id']}' failed: the identity '{arm_id}' was not found.",
            )
    return None


def _unchanged(spec: TypeSpec, body: Body, old: Body | None) -> ArmError | None:
    if old is None:
        return None
    was, wanted = (bodies.to_inputs(spec, item["id"], item) for item in (old, body))
    for path in (*spec.replaces, *spec.refuses):
        before, after = bodies.value_at(was, path), bodies.value_at(wanted, path)
        if before is not None and after is not None and before != after:
            return bad_request(
                "PropertyChangeNotAllowed",
                f"Provisioning of resource(s) for {spec.arm_type} {body['name']} failed: Changing property "
                f"'properties.{path}' is not allowed.",
                path,
            )
    return None


def _taken(store: Store, spec: TypeSpec, body: Body, old: Body | None) -> ArmError | None:
    """Refuse a name that another resource has, where the whole of Azure shares one name space."""
    if not spec.name.shared or old is not None:
        return None
    same = [item for item in store.of_type(spec.arm_type) if item["name"].lower() == body["name"].lower()]
    if not any(key(item["id"]) != key(body["id"]) for item in same):
        return None
    status, code, message = _TAKEN.get(spec.arm_type, (409, "NameNotAvailable", "The name '{name}' is already in use."))
    return ArmError(status, code, message.format(name=body["name"]))


def locks_over(store: Store, arm_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the locks on a resource, on what holds it and on what it holds, with their scopes."""
    mine = key(arm_id)
    for lock in store.of_type("Microsoft.Authorization/locks"):
        scope = key(lock["id"]).rsplit("/providers/microsoft.authorization/", 1)[0]
        if mine == scope or mine.startswith(scope + "/") or scope.startswith(mine + "/"):
            yield lock["id"].rsplit("/providers/", 1)[0], lock
