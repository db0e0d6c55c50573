"""Turns what pydantic found into errors that name the file, the line and the edit."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Callable
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from headgate.errors import HeadgateError
from headgate.stack.document import STACK, Form, KeyPath, Origin
from headgate.stack.faults import dotted


def from_validation(
    error: ValidationError, model: type[BaseModel], origin: Callable[[KeyPath], Origin], form: Form = STACK
) -> list[HeadgateError]:
    """Return one error per fault of a validation, in file order."""
    details = error.errors()
    errors = [_from_detail(each, model, origin, form) for each in details if not _follows(each, details)]
    return sorted(errors, key=_position)


def _follows(detail: ErrorDetails, others: list[ErrorDetails]) -> bool:
    """Tell a list that is too short since its items are wrong: they are told."""
    at = detail["loc"]
    return detail["type"] == "too_short" and any(
        len(each["loc"]) > len(at) and each["loc"][: len(at)] == at for each in others
    )


def _position(error: HeadgateError) -> tuple[str, int]:
    """Order errors by file, then by line as a number."""
    file, _, line = (error.where or "").rpartition(":")
    return file, int(line) if line.isdigit() else 0


def _from_detail(
    detail: ErrorDetails, model: type[BaseModel], origin: Callable[[KeyPath], Origin], form: Form
) -> HeadgateError:
    """Translate one fault."""
    path: KeyPath = tuple(part for part in detail["loc"] if not _is_union_branch(part))
    where = str(origin(path))
    name = dotted(path)
    kind = detail["type"]
    if kind == "extra_forbidden":
        return _unknown_key(where, path, fields_at(model, path[:-1]), form)
    if kind == "missing":
        return HeadgateError(
            f"`{name}` is missing",
            where=where,
            found="nothing",
            expected=describe(model, path),
            fix=f"add `{path[-1]}:` here",
        )
    value = detail["input"]
    if isinstance(value, dict) and set(value) == {"secure"}:
        return HeadgateError(
            f"`{name}` is encrypted",
            where=where,
            found="a secret",
            expected="a plain value: stack settings hold no secrets, those live in the vault",
            fix=f"pulumi config set --plaintext --path 'headgate:{getattr(model, 'SECTION', '')}.{name}' VALUE",
        )
    context = detail.get("ctx", {})
    return HeadgateError(
        f"`{name}` does not fit",
        where=where,
        found=_shown(value),
        expected=str(context.get("expected_text") or _expected(detail)),
        fix=str(context.get("fix") or f"correct it; what it means: {describe(model, path)}"),
    )


def _is_union_branch(part: int | str) -> bool:
    """Tell pydantic's own marks in a location (`function-after[…]`, type names) from keys."""
    return isinstance(part, str) and ("[" in part or part in {"str", "int", "constrained-str"})


def _unknown_key(where: str, path: KeyPath, known: list[str], form: Form) -> HeadgateError:
    """Say which keys exist, and which was probably meant."""
    key = str(path[-1])
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    return HeadgateError(
        f"unknown key `{dotted(path)}`",
        where=where,
        found=key,
        expected=f"one of: {', '.join(sorted(known))}",
        fix=f"did you mean `{close[0]}`?" if close else f"remove it, or see {form.page}",
    )


# What pydantic calls "a valid …", in the words of someone who writes YAML.
_IN_WORDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
}


def _expected(detail: ErrorDetails) -> str:
    """Say in words what a type needs; a number where text belongs is the commonest trap."""
    if detail["type"] == "string_type" and isinstance(detail["input"], int | float):
        return f'text: put it in quotes, "{detail["input"]}"'
    if detail["type"] in _IN_WORDS:
        return _IN_WORDS[detail["type"]]
    if detail["type"] == "too_short":
        return f"at least {detail['ctx']['min_length']} of them"
    message = detail["msg"]
    return message.removeprefix("Value error, ").removeprefix("Input should be ")


def _shown(value: Any) -> str:
    """Show a value briefly, with its type where that is the point."""
    if isinstance(value, dict):
        return f"a mapping with {', '.join(map(str, value)) or 'nothing'}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    kinds = {bool: "true or false", int: "a number", float: "a number", type(None): "nothing"}
    kind = kinds.get(type(value))
    return f"{value} ({kind})" if kind and value is not None else "nothing" if value is None else str(value)[:120]


def fields_at(model: type[BaseModel], path: KeyPath) -> list[str]:
    """Return the keys that may stand at a path."""
    target = _type_at(model, path)
    return list(target.model_fields) if _is_model(target) else []


def describe(model: type[BaseModel], path: KeyPath) -> str:
    """Return the description of the field at a path, for a person."""
    parent = _type_at(model, path[:-1])
    info = parent.model_fields.get(str(path[-1])) if path and _is_model(parent) else None
    return info.description if info and info.description else "what the schema says"


def _is_model(target: Any) -> bool:
    return isinstance(target, type) and issubclass(target, BaseModel)


def _type_at(model: Any, path: KeyPath) -> Any:
    """Follow a path through the models' annotations."""
    current: Any = model
    for part in path:
        if isinstance(part, int):
            current = _unwrapped(next(iter(get_args(current)), None))
        elif _is_model(current) and part in current.model_fields:
            current = _unwrapped(current.model_fields[part].annotation)
        elif get_origin(current) is dict:
            current = _unwrapped(get_args(current)[1])
        else:
            return None
    return current


def _unwrapped(annotation: Any) -> Any:
    """Take `None` and annotations off a type."""
    while get_origin(annotation) in (typing.Union, types.UnionType, typing.Annotated):
        annotation = next(item for item in get_args(annotation) if item is not type(None))
    return annotation
