"""Lines of the program, as they come to the resources of a preview."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.plan import sources
from headgate.plan.pulumi import from_inputs
from headgate.plan.view import Resource, Source, View

pytestmark = pytest.mark.unit

TOKEN = "kubernetes:core/v1:ConfigMap"


def resource(name: str) -> Resource:
    """Return a resource of a preview."""
    return from_inputs(f"urn:pulumi:fraud-prod::headgate::headgate:index:X${TOKEN}::{name}", TOKEN, {})


def told(name: str, line: int) -> str:
    """Return what the program says of a resource."""
    return f'{{"type": "{TOKEN}", "name": "{name}", "file": "infra/a.py", "line": {line}}}\n'


def test_a_resource_has_the_line_that_the_program_named(tmp_path: Path) -> None:
    """By type and name; two lines for one name are none, and what can't be read is passed over."""
    file = tmp_path / "sources.jsonl"
    file.write_text(told("a", 3) + told("b", 4) + told("b", 5) + "[]\nno JSON\n" + '{"type": "cut sho')
    view = sources.over(View((resource("a"), resource("b"), resource("c")), "x"), file)

    assert [each.source for each in view.resources] == [Source("infra/a.py", 3), None, None]


@pytest.mark.parametrize("file", [None, Path("/nonexistent/sources.jsonl")])
def test_a_program_need_not_tell(file: Path | None) -> None:
    """Another program than ours, or a plan from elsewhere."""
    view = View((resource("a"),), "x")

    assert sources.over(view, file) is view
