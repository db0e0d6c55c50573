"""Which call is meant by a method and a path.

Owns the paths that are no resources: operations, deleted vaults, action verbs, listings, faults, health.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from headgate.sandbox.azure.errors import ArmError, bad_request
from headgate.sandbox.azure.ids import SUBSCRIPTION_ID, TENANT_ID
from headgate.sandbox.azure.resources import Answer, Resources
from headgate.sandbox.azure.store import Operation
from headgate.sandbox.azure.types import spec_by_arm_type, spec_for_id

_OPERATION = re.compile(r"^/subscriptions/[^/]+/providers/Headgate\.Sandbox/operations/([^/]+)$", re.IGNORECASE)
_DELETED = re.compile(
    r"^/subscriptions/[^/]+/providers/Microsoft\.KeyVault/(?:locations/([^/]+)/)?deletedVaults(?:/([^/]+)(/purge)?)?$",
    re.IGNORECASE,
)
_FAULTS = re.compile(r"^/-/faults(?:/([^/]+))?$")


@dataclass(frozen=True)
class Request:
    """One call."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """One answer."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def route(resources: Resources, request: Request) -> Reply:
    """Answer a call."""
    if request.path.startswith("/-/"):
        return _own(resources, request)
    if "api-version" not in request.query:
        raise bad_request(
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )
    operation = _OPERATION.match(request.path)
    if operation:
        return _operation(resources, operation.group(1))
    deleted = _DELETED.match(request.path)
    if deleted:
        return _deleted_vaults(resources, request, deleted)
    return _resource(resources, request, request.path.rstrip("/"))


def _own(resources: Resources, request: Request) -> Reply:
    """Answer the sandbox's own calls, which Azure does not have."""
    if request.path == "/-/healthz":
        return Reply(200, {"status": "ok", "subscriptionId": SUBSCRIPTION_ID, "tenantId": TENANT_ID})
    if request.path == "/-/resources":
        return Reply(200, {"value": [_row(body) for body in resources.store.all()]})
    faults = _FAULTS.match(request.path)
    if faults is None:
        raise ArmError(404, "NotFound", f"There is no {request.path}.")
    if request.method == "POST":
        fault = resources.faults.add(request.body)
        resources.counterparts.fault_added(fault, resources.store)
        return Reply(201, {"id": fault.id})
    if request.method == "DELETE":
        gone = resources.faults.clear(faults.group(1))
        resources.counterparts.faults_cleared(gone, resources.store)
        return Reply(200, {"cleared": len(gone)})
    return Reply(200, {"value": resources.faults.in_force()})


def _row(body: dict[str, Any]) -> dict[str, Any]:
    state = body["properties"].get("provisioningState", "Succeeded")
    return {"id": body["id"], "type": body["type"], "location": body.get("location"), "state": state}


def _operation(resources: Resources, operation_id: str) -> Reply:
    operation = resources.store.operation(operation_id)
    if operation is None:
        raise ArmError(404, "OperationNotFound", f"The operation '{operation_id}' could not be found.")
    body = {"id": _operation_path(operation), "name": operation.id, "status": operation.status}
    if operation.error:
        body["error"] = operation.error  # type: ignore[assignment]
    return Reply(200, body, {"Retry-After": "0"} if operation.running else {})


def _deleted_vaults(resources: Resources, request: Request, found: re.Match[str]) -> Reply:
    location, name, purge = found.groups()
    if purge and request.method == "POST":
        resources.deleted_vaults.purge(location, name)
        return Reply(200, {})
    listed = resources.deleted_vaults.listing()
    if name is None:
        return Reply(200, {"value": listed})
    for item in listed:
        if item["name"].lower() == name.lower():
            return Reply(200, item)
    raise ArmError(404, "DeletedVaultNotFound", f"The specified deleted vault '{name}' does not exist.")


def _resource(resources: Resources, request: Request, path: str) -> Reply:
    match request.method:
        case "GET":
            return Reply(200, _read(resources, path))
        case "HEAD":
            resources.get(path)
            return Reply(204)
        case "PUT":
            headers = request.headers
            answer = resources.put(path, request.body, headers.get("if-match"), headers.get("if-none-match"))
            return _reply(answer)
        case "DELETE":
            return _reply(resources.delete(path))
        case "POST":
            arm_id, _, action = path.rpartition("/")
            return Reply(200, resources.act(arm_id, action, request.body))
        case _:
            raise ArmError(405, "MethodNotAllowed", f"The method {request.method} is not supported.")


def _read(resources: Resources, path: str) -> dict[str, Any]:
    if spec_for_id(path) is not None:
        return resources.get(path)
    scope, _, last = path.rpartition("/")
    if last.lower() == "resources" and "/providers/" not in path:
        return {"value": resources.listing(scope)}
    if last.lower() == "resourcegroups":
        return {"value": resources.listing(scope, "Microsoft.Resources/resourceGroups")}
    tail = path.rsplit("/providers/", 1)
    names = tail[1].split("/") if len(tail) == 2 else []
    spec = spec_by_arm_type("/".join([names[0], *names[1::2]])) if len(names) % 2 == 0 and names else None
    if spec is None:
        raise ArmError(404, "InvalidResourceType", f"The resource type of '{path}' could not be found.")
    return {"value": resources.listing(tail[0] if len(names) == 2 else scope, spec.arm_type)}


def _reply(answer: Answer) -> Reply:
    if answer.operation is None:
        return Reply(answer.status, answer.body)
    path = _operation_path(answer.operation)
    url = f"https://management.azure.com{path}?api-version=2024-11-01"
    headers = {"Azure-AsyncOperation": url, "Location": url, "Retry-After": "0"}
    return Reply(answer.status, answer.body, headers)


def _operation_path(operation: Operation) -> str:
    return f"/subscriptions/{SUBSCRIPTION_ID}/providers/Headgate.Sandbox/operations/{operation.id}"
