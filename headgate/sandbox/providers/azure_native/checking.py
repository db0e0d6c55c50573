"""Check: a program's inputs, completed and held to the SDK's types and Azure's names before anything is planned.

Owns completion (names, location, defaults) and the wording of failures.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pulumi.runtime.proto import provider_pb2

from headgate.sandbox.azure import bodies
from headgate.sandbox.azure.ids import GROUP_PATH, group_id, stable_uuid
from headgate.sandbox.azure.rules import name_refusal
from headgate.sandbox.azure.sdk import Problem, validate, with_defaults
from headgate.sandbox.azure.types import resolve
from headgate.sandbox.azure.types.spec import Autoname, LocationKind, TypeSpec
from headgate.sandbox.providers.azure_native.session import Session
from headgate.sandbox.providers.protocol.diff import path_text
from headgate.sandbox.providers.protocol.values import (
    UNKNOWN,
    Properties,
    Unknown,
    decode,
    reveal,
    secret_paths,
    without_nulls,
)

_RANDOM_DIGITS = 8


@dataclass(frozen=True)
class Failure:
    """One refusal: the property at fault and the whole sentence."""

    property: str
    reason: str


def checked(session: Session, request: provider_pb2.CheckRequest) -> tuple[Properties, list[Failure]]:
    """Return the completed inputs and what is wrong with them."""
    spec = resolve(type_token(request.urn)).spec
    old, new = decode(request.olds), without_nulls(decode(request.news))
    schema = bodies.schema_for(spec)
    new = with_defaults(schema, new)
    _add_name(spec, request, old, new)
    _add_location(session, spec, old, new)
    problems = validate(schema, reveal(new), UNKNOWN)
    secrets = [path_text(path) for path in secret_paths(new)]
    failures = [_failure(spec, request.urn, _masked(problem, secrets)) for problem in problems]
    return new, failures or _name_failures(spec, request.urn, new)


def type_token(urn: str) -> str:
    """Return the resource's own type in a URN, apart from those of its parents."""
    return urn.split("::")[2].split("$")[-1]


def logical_name(urn: str) -> str:
    """Return the name that the program gives a resource."""
    return urn.split("::", 3)[3]


def _failure(spec: TypeSpec, urn: str, problem: Problem) -> Failure:
    hint = f"; did you mean {problem.near!r}?" if problem.near else ""
    reason = (
        f"{spec.token} {logical_name(urn)!r}: property {problem.path}: found {problem.found}, "
        f"expected {problem.expected}{hint}"
    )
    return Failure(problem.path, reason)


def _masked(problem: Problem, secrets: list[str]) -> Problem:
    """Keep a secret's content out of a message."""
    if any(problem.path.startswith(path) for path in secrets):
        return Problem(problem.path, "a secret value", problem.expected)
    return problem


def _name_failures(spec: TypeSpec, urn: str, inputs: Properties) -> list[Failure]:
    name = reveal(inputs.get(spec.name_parameter))
    refusal = name_refusal(spec, name) if isinstance(name, str) else None
    if refusal is None:
        return []
    return [Failure(spec.name_parameter, f"{spec.token} {logical_name(urn)!r}: {refusal.message}")]


def _add_name(spec: TypeSpec, request: provider_pb2.CheckRequest, old: Properties, new: Properties) -> None:
    """Name what the program leaves unnamed: as before, else as the official provider would."""
    name = spec.name_parameter
    if new.get(name) is not None:
        return
    if spec.only_name is not None:
        new[name] = spec.only_name
    elif old.get(name) is not None:
        new[name] = old[name]
    elif request.HasField("autonaming") and request.autonaming.proposed_name:
        new[name] = request.autonaming.proposed_name
    else:
        new[name] = _autonamed(spec, request)


def _autonamed(spec: TypeSpec, request: provider_pb2.CheckRequest) -> str:
    logical, seed = logical_name(request.urn), request.randomSeed.hex() or stable_uuid(request.urn).replace("-", "")
    if spec.autoname is Autoname.UUID:
        return stable_uuid(request.urn, seed)
    if spec.autoname is Autoname.COPY:
        return logical
    digits = seed[:_RANDOM_DIGITS]
    proposed = f"{logical}{digits}"
    if not spec.name.accepts(proposed):
        plain = re.sub(r"[^a-z0-9]", "", logical.lower())[:12]
        proposed = f"{plain}{digits}" if spec.name.accepts(f"{plain}{digits}") else proposed
    return proposed


def _add_location(session: Session, spec: TypeSpec, old: Properties, new: Properties) -> None:
    """Place what the program leaves unplaced: as before, as configured, else beside its resource group."""
    if "location" not in bodies.schema_for(spec).inputs or new.get("location") is not None:
        return
    if spec.location is not LocationKind.REGION:
        return
    found = old.get("location") or session.config.get("location")
    if found is None and spec.path != GROUP_PATH:
        found = _group_location(session, new.get("resourceGroupName"))
    if found is not None:
        new["location"] = found


def _group_location(session: Session, group: Any) -> str | Unknown | None:
    if not isinstance(group, str) or session.plan_only:
        return UNKNOWN
    body = session.azure.get(group_id(group), "2024-03-01")
    return str(body["location"]) if body else UNKNOWN
