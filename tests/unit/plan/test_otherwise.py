"""What of a plan is other than what was approved, in words."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.plan.otherwise import difference

pytestmark = pytest.mark.unit


def plan(state: str = "", **resources: Any) -> dict[str, Any]:
    """Return the form of a plan."""
    return {"resources": resources, "state": state}


def resource(operation: str = "update", **inputs: Any) -> dict[str, Any]:
    """Return the form of a resource."""
    return {"operations": operation.split("+"), "inputs": inputs}


@pytest.mark.parametrize(
    ("approved", "found", "told"),
    [
        (plan(a=resource()), plan(a=resource(), b=resource("create")), "new: b"),
        (plan(a=resource(), b=resource()), plan(a=resource()), "gone: b"),
        (
            plan(a=resource()),
            plan(a=resource("create-replacement+replace+delete-replaced")),
            "other: a (approved was update, now it is create-replacement, replace, delete-replaced)",
        ),
        (plan(a=resource("same")), plan(a=resource("delete")), "other: a (approved was same, now it is delete)"),
        (
            plan(a=resource(key={"$secret": "1"}, size=1)),
            plan(a=resource(key={"$secret": "2"}, size=2)),
            "other: a (another secret at inputs.key)",
        ),
        (plan(a=resource(size=1)), plan(a=resource(size=2)), "other: a (inputs.size)"),
        (
            plan(a=resource(b=1, c=[1], d={"e": 1})),
            plan(a=resource(b=2, c=[2], d={}, f=1)),
            "other: a (inputs.b, inputs.c, inputs.d.e and 1 more)",
        ),
        (plan("1", a=resource()), plan("2", a=resource()), "the stack's state has moved since, in resources that stay"),
        (plan(a=resource()), plan(a=resource()), "another plan"),
    ],
)
def test_each_way_to_be_other_has_its_own_words(approved: Any, found: Any, told: str) -> None:
    """No value is told, and of a secret where it is."""
    assert difference(approved, found) == told
