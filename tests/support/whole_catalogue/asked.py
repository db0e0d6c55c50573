"""How an argument of a component is stated here: what it is, and what it is changed to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# An optional argument that is not given.
LEFT_OUT = object()

# Why an argument is never changed: another value is another thing, or one that Azure gives for good.
IDENTITY = "part of what it is called by"
PLACE = "where it is"
FOR_LIFE = "Azure takes no other for as long as the resource lives"
FOR_GOOD = "once on it can't be taken off, and what it holds can't be destroyed before its time"
ADDS = "turning it adds or takes away resources of their own, and changes none"


@dataclass(frozen=True)
class Turned:
    """An argument that is changed in place."""

    before: Any
    after: Any


@dataclass(frozen=True)
class Fixed:
    """An argument that stays, and why."""

    value: Any
    why: str


Table = Mapping[str, Turned | Fixed]


def settled(table: Table, *, turned: bool) -> dict[str, Any]:
    """Return a component's arguments: as they were asked for first, or with each one changed that may be."""
    values = {
        name: each.value if isinstance(each, Fixed) else each.after if turned else each.before
        for name, each in table.items()
    }
    return {name: value for name, value in values.items() if value is not LEFT_OUT}


def ownership(team: str) -> Turned:
    """Return who answers for a component: all but team and environment, which are parts of names, change."""
    before = {
        "team": team,
        "owner": "ml-platform",
        "environment": ENVIRONMENT,
        "cost_center": "ml",
        "data_class": "internal",
        "commit": "0123abc",
        "change": "CHG-7",
    }
    after = {
        **before,
        "owner": "others",
        "cost_center": "ai",
        "data_class": "public",
        "commit": "4567def",
        "change": "CHG-8",
    }
    return Turned(before, after)


ORGANISATION, ENVIRONMENT, TEAM, SITE = "hg", "dev", "fraud", "plant-a"
REGIONS = ("uaenorth", "uaecentral")
HOME = REGIONS[0]
# The region whose nodes Karpenter makes; the other one has pools. Azure takes no cluster with both.
PROVISIONED = REGIONS[1]
TENANT = "11111111-2222-3333-4444-555555555555"
EDITORS, VIEWERS, OTHERS = (f"bbbbbbbb-0000-4000-8000-00000000000{number}" for number in (1, 2, 3))
# The one address that the gates of clusters know; rules that Azure judges may name another.
PUBLISHED = "https://docs.example.com/headgate/runbooks"
RUNBOOKS = Turned("https://docs.example.com/runbooks", PUBLISHED)
HOST = Turned("models.dev.example.com", "m.dev.example.com")
GRANT = {"name": "auditors", "role": "Reader", "principal_id": VIEWERS}
OTHER_GRANT = {"name": "operators", "role": "Reader", "principal_id": EDITORS}
