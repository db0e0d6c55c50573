"""What a preview can say of a resource: what is stated, and what only Azure knows as unknown.

Owns the outputs of a preview. A value that is left out counts as unknown when a resource is created.
"""

from __future__ import annotations

from typing import Any

from headgate.sandbox.azure import bodies
from headgate.sandbox.azure.types.spec import TypeSpec
from headgate.sandbox.providers.protocol.values import UNKNOWN, Properties, Secret, Unknown, is_known


def created(spec: TypeSpec, inputs: Properties) -> Properties:
    """Return the outputs of a creation, as far as they are known."""
    computed = bodies.schema_for(spec).computed
    found = {name: _opened(value, computed.get(name, []), {}) for name, value in _stated(spec, inputs).items()}
    return _with_identity(found)


def updated(spec: TypeSpec, inputs: Properties, state: Properties) -> Properties:
    """Return the outputs of an update in place: what Azure made once it keeps."""
    computed = bodies.schema_for(spec).computed
    stated = {
        name: _opened(value, computed.get(name, []), state.get(name)) for name, value in _stated(spec, inputs).items()
    }
    return _with_identity({**state, **stated})


def _stated(spec: TypeSpec, inputs: Properties) -> Properties:
    outputs = bodies.schema_for(spec).outputs
    return {name: value for name, value in inputs.items() if name in outputs}


def _opened(value: Any, computed: list[str], before: Any) -> Any:
    """Add to an object what only Azure knows of it."""
    if isinstance(value, Secret):
        return Secret(_opened(value.value, computed, before))
    if not isinstance(value, dict):
        return value
    kept = before if isinstance(before, dict) else {}
    return {**{name: kept.get(name, UNKNOWN) for name in computed}, **value}


def _with_identity(outputs: Properties) -> Properties:
    """Show identities as Azure does: by id, not as a list. Ids that are unknown leave the whole unknown."""
    identity = outputs.get("identity")
    if not isinstance(identity, dict) or not isinstance(identity.get("userAssignedIdentities"), list | Unknown):
        return outputs
    listed = identity["userAssignedIdentities"]
    if not is_known(listed) or any(not isinstance(item, str) for item in listed):
        return {**outputs, "identity": UNKNOWN}
    shown = {item: {"clientId": UNKNOWN, "principalId": UNKNOWN} for item in listed}
    return {**outputs, "identity": {**identity, "userAssignedIdentities": shown}}
