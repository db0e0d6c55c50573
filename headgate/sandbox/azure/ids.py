"""ARM resource ids: templates, matching, parents.

Owns the text of ids. A template is the SDK's own path (`…/registries/{registryName}`), whose parameters are the SDK's
input names. Azure compares ids without regard to case and keeps the case that it was given.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from uuid import NAMESPACE_DNS, UUID, uuid5

NAMESPACE = uuid5(NAMESPACE_DNS, "sandbox.headgate.dev")
SUBSCRIPTION_ID = str(uuid5(NAMESPACE, "subscription"))
TENANT_ID = str(uuid5(NAMESPACE, "tenant"))
OPERATOR_ID = str(uuid5(NAMESPACE, "operator"))
CLIENT_ID = str(uuid5(NAMESPACE, "client"))

GROUP_PATH = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
SCOPE_PARAMETERS = frozenset({"scope", "resourceUri"})
_PARAMETER = re.compile(r"\{(\w+)\}")
_GROUP = re.compile(r"^/subscriptions/([^/]+)/resourcegroups/([^/]+)", re.IGNORECASE)


@dataclass(frozen=True)
class IdTemplate:
    """The id of one resource type. A parameter named scope or resourceUri spans several segments."""

    text: str

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Return the names of the parameters, in order."""
        return tuple(_PARAMETER.findall(self.text))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = []
        for literal, name in _split(self.text):
            parts.append(re.escape(literal))
            if name:
                parts.append(f"(?P<{name}>.+)" if name in SCOPE_PARAMETERS else f"(?P<{name}>[^/]+)")
        return re.compile(f"^{''.join(parts)}$", re.IGNORECASE)

    def match(self, arm_id: str) -> dict[str, str] | None:
        """Return the parameters of an id of this type."""
        found = self._pattern.match(arm_id)
        return found.groupdict() if found else None

    def build(self, values: dict[str, str]) -> str:
        """Return the id. A scope is given with its leading slash, as everywhere in Azure."""
        return "".join(
            literal + (values[name].strip("/") if name in SCOPE_PARAMETERS else values[name] if name else "")
            for literal, name in _split(self.text)
        )

    @cached_property
    def arm_type(self) -> str:
        """Return `Microsoft.X/a/b`, or the type of a group."""
        if self.text == GROUP_PATH:
            return "Microsoft.Resources/resourceGroups"
        tail = self.text.rsplit("/providers/", 1)[1].split("/")
        return "/".join([tail[0], *tail[1::2]])

    @cached_property
    def parent(self) -> str | None:
        """Return the template of the parent resource, the group's for a top-level one, None for scoped ones."""
        if self.text == GROUP_PATH or self.text.startswith(("/{scope}", "/{resourceUri}")):
            return None
        head = self.text.rsplit("/", 2)[0]
        before, _, tail = head.rpartition("/providers/")
        return before if "/" not in tail else head


def _split(text: str) -> list[tuple[str, str]]:
    pieces = _PARAMETER.split(text)
    literals, names = pieces[::2], [*pieces[1::2], ""]
    return list(zip(literals, names, strict=True))


def key(arm_id: str) -> str:
    """Return the form under which Azure takes two ids for the same."""
    return "/" + arm_id.strip("/").lower()


def group_of(arm_id: str) -> str | None:
    """Return the resource group's name in an id."""
    found = _GROUP.match(arm_id)
    return found.group(2) if found else None


def group_id(group: str, subscription: str = SUBSCRIPTION_ID) -> str:
    """Return the id of a resource group."""
    return f"/subscriptions/{subscription}/resourceGroups/{group}"


def name_of(arm_id: str) -> str:
    """Return the last segment."""
    return arm_id.rstrip("/").rsplit("/", 1)[1]


def stable_uuid(*parts: str) -> str:
    """Return a UUID that is the same whenever the same thing is created again."""
    return str(uuid5(NAMESPACE, "\n".join(part.lower() for part in parts)))


def is_uuid(text: str) -> bool:
    """Say whether a text is a UUID, as names of role assignments must be."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True
