"""The SDK's functions: `list…` calls, `get…` look-ups, and who is calling.

Owns the table and what of an answer is secret. A function about a resource that does not exist yet is unknown in a
preview, and an error in an update.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from headgate.errors import HeadgateError
from headgate.sandbox.azure import bodies
from headgate.sandbox.azure.errors import ArmError
from headgate.sandbox.azure.sdk.validate import nearest
from headgate.sandbox.azure.types import CATALOGUE
from headgate.sandbox.azure.types.foundation import client_config
from headgate.sandbox.azure.types.spec import TypeSpec
from headgate.sandbox.providers.azure_native import placeholders
from headgate.sandbox.providers.azure_native.session import Session
from headgate.sandbox.providers.protocol.values import UNKNOWN, Properties, Secret, is_known, reveal


@dataclass(frozen=True)
class Listing:
    """A POST action behind a function; `result` is the list in its answer whose `value`s are secret."""

    token: str
    action: str
    result: str


LISTINGS = {
    "containerservice:listManagedClusterUserCredentials": Listing(
        "containerservice:ManagedCluster", "listClusterUserCredential", "kubeconfigs"
    ),
    "containerservice:listManagedClusterAdminCredentials": Listing(
        "containerservice:ManagedCluster", "listClusterAdminCredential", "kubeconfigs"
    ),
    "kubernetes:listConnectedClusterUserCredential": Listing(
        "kubernetes:ConnectedCluster", "listClusterUserCredential", "kubeconfigs"
    ),
    "containerregistry:listRegistryCredentials": Listing("containerregistry:Registry", "listCredentials", "passwords"),
    "storage:listStorageAccountKeys": Listing("storage:StorageAccount", "listKeys", "keys"),
}
_GETTERS = {f"{spec.module}:get{spec.resource}": spec for spec in CATALOGUE.values()}


def invoke(session: Session, token: str, arguments: Properties, preview: bool) -> Properties:
    """Answer a function."""
    name = ":".join([token.split(":")[1].split("/")[0], token.split(":")[2]])
    if name == "authorization:getClientConfig":
        return {**client_config(), "subscriptionId": session.subscription}
    if name == "authorization:getClientToken":
        raise HeadgateError(
            "the sandbox's Azure gives no tokens",
            where=token,
            fix="use workload identity, or leave this to the real cloud",
        )
    if name in LISTINGS:
        return _list(session, LISTINGS[name], arguments, preview)
    if name in _GETTERS:
        return _get(session, _GETTERS[name], arguments, preview)
    near = nearest(name, [*LISTINGS, *_GETTERS])
    raise HeadgateError(
        f"the sandbox's Azure has no function {name}",
        where=token,
        expected=f"{near}" if near else "a function of the catalogue",
    )


def _list(session: Session, listing: Listing, arguments: Properties, preview: bool) -> Properties:
    spec = CATALOGUE[listing.token]
    if not is_known(arguments):
        return {listing.result: UNKNOWN}
    if session.plan_only:
        return placeholders.credentials(listing.result, str(reveal(arguments).get(spec.name_parameter)))
    try:
        answer = session.azure.post(_id(session, spec, arguments), listing.action, bodies.schema_for(spec).api_version)
    except ArmError as error:
        if preview and error.status == 404:
            return {listing.result: UNKNOWN}
        raise _failure(spec, listing.action, error) from error
    rows = [{**row, "value": Secret(row["value"])} for row in answer[listing.result]]
    return {**answer, listing.result: rows}


def _get(session: Session, spec: TypeSpec, arguments: Properties, preview: bool) -> Properties:
    if session.plan_only or not is_known(arguments):
        return dict.fromkeys((*bodies.schema_for(spec).outputs, "id"), UNKNOWN)
    arm_id = _id(session, spec, arguments)
    try:
        body = session.azure.get(arm_id, bodies.schema_for(spec).api_version)
    except ArmError as error:
        raise _failure(spec, "get", error) from error
    if body is None:
        if preview:
            return dict.fromkeys((*bodies.schema_for(spec).outputs, "id"), UNKNOWN)
        raise HeadgateError(f"no such {spec.token}", where=arm_id)
    found: dict[str, Any] = {**bodies.to_outputs(spec, body), "id": body["id"]}
    return {name: Secret(value) if name in spec.secret_outputs else value for name, value in found.items()}


def _id(session: Session, spec: TypeSpec, arguments: Properties) -> str:
    plain = reveal(arguments)
    missing = [name for name in spec.path_inputs if not plain.get(name)]
    if missing:
        raise HeadgateError(
            f"a look-up of {spec.token} lacks {', '.join(missing)}", expected=", ".join(spec.path_inputs)
        )
    values = {name: str(plain[name]) for name in spec.path_inputs}
    return spec.template.build({"subscriptionId": session.subscription, **values})


def _failure(spec: TypeSpec, action: str, error: ArmError) -> HeadgateError:
    return HeadgateError(f"{action}: Code={error.code!r} Message={error.message!r}", where=spec.token)
