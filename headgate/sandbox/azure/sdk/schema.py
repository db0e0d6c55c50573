"""A resource's schema: its inputs, outputs, nested types and enums, resolved from the SDK's source.

Owns the meaning of the generated annotations, and a cache on disk: the large modules (network, containerservice) take a
few tens of milliseconds to slice, and every `pulumi up` starts the provider anew.
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import re
import tempfile
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from headgate.sandbox.azure.sdk import source

# A type is "string" … "any", or ["list", T], ["map", T], ["ref", class], ["enum", name], ["union", [T, …]].
Type = Any

_FORMAT = 2
_SCALARS = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}


@dataclass(frozen=True)
class Property:
    """One input property."""

    type: Type
    required: bool = False
    default: Any = None
    constant: str | None = None


@dataclass(frozen=True)
class ResourceSchema:
    """Everything the SDK says of one resource type."""

    module: str
    name: str
    api_version: str
    inputs: dict[str, Property]
    outputs: tuple[str, ...]
    types: dict[str, dict[str, Property]]
    enums: dict[str, list[Any]]
    # Of an object among the outputs: what only Azure knows (`properties` → `vaultUri`).
    computed: dict[str, list[str]]


@cache
def schema_of(module: str, name: str) -> ResourceSchema | None:
    """Return the schema of `module:name`, or None when the SDK has no such resource."""
    kept = _cache_file(module, name)
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return _from_json(json.loads(kept.read_text()))
    found = _read(module, name)
    if found is not None:
        _keep(kept, found)
    return found


def _read(module: str, name: str) -> ResourceSchema | None:
    text = source.module_text(module, source.snake(name))
    # A resource whose arguments would collide with a nested type of the same name has `…InitArgs`.
    arguments = source.class_text(text, f"{name}InitArgs") or source.class_text(text, f"{name}Args")
    resource = source.class_text(text, name)
    if arguments is None or resource is None:
        return None
    types: dict[str, dict[str, Property]] = {}
    enums: dict[str, list[Any]] = {}
    inputs = _properties(module, arguments, types, enums)
    outputs = source.getters(resource)
    return ResourceSchema(
        module,
        name,
        source.api_version(resource),
        inputs,
        tuple(getter.name for getter in outputs),
        types,
        enums,
        {getter.name: found for getter in outputs if (found := _computed(module, getter, inputs, types))},
    )


def _computed(
    module: str, getter: source.Getter, inputs: dict[str, Property], types: dict[str, dict[str, Property]]
) -> list[str]:
    """Return the names in an output object that its input does not have."""
    stated = inputs[getter.name].type if getter.name in inputs else None
    response = re.search(r"'outputs\.(\w+)'", getter.annotation)
    if response is None or not isinstance(stated, list) or stated[0] != "ref":
        return []
    body = source.class_text(source.module_text(module, "outputs"), response.group(1))
    known = types.get(stated[1], {})
    return [item.name for item in source.getters(body or "") if item.name not in known]


def _properties(
    module: str, text: str, types: dict[str, dict[str, Property]], enums: dict[str, list[Any]]
) -> dict[str, Property]:
    found = {}
    for getter in source.getters(text):
        expression = ast.parse(getter.annotation, mode="eval").body
        optional, kind = _kind(expression)
        _collect(module, kind, types, enums)
        found[getter.name] = Property(_settle(kind, enums), not optional, getter.default, getter.constant)
    return found


def _collect(module: str, kind: Type, types: dict[str, dict[str, Property]], enums: dict[str, list[Any]]) -> None:
    """Read the classes that a type names, and theirs."""
    for name in _references(kind):
        if name in types or name in enums:
            continue
        body = source.class_text(source.module_text(module, "_inputs"), name) if name.endswith("Args") else None
        if body is not None:
            types[name] = {}  # before descending: types may hold themselves
            types[name].update(_properties(module, body, types, enums))
            continue
        values = source.class_text(source.module_text(module, "_enums"), name)
        enums[name] = source.enum_values(values) if values else []


def _references(kind: Type) -> list[str]:
    if not isinstance(kind, list):
        return []
    if kind[0] == "ref":
        return [kind[1]]
    if kind[0] == "union":
        return [name for item in kind[1] for name in _references(item)]
    return _references(kind[1])


def _settle(kind: Type, enums: dict[str, list[Any]]) -> Type:
    """Replace references to enums by their own kind, and `str | Enum` by the enum alone."""
    if not isinstance(kind, list):
        return kind
    if kind[0] == "ref":
        return ["enum", kind[1]] if kind[1] in enums else kind
    if kind[0] != "union":
        return [kind[0], _settle(kind[1], enums)]
    members = [_settle(item, enums) for item in kind[1]]
    named = [item for item in members if isinstance(item, list) and item[0] == "enum"]
    return named[0] if named else ["union", members]


def _kind(node: ast.expr) -> tuple[bool, Type]:
    """Return whether a type may be absent, and the type."""
    match node:
        case ast.Subscript(value=ast.Attribute(attr="Input"), slice=inner):
            return _kind(inner)
        case ast.Subscript(value=ast.Name(id="Optional"), slice=inner):
            return True, _kind(inner)[1]
        case ast.Subscript(value=ast.Name(id="Sequence"), slice=inner):
            return False, ["list", _kind(inner)[1]]
        case ast.Subscript(value=ast.Name(id="Mapping"), slice=ast.Tuple(elts=[_, inner])):
            return False, ["map", _kind(inner)[1]]
        case ast.Subscript(value=ast.Name(id="Union"), slice=ast.Tuple(elts=members)):
            return False, ["union", [_kind(member)[1] for member in members]]
        case ast.Constant(value=str(name)):
            return False, ["ref", name]
        case ast.Attribute(attr=name) if name in _SCALARS:
            return False, _SCALARS[name]
        case _:
            return False, "any"


def _cache_file(module: str, name: str) -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "headgate" / "azure-sdk" / f"{source.package_version()}-{_FORMAT}" / f"{module}.{name}.json"


def _keep(path: Path, schema: ResourceSchema) -> None:
    """Write the cache; a read-only home costs time, never a failure."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as stream:
            json.dump(asdict(schema), stream)
        Path(stream.name).replace(path)


def _from_json(document: dict[str, Any]) -> ResourceSchema:
    def properties(raw: dict[str, Any]) -> dict[str, Property]:
        return {key: Property(**value) for key, value in raw.items()}

    return ResourceSchema(
        document["module"],
        document["name"],
        document["api_version"],
        properties(document["inputs"]),
        tuple(document["outputs"]),
        {key: properties(value) for key, value in document["types"].items()},
        document["enums"],
        document["computed"],
    )
