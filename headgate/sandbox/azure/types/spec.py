"""What the sandbox must know of a resource type beside the SDK's own schema.

Owns the row format of the catalogue. Adding a type is one `TypeSpec` in the module of its ARM namespace.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol

from headgate.sandbox.azure.errors import ArmError
from headgate.sandbox.azure.ids import GROUP_PATH, IdTemplate

Body = dict[str, Any]

# Keys of an ARM resource beside `properties`; every other input of the SDK lives under it.
ENVELOPE = frozenset(
    {
        "id", "name", "type", "location", "tags", "kind", "sku", "identity", "zones", "plan", "managedBy", "etag",
        "eTag", "extendedLocation", "systemData",
    }
)  # fmt: skip


class LocationKind(StrEnum):
    """Where resources of a type live."""

    REGION = "region"
    GLOBAL = "global"
    EITHER = "either"
    NONE = "none"


class Autoname(StrEnum):
    """How the official provider names a resource that the program leaves unnamed."""

    RANDOM = "random"
    COPY = "copy"
    UUID = "uuid"


@dataclass(frozen=True)
class NameRule:
    """A name's charset and length, and whether the whole of Azure shares one name space."""

    pattern: str
    text: str
    shared: bool = False
    code: str = "InvalidResourceName"

    def accepts(self, name: str) -> bool:
        """Say whether a name keeps the rule."""
        return re.fullmatch(self.pattern, name) is not None


ANY_NAME = NameRule(r"[^<>*%&:\\?+/]{1,260}", "1-260 characters, none of <>*%&:\\?+/")


class View(Protocol):
    """What a type's hook may ask about other resources."""

    def get(self, arm_id: str) -> Body | None:
        """Return a resource."""

    def children(self, arm_id: str, arm_type: str | None = None) -> list[Body]:
        """Return the resources below an id."""

    def of_type(self, arm_type: str) -> list[Body]:
        """Return every resource of a type."""


Outputs = Callable[[Body, View], Mapping[str, Any]]
Rule = Callable[[Body, Body | None, View], ArmError | None]
DeletionRule = Callable[[Body, View], ArmError | None]
Companions = Callable[[Body, View], list[Body]]
Action = Callable[[Body, View, Body], Body]


def no_companions(_body: Body, _view: View) -> list[Body]:
    """Return nothing: most resources come alone."""
    return []


def no_outputs(_body: Body, _view: View) -> Mapping[str, Any]:
    """Return nothing beyond what every resource has."""
    return {}


@dataclass(frozen=True)
class TypeSpec:
    """One resource type: SDK token, ARM path, and Azure's rules for it.

    `replaces` are inputs whose change the official provider answers with a replacement; `refuses` those whose change
    Azure refuses. `seconds` is Azure's typical time for a creation (the sandbox scales it); 0 answers at once.
    `in_properties` are inputs that the type keeps under `properties` although others have them beside it. `write_only`
    paths are kept out of every answer. `companions` are resources that Azure makes and removes with one of the type.
    `apart` are lists whose items may be resources of their own. `only_name` limits a type to one name (`default`).
    """

    token: str
    path: str
    name: NameRule = ANY_NAME
    autoname: Autoname = Autoname.RANDOM
    location: LocationKind = LocationKind.REGION
    replaces: tuple[str, ...] = ()
    refuses: tuple[str, ...] = ()
    seconds: float = 0
    outputs: Outputs = no_outputs
    rules: tuple[Rule, ...] = ()
    deletion_rules: tuple[DeletionRule, ...] = ()
    companions: Companions = no_companions
    actions: Mapping[str, Action] = field(default_factory=dict)
    write_only: tuple[str, ...] = ()
    secret_outputs: tuple[str, ...] = ()
    only_name: str | None = None
    in_properties: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    has_state: bool = True

    @cached_property
    def template(self) -> IdTemplate:
        """Return the id's template."""
        return IdTemplate(self.path)

    @property
    def arm_type(self) -> str:
        """Return `Microsoft.X/a/b`."""
        return self.template.arm_type

    @property
    def module(self) -> str:
        """Return the SDK's module."""
        return self.token.split(":")[0]

    @property
    def resource(self) -> str:
        """Return the SDK's class."""
        return self.token.split(":")[1]

    @property
    def name_parameter(self) -> str:
        """Return the SDK input that names the resource."""
        return self.template.parameters[-1]

    @property
    def path_inputs(self) -> tuple[str, ...]:
        """Return the SDK inputs that are part of the id: a change of one is another resource."""
        return tuple(name for name in self.template.parameters if name != "subscriptionId")


def in_group(tail: str) -> str:
    """Return the path of a type that lives in a resource group."""
    return f"{GROUP_PATH}/providers/{tail}"
