"""Pulumi's property values as plain Python: dicts, lists, strings, numbers, and four explicit kinds for the rest.

Owns the mapping between `google.protobuf.Struct` and Python, both ways. A secret is a `Secret`, a value that is not
known during a preview is `UNKNOWN`: neither can pass silently for an ordinary string.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, cast

from google.protobuf import struct_pb2

Properties = dict[str, Any]
PropertyPath = tuple[str | int, ...]

# Signatures that mark a struct as something other than an object (sdk/go/common/resource/properties.go).
SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a published marker
ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"

UNKNOWN_STRING: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
UNKNOWN_SENTINELS: Final = frozenset(
    {
        UNKNOWN_STRING,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)


class Unknown:
    """A value that the engine learns only when the update runs. There is one: `UNKNOWN`."""

    _instance: Unknown | None = None

    def __new__(cls) -> Unknown:
        """Return the only instance, so that `is` and `==` agree."""
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __deepcopy__(self, memo: object) -> Unknown:
        return self


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that must stay encrypted in state and hidden in every message."""

    value: Any = field(repr=False)


@dataclass(frozen=True)
class Asset:
    """A file or an archive that a program passes by reference; `fields` are text, path, uri or assets."""

    archive: bool
    fields: Properties


@dataclass(frozen=True)
class ResourceReference:
    """A resource passed as a value."""

    urn: str
    id: Any = None
    version: str = ""


def decode(struct: struct_pb2.Struct | None) -> Properties:
    """Return a request's properties as Python values; null properties stay as None."""
    if struct is None:
        return {}
    return {key: _decode_value(value) for key, value in struct.fields.items()}


def encode(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """Return Python values as a response's properties."""
    struct = struct_pb2.Struct()
    for key, value in properties.items():
        _encode_into(struct.fields[key], value)
    return struct


def reveal(value: Any) -> Any:
    """Return the value with secrets opened, for use inside the provider only."""
    if isinstance(value, Secret):
        return reveal(value.value)
    if isinstance(value, dict):
        return {key: reveal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [reveal(item) for item in value]
    return value


def is_known(value: Any) -> bool:
    """Whether no part of the value is unknown."""
    return next(unknown_paths(value), None) is None


def value_at(value: Any, path: PropertyPath) -> Any:
    """Return what stands at a path; None where there is nothing."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(str(step))
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def unknown_paths(value: Any, at: PropertyPath = ()) -> Iterator[PropertyPath]:
    """Yield the path of every unknown inside the value."""
    return _paths(value, Unknown, at)


def secret_paths(value: Any, at: PropertyPath = ()) -> Iterator[PropertyPath]:
    """Yield the path of every outermost secret inside the value."""
    return _paths(value, Secret, at)


def conceal(value: Any, secret_like: Any) -> Any:
    """Mark as secret in `value` what is secret at the same place in `secret_like`; in doubt, the whole list."""
    if isinstance(value, Secret):
        return value
    if isinstance(secret_like, Secret):
        return Secret(value)
    if isinstance(value, dict) and isinstance(secret_like, dict):
        return {key: conceal(item, secret_like.get(key)) for key, item in value.items()}
    if isinstance(value, list) and isinstance(secret_like, list):
        if len(value) != len(secret_like) and next(secret_paths(secret_like), None) is not None:
            return Secret(reveal(value))  # positions moved: no item can be told from the secret one
        return [conceal(item, like) for item, like in zip(value, secret_like, strict=False)] + value[len(secret_like) :]
    return value


_Document = TypeVar("_Document")


def without_nulls(value: _Document) -> _Document:
    """Return the value without null properties (a null in a list is kept: it has a position)."""
    if isinstance(value, Secret):
        return cast("_Document", Secret(without_nulls(value.value)))
    if isinstance(value, dict):
        kept = {key: without_nulls(item) for key, item in value.items() if item is not None}
        return cast("_Document", kept)
    if isinstance(value, list):
        return cast("_Document", [without_nulls(item) for item in value])
    return value


def _paths(value: Any, kind: type, at: PropertyPath) -> Iterator[PropertyPath]:
    if isinstance(value, kind):
        yield at
    elif isinstance(value, Secret):
        yield from _paths(value.value, kind, at)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _paths(item, kind, (*at, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _paths(item, kind, (*at, index))


def _decode_value(value: struct_pb2.Value) -> Any:
    match value.WhichOneof("kind"):
        case "string_value":
            text = value.string_value
            return UNKNOWN if text in UNKNOWN_SENTINELS else text
        case "number_value":
            # Protobuf has doubles only; a port or a replica count must come back as an integer.
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "bool_value":
            return value.bool_value
        case "list_value":
            return [_decode_value(item) for item in value.list_value.values]
        case "struct_value":
            return _decode_struct(value.struct_value)
        case _:
            return None


def _decode_struct(struct: struct_pb2.Struct) -> Any:
    plain = {key: _decode_value(value) for key, value in struct.fields.items()}
    if SIGNATURE not in plain:
        return plain
    match plain.pop(SIGNATURE):
        case x if x == SECRET:
            return Secret(plain.get("value"))
        case x if x == OUTPUT:
            known = plain.get("value", UNKNOWN)
            return Secret(known) if plain.get("secret") else known
        case x if x == RESOURCE:
            return ResourceReference(plain["urn"], plain.get("id"), plain.get("packageVersion", ""))
        case signature:
            return Asset(archive=signature == ARCHIVE, fields=plain)


def _encode_into(target: struct_pb2.Value, value: Any) -> None:
    match value:
        case None:
            target.null_value = struct_pb2.NULL_VALUE
        case bool():
            target.bool_value = value
        case int() | float():
            target.number_value = value
        case str():
            target.string_value = value
        case list() | tuple():
            target.list_value.SetInParent()
            for item in value:
                _encode_into(target.list_value.values.add(), item)
        case Mapping():
            target.struct_value.SetInParent()
            for key, item in value.items():
                _encode_into(target.struct_value.fields[key], item)
        case _:
            _encode_special(target, value)


def _encode_special(target: struct_pb2.Value, value: Any) -> None:
    match value:
        case Unknown():
            target.string_value = UNKNOWN_STRING
        case Secret():
            # A secret inside a secret adds nothing, and the engine does not expect it.
            _encode_into(target, {SIGNATURE: SECRET, "value": reveal(value.value)})
        case Asset():
            _encode_into(target, {SIGNATURE: ARCHIVE if value.archive else ASSET, **value.fields})
        case ResourceReference():
            document = {SIGNATURE: RESOURCE, "urn": value.urn, "packageVersion": value.version}
            _encode_into(target, document | ({} if value.id is None else {"id": value.id}))
        case _:
            raise TypeError(f"a property can't be a {type(value).__name__}")
