"""From a planned property back to the line of the team's YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headgate.gate import trace
from headgate.gate.trace import Trace
from headgate.plan.view import Operation, Resource, Source, View
from headgate.policy.bundle import CHECKOUT
from headgate.stack.load import load_stack

pytestmark = pytest.mark.unit

STACK = load_stack("fraud-prod", CHECKOUT / "stacks")
MODEL = STACK.values["models"][0]
FILE = "stacks/Pulumi.fraud-prod.yaml"
LINES = (CHECKOUT / FILE).read_text().splitlines()


def line_of(text: str) -> int:
    """Return the only line of the stack file that has a text."""
    found = [number for number, line in enumerate(LINES, start=1) if text in line]
    assert len(found) == 1, text
    return found[0]


def deployment(name: str, properties: dict[str, Any], parent: str = "") -> Resource:
    """Return a planned deployment."""
    token = "kubernetes:apps/v1:Deployment"
    urn = f"urn:pulumi:fraud-prod::headgate::{token}::{name}"
    return Resource(urn, "kubernetes", token, name, Operation.CREATE, properties, parent=parent)


def source(resource: Resource, *path: str | int) -> Source | None:
    """Return what the traced view says of a property."""
    return trace.over(View((resource,), "plan"), Trace(STACK.values, STACK.origins)).resources[0].source_of(path)


def test_a_value_that_holds_a_setting_has_the_settings_line() -> None:
    """The digest in an image reference is the line of that digest, not of the other."""
    resource = deployment(
        "x",
        {"model": f"r.azurecr.io/models/fraud/a@{MODEL['digest']}", "image": f"r/a@{MODEL['runtime']['digest']}"},
    )

    assert [source(resource, "model"), source(resource, "image")] == [
        Source(FILE, line_of(f"  digest: {MODEL['digest']}")),
        Source(FILE, line_of(f"  digest: {MODEL['runtime']['digest']}")),
    ]


def test_a_number_has_the_line_of_a_setting_whose_name_says_the_same() -> None:
    """`minReplicas: 3` came from `replicas: {min: 3}`; a port 3 came from nowhere."""
    resource = deployment("x", {"spec": {"minReplicas": 3}, "port": 3})

    assert [source(resource, "spec", "minReplicas"), source(resource, "port")] == [
        Source(FILE, line_of("replicas: {min: 3")),
        None,
    ]


def test_what_came_from_no_setting_has_the_line_of_the_models_entry() -> None:
    """By the name of the resource, or of the component around it."""
    own = deployment("fraud-score-pdb", {"spec": {}})
    child = deployment("x", {"spec": {}}, parent="urn:pulumi:s::p::headgate:index:Model::fraud-score")

    assert [source(each, "spec", "missing") for each in (own, child)] == [
        Source(FILE, line_of("- name: fraud-score"))
    ] * 2


def test_what_belongs_to_nothing_in_the_file_has_no_line() -> None:
    """A guess would send a person to the wrong place."""
    assert source(deployment("x", {"a": "b"}), "a") is None


def test_a_view_of_another_projects_stack_stays_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """There is no file to look into."""
    monkeypatch.chdir(tmp_path)
    view = View((deployment("x", {}),), "plan", "elsewhere-prod")

    assert trace.over_own_stack(view) is view
