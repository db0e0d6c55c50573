"""Diff: what a change of inputs means: nothing, an update in place, or a replacement.

Owns the decision; the catalogue says which inputs force a replacement.
"""

from __future__ import annotations

from dataclasses import replace

from headgate.sandbox.azure.locations import normalized
from headgate.sandbox.azure.types.spec import TypeSpec
from headgate.sandbox.providers.protocol.diff import PropertyChange, changes
from headgate.sandbox.providers.protocol.values import Properties, PropertyPath, reveal


def compare(spec: TypeSpec, old: Properties, new: Properties) -> list[PropertyChange]:
    """Return the changes, each with whether it replaces the resource."""
    return [
        replace(change, replace=forces_replacement(spec, change.path))
        for change in changes(_settled(old), _settled(new))
    ]


def forces_replacement(spec: TypeSpec, path: PropertyPath) -> bool:
    """Say whether a change at a path needs another resource."""
    if path and path[0] in spec.path_inputs:
        return True
    dotted = ".".join(str(step) for step in path if isinstance(step, str))
    return any(dotted == name or dotted.startswith(f"{name}.") for name in spec.replaces)


def must_delete_first(spec: TypeSpec, old: Properties, new: Properties) -> bool:
    """Say whether the successor would have the same id: Azure can't hold both."""
    return all(reveal(old.get(name)) == reveal(new.get(name)) for name in spec.path_inputs)


def _settled(inputs: Properties) -> Properties:
    """Write a location in one way."""
    location = inputs.get("location")
    return {**inputs, "location": normalized(location)} if isinstance(location, str) else inputs
