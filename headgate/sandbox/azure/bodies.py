"""Between the SDK's flat inputs and ARM's bodies (`location`, `tags`, … beside `properties`), both ways.

Owns the mapping alone; it is total, so that what a program states comes back as it was stated.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from headgate.sandbox.azure.sdk import ResourceSchema, schema_of
from headgate.sandbox.azure.types.spec import ENVELOPE, Body, TypeSpec

_SET_BY_AZURE = frozenset({"id", "name", "type", "systemData"})


def schema_for(spec: TypeSpec) -> ResourceSchema:
    """Return the SDK's schema of a type; the catalogue's own test proves that each has one."""
    schema = schema_of(spec.module, spec.resource)
    if schema is None:
        raise LookupError(f"pulumi_azure_native has no {spec.token}")
    return schema


def to_body(spec: TypeSpec, inputs: Mapping[str, Any]) -> Body:
    """Return the body of a PUT for the SDK's inputs."""
    nested = "properties" in schema_for(spec).inputs
    body: Body = {"properties": dict(inputs.get("properties") or {})} if nested else {"properties": {}}
    for name, value in inputs.items():
        if value is None or name in spec.path_inputs or (nested and name == "properties"):
            continue
        if name in spec.in_properties or name not in ENVELOPE:
            body["properties"][name] = value
        elif name not in _SET_BY_AZURE:
            body[name] = value
    identities = (body.get("identity") or {}).get("userAssignedIdentities")
    if isinstance(identities, list):
        body["identity"] = {**body["identity"], "userAssignedIdentities": {item: {} for item in identities}}
    return body


def to_inputs(spec: TypeSpec, arm_id: str, body: Body) -> dict[str, Any]:
    """Return the SDK's inputs that a body and its id state: what an import starts from."""
    schema = schema_for(spec)
    flat = _flat(spec, body)
    found = {name: flat[name] for name in schema.inputs if flat.get(name) is not None and name not in _SET_BY_AZURE}
    for name in spec.in_properties:
        if body["properties"].get(name) is not None:
            found[name] = body["properties"][name]
    identities = (found.get("identity") or {}).get("userAssignedIdentities")
    if isinstance(identities, dict):
        found["identity"] = {**found["identity"], "userAssignedIdentities": sorted(identities)}
    values = spec.template.match(arm_id) or {}
    return found | {name: values[name] for name in spec.path_inputs if name in values}


def to_outputs(spec: TypeSpec, body: Body, api_version: str = "") -> dict[str, Any]:
    """Return the SDK's outputs of a body as Azure answered it."""
    schema = schema_for(spec)
    flat = _flat(spec, body)
    found = {name: flat[name] for name in schema.outputs if flat.get(name) is not None}
    found["azureApiVersion"] = api_version or schema.api_version
    return found


def without(body: Body, paths: tuple[str, ...]) -> Body:
    """Return a copy of a body without the values at dotted paths."""
    if not paths:
        return body
    kept = copy.deepcopy(body)
    for path in paths:
        *parents, last = path.split(".")
        at: Any = kept
        for name in parents:
            at = at.get(name) if isinstance(at, dict) else None
        if isinstance(at, dict):
            at.pop(last, None)
    return kept


def value_at(document: Any, path: str) -> Any:
    """Return the value at a dotted path, or None."""
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _flat(spec: TypeSpec, body: Body) -> dict[str, Any]:
    properties = body.get("properties") or {}
    return {**properties, **body, **{name: properties[name] for name in spec.in_properties if name in properties}}
