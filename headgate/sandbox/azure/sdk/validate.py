"""Checks a resource's inputs against the SDK's own types, and fills in the defaults that the SDK would.

Owns the wording: each problem names the path, what was found, what was expected, and the nearest name that exists.
Secrets are opened by the caller first; an unknown value satisfies anything, for it is judged again at the update.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from headgate.sandbox.azure.sdk.schema import Property, ResourceSchema, Type

_PYTHON = {"string": str, "boolean": bool}
_NAMES = {"dict": "an object", "list": "a list", "str": "a string", "bool": "a boolean", "NoneType": "nothing"}
_SHOWN = 60


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the inputs."""

    path: str
    found: str
    expected: str
    near: str | None = None

    def __str__(self) -> str:
        hint = f"; did you mean {self.near!r}?" if self.near else ""
        return f"{self.path}: found {self.found}, expected {self.expected}{hint}"


def validate(schema: ResourceSchema, inputs: Mapping[str, Any], unknown: object = None) -> list[Problem]:
    """Return every problem of the inputs. `unknown` is the marker of a value that is not known yet."""
    return list(_Checker(schema, unknown).object(schema.inputs, inputs, ""))


def with_defaults(schema: ResourceSchema, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs with the defaults of the SDK's classes, which a dictionary literal goes past."""
    return _filled(schema, schema.inputs, inputs)


def stated_only(schema: ResourceSchema, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a resource a program can state: Azure's answers hold more, at every level."""
    return {name: _pruned(schema, prop.type, inputs[name]) for name, prop in schema.inputs.items() if name in inputs}


def _pruned(schema: ResourceSchema, kind: Type, value: Any) -> Any:
    if isinstance(kind, str):
        return value
    if kind[0] == "ref" and isinstance(value, dict):
        known = schema.types.get(kind[1], {})
        return {name: _pruned(schema, prop.type, value[name]) for name, prop in known.items() if name in value}
    if kind[0] == "list" and isinstance(value, list):
        return [_pruned(schema, kind[1], item) for item in value]
    if kind[0] == "map" and isinstance(value, dict):
        return {name: _pruned(schema, kind[1], item) for name, item in value.items()}
    return value


# Values that Azure takes and documents, and that the SDK's list of an open enum lacks.
_BESIDE = {"KnownDataFlowStreams": ("Microsoft-PrometheusMetrics",)}


def nearest(name: str, names: Any) -> str | None:
    """Return the most similar name, whatever its case."""
    lowered = {str(item).lower(): str(item) for item in names}
    found = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.6)
    return lowered[found[0]] if found else None


def shown(value: Any) -> str:
    """Describe a value without printing a large one."""
    if isinstance(value, dict | list) or value is None:
        return _NAMES[type(value).__name__]
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


@dataclass(frozen=True)
class _Checker:
    schema: ResourceSchema
    unknown: object

    def object(self, properties: Mapping[str, Property], value: Mapping[str, Any], at: str) -> Iterator[Problem]:
        for name, item in value.items():
            path = f"{at}.{name}" if at else name
            if name not in properties:
                known = f"one of {len(properties)} properties of {at or self.schema.name}"
                yield Problem(path, "an unknown property", known, nearest(name, properties))
            elif item is not None:
                yield from self.property(properties[name], item, path)
        for name, prop in properties.items():
            missing = prop.required and prop.default is None and prop.constant is None
            if missing and value.get(name) is None:
                yield Problem(f"{at}.{name}" if at else name, "nothing", f"{self.described(prop.type)} (required)")

    def property(self, prop: Property, value: Any, at: str) -> Iterator[Problem]:
        if prop.constant is not None and value is not self.unknown and value != prop.constant:
            yield Problem(at, shown(value), repr(prop.constant))
        else:
            yield from self.value(prop.type, value, at)

    def value(self, kind: Type, value: Any, at: str) -> Iterator[Problem]:
        if kind == "any" or (self.unknown is not None and value is self.unknown):
            return
        if isinstance(kind, str):
            if not _is_scalar(kind, value):
                yield Problem(at, shown(value), self.described(kind))
            return
        yield from getattr(self, f"_{kind[0]}")(kind[1], value, at)

    def _list(self, inner: Type, value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield Problem(at, shown(value), "a list")
            return
        for index, item in enumerate(value):
            yield from self.value(inner, item, f"{at}[{index}]")

    def _map(self, inner: Type, value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(at, shown(value), "an object")
            return
        for key, item in value.items():
            yield from self.value(inner, item, f'{at}["{key}"]')

    def _ref(self, name: str, value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(at, shown(value), f"an object ({name.removesuffix('Args')})")
            return
        yield from self.object(self.schema.types.get(name, {}), value, at)

    def _enum(self, name: str, value: Any, at: str) -> Iterator[Problem]:
        allowed = self.schema.enums.get(name, [])
        if allowed and value not in allowed and value not in _BESIDE.get(name, ()):
            near = nearest(value, allowed) if isinstance(value, str) else None
            yield Problem(at, shown(value), f"one of {', '.join(map(str, allowed))}", near)

    def _union(self, members: list[Type], value: Any, at: str) -> Iterator[Problem]:
        attempts = [list(self.value(member, value, at)) for member in members]
        yield from min(attempts, key=len)

    def described(self, kind: Type) -> str:
        if isinstance(kind, str):
            return {"integer": "an integer", "any": "a value"}.get(kind, f"a {kind}")
        if kind[0] == "enum":
            return f"one of {', '.join(map(str, self.schema.enums.get(kind[1], [])))}"
        if kind[0] == "ref":
            return f"an object ({kind[1].removesuffix('Args')})"
        return "a list" if kind[0] == "list" else "an object"


def _is_scalar(kind: str, value: Any) -> bool:
    if kind in _PYTHON:
        return isinstance(value, _PYTHON[kind])
    if isinstance(value, bool):
        return False
    return isinstance(value, int) if kind == "integer" else isinstance(value, int | float)


def _filled(schema: ResourceSchema, properties: Mapping[str, Property], value: Mapping[str, Any]) -> dict[str, Any]:
    out = {key: _fill(schema, properties[key].type, item) if key in properties else item for key, item in value.items()}
    for name, prop in properties.items():
        preset = prop.constant if prop.constant is not None else prop.default
        if preset is not None and out.get(name) is None:
            out[name] = preset
    return out


def _fill(schema: ResourceSchema, kind: Type, value: Any) -> Any:
    if isinstance(kind, str) or kind[0] in ("enum", "union"):
        return value
    if kind[0] == "ref" and isinstance(value, dict):
        return _filled(schema, schema.types.get(kind[1], {}), value)
    if kind[0] == "list" and isinstance(value, list):
        return [_fill(schema, kind[1], item) for item in value]
    if kind[0] == "map" and isinstance(value, dict):
        return {key: _fill(schema, kind[1], item) for key, item in value.items()}
    return value
