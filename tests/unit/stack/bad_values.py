"""Every value that a stack file can have, and for each what would be wrong with it: read from the models themselves.

So a new setting, bound or pattern is tested without being listed anywhere.
"""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, PlainValidator, WrapValidator

from headgate.stack.document import KeyPath
from headgate.stack.faults import dotted

PLACEHOLDER = "placeholder"
NONSENSE = "~ nonsense ~"
_FUNCTIONS = (AfterValidator, BeforeValidator, PlainValidator, WrapValidator)


@dataclass(frozen=True)
class BadValue:
    """One wrong value of one setting."""

    path: KeyPath
    kind: str
    value: Any

    def __str__(self) -> str:
        """Name the case."""
        return f"{dotted(self.path)}: {self.kind}"


def whole(schema: dict[str, Any], node: dict[str, Any] | None = None) -> Any:
    """Return a document that has every setting, with lists and mappings of one entry."""
    node = _resolved(schema, schema if node is None else node)
    if "properties" in node:
        return {key: whole(schema, each) for key, each in node["properties"].items()}
    if isinstance(node.get("additionalProperties"), dict):
        return {PLACEHOLDER: whole(schema, node["additionalProperties"])}
    if node.get("type") == "array":
        return [whole(schema, node["items"])]
    return PLACEHOLDER


def bad_values(schema: dict[str, Any], node: dict[str, Any] | None = None, path: KeyPath = ()) -> Iterator[BadValue]:
    """Yield what the schema forbids, setting by setting."""
    node = _resolved(schema, schema if node is None else node)
    if path:
        yield from (BadValue(path, kind, value) for kind, value in _forbidden(schema, node))
    for key, each in node.get("properties", {}).items():
        yield from bad_values(schema, each, (*path, key))
    if isinstance(node.get("additionalProperties"), dict):
        yield from bad_values(schema, node["additionalProperties"], (*path, PLACEHOLDER))
    if node.get("type") == "array":
        yield from bad_values(schema, node["items"], (*path, 0))


def _forbidden(schema: dict[str, Any], node: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield kind and value of each thing that a node's own keywords forbid."""
    if "enum" in node or "const" in node:
        yield "not one of the words", NONSENSE
    elif "pattern" in node:
        yield "pattern", NONSENSE
    if node.get("type") in ("integer", "number"):
        yield "not a number", "few"
        yield from _beyond(node)
    if node.get("type") == "boolean":
        yield "neither true nor false", "maybe"
    if node.get("type") == "array":
        yield from _lengths(schema, node)
    if "properties" in node or "additionalProperties" in node:
        yield "not a mapping", "text"
    if node.get("type") == "string":
        yield "not text", ["a list"]
        if "maxLength" in node:
            yield "too long", "x" * (node["maxLength"] + 1)


def _beyond(node: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the numbers next to the bounds."""
    for keyword, step in (("minimum", -1), ("maximum", 1), ("exclusiveMinimum", 0), ("exclusiveMaximum", 0)):
        if keyword in node:
            yield keyword, node[keyword] + step


def _lengths(schema: dict[str, Any], node: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield lists that are too short or too long, and what is no list."""
    yield "not a list", "text"
    if node.get("minItems"):
        yield "too few", []
    if "maxItems" in node:
        yield "too many", [whole(schema, node["items"])] * (node["maxItems"] + 1)


def _resolved(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Follow references, and take the branch of an optional value that is not nothing."""
    while True:
        if "$ref" in node:
            rest = {key: value for key, value in node.items() if key != "$ref"}
            node = {**schema["$defs"][node["$ref"].rpartition("/")[2]], **rest}
        elif "anyOf" in node:
            node = next(each for each in node["anyOf"] if each.get("type") != "null")
        elif len(node.get("allOf", [])) == 1:
            node = node["allOf"][0]
        else:
            return node


def required(schema: dict[str, Any], node: dict[str, Any] | None = None, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield the path of every setting that must be there."""
    node = _resolved(schema, schema if node is None else node)
    yield from ((*path, key) for key in node.get("required", []))
    for key, each in node.get("properties", {}).items():
        yield from required(schema, each, (*path, key))
    if node.get("type") == "array":
        yield from required(schema, node["items"], (*path, 0))


def groups(schema: dict[str, Any], node: dict[str, Any] | None = None, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield the path of every mapping with fixed keys."""
    node = _resolved(schema, schema if node is None else node)
    if "properties" in node:
        yield path
    for key, each in node.get("properties", {}).items():
        yield from groups(schema, each, (*path, key))
    if node.get("type") == "array":
        yield from groups(schema, node["items"], (*path, 0))


def functions(annotation: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """Yield path and name of every function that judges a value beyond what the schema can say."""
    yield from _own(getattr(annotation, "__metadata__", ()), path)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for key, field in annotation.model_fields.items():
            yield from _own(field.metadata, (*path, key))
            yield from functions(field.annotation, (*path, key))
        return
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is list:
        yield from functions(arguments[0], (*path, 0))
    elif origin is dict:
        yield from functions(arguments[1], (*path, PLACEHOLDER))
    elif origin is typing.Annotated:
        yield from functions(arguments[0], path)
    elif origin in (typing.Union, types.UnionType):
        for each in arguments:
            yield from functions(each, path)


def _own(extras: Iterable[Any], path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """Yield the functions among a value's annotations."""
    for extra in extras:
        if isinstance(extra, _FUNCTIONS):
            yield path, extra.func.__qualname__


def replaced(document: Any, path: KeyPath, value: Any) -> Any:
    """Return a copy of a document with one value replaced, or added."""
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(document, list):
        return [replaced(each, rest, value) if index == head else each for index, each in enumerate(document)]
    return {**document, head: replaced(document.get(head), rest, value)}


def without(document: Any, path: KeyPath) -> Any:
    """Return a copy of a document without one value."""
    if isinstance(document, list):
        return [without(each, path[1:]) if index == path[0] else each for index, each in enumerate(document)]
    if len(path) == 1:
        return {key: value for key, value in document.items() if key != path[0]}
    return {**document, path[0]: without(document[path[0]], path[1:])}


def stack_file(section: str, document: Any) -> str:
    """Return a stack file, one value a line."""
    return yaml.safe_dump({"config": {f"headgate:{section}": document}}, sort_keys=False, width=10_000)


def with_lines(section: str, document: Any, values: Mapping[KeyPath, Any]) -> tuple[str, dict[KeyPath, int]]:
    """Return a stack file with values at their paths, and the line on which each, or its key, stands."""
    marks = {path: f"@@{number}@@" for number, path in enumerate(values)}
    for path, mark in marks.items():
        document = replaced(document, path, mark)
    text = stack_file(section, document)
    lines = {
        path: next(number for number, line in enumerate(text.splitlines(), 1) if f"'{mark}'" in line)
        for path, mark in marks.items()
    }
    for path, mark in marks.items():
        text = text.replace(f"'{mark}'", json.dumps(values[path]))
    return text, lines


def packed(cases: Iterable[BadValue]) -> list[dict[KeyPath, BadValue]]:
    """Lay cases together that do not hide each other: a file is told all its faults at once."""
    packs: list[dict[KeyPath, BadValue]] = []
    for case in cases:
        for pack in packs:
            if not any(_nested(case.path, other) for other in pack):
                pack[case.path] = case
                break
        else:
            packs.append({case.path: case})
    return packs


def _nested(one: KeyPath, other: KeyPath) -> bool:
    """Say whether one path is, or leads to, the other."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def line_of(text: str, section: str, path: KeyPath) -> int:
    """Return the line of a key or list item, as YAML's own reader marks it."""
    node = yaml.compose(text)
    line = 0
    for part in ("config", f"headgate:{section}", *path):
        if isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line
        else:
            key, node = next(pair for pair in node.value if pair[0].value == part)
            line = key.start_mark.line
    return line + 1
