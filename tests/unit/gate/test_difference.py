"""What a change does to a stack, from a plan or from two previews."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.gate.difference import between, planned
from headgate.plan.view import Operation, Resource, View

pytestmark = pytest.mark.unit


def resource(name: str, operation: Operation = Operation.CREATE, **properties: Any) -> Resource:
    """Return a resource."""
    return Resource(name, "kubernetes", "kubernetes:v1:Pod", name, operation, properties)


def view(*resources: Resource) -> View:
    """Return a view."""
    return View(resources, "plan")


def told(resources: tuple[Resource, ...]) -> list[tuple[str, str]]:
    """Return names and operations."""
    return [(each.name, str(each.operation)) for each in resources]


def test_a_plan_does_what_its_steps_say_each_resource_once() -> None:
    """What stays is left out, and so is the deletion that a replacement consists of."""
    steps = view(
        resource("stays", Operation.SAME),
        resource("new"),
        resource("again", Operation.DELETE),
        resource("again", Operation.REPLACE),
        resource("gone", Operation.DELETE),
    )

    assert told(planned(steps)) == [("new", "create"), ("again", "replace"), ("gone", "delete")]


def test_two_previews_differ_by_what_they_ask_for() -> None:
    """Not by order, and not by the operation that a preview from nothing gives everything."""
    before = view(resource("a", size=1), resource("b", size=1), resource("c"))
    after = view(resource("c"), resource("b", size=2), resource("d"))

    assert told(between(before, after)) == [("b", "update"), ("d", "create"), ("a", "delete")]


def test_which_commit_made_it_is_no_difference() -> None:
    """Labels and tags that name the change itself differ each time; components consist of what is listed."""
    before = view(
        resource("a", metadata={"labels": {"headgate.dev/commit": "1", "app": "a"}}),
        resource("b", tags={"commit": "1"}),
    )
    component = Resource("c", "headgate", "headgate:index:Model", "c", Operation.CREATE, {"commit": "2"})
    after = view(
        resource("a", metadata={"labels": {"headgate.dev/commit": "2", "app": "a"}}),
        resource("b", tags={"commit": "2", "owner": "x"}),
        component,
    )

    assert told(between(before, after)) == [("b", "update")]
