"""Every component has a page, whose example runs and makes what the page draws."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from components import catalog
from lint.program import run

pytestmark = pytest.mark.component
CHECKOUT = Path(__file__).resolve().parents[3]
PAGES = sorted(path for path in (CHECKOUT / "docs/components").glob("*.md") if path.name != "README.md")


@pytest.fixture(scope="module")
def picture() -> Any:
    """Return the module that runs the examples; it belongs to the script docs/generate.py."""
    sys.path.insert(0, str(CHECKOUT / "docs"))
    try:
        from catalogue import picture as module
    finally:
        sys.path.pop(0)
    return module


def test_every_component_of_the_catalogue_is_in_the_schema() -> None:
    """By its name in the package `headgate`."""
    schema = json.loads((CHECKOUT / "components/schema.json").read_text())

    assert sorted(schema["resources"]) == sorted(f"headgate:index:{name}" for name in catalog.COMPONENTS)


def test_every_component_has_a_page() -> None:
    """And every page a component."""
    titles = {re.match(r"# (\w+)", path.read_text())[1] for path in PAGES}  # type: ignore[index]

    assert titles == set(catalog.COMPONENTS)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_a_pages_example_runs_and_makes_what_the_page_says(page: Path) -> None:
    """The code as a reader would copy it: it registers the page's component, with resources below it."""
    text = page.read_text()
    title = text.split("\n", 1)[0].removeprefix("# ")
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert code is not None

    def program() -> dict[str, Any]:
        exec(compile(code[1], str(page), "exec"), {"__name__": "__main__"})  # noqa: S102 (what a reader is told to run)
        return {}

    made = run(program).registrations
    component = next(each for each in made if each.type == f"headgate:index:{title}")
    drawn = set(re.findall(r'\["(\w+)(?:<br/>| )', text))

    assert {each.kind for each in made if each.parent == component.urn} <= drawn


def test_an_examples_file_is_what_its_page_shows(picture: Any) -> None:
    """A page shows the whole program but its docstring."""
    for page in PAGES:
        title = page.read_text().split("\n", 1)[0].removeprefix("# ")
        source = (CHECKOUT / picture.example_path(title)).read_text()
        code = re.search(r"```python\n(.*?)```", page.read_text(), re.DOTALL)

        assert code is not None
        assert source.endswith(code[1]), page.name
