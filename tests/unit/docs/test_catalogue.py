"""The components' pages: their examples run, and their tables say what a reader must know."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from components import catalog
from lint.program import run

pytestmark = pytest.mark.unit
CHECKOUT = Path(__file__).resolve().parents[3]
PAGES = sorted(path for path in (CHECKOUT / "docs/components").glob("*.md") if path.name != "README.md")


@pytest.fixture(scope="module")
def pages() -> Any:
    """Return the module that writes the pages; it belongs to the script docs/generate.py."""
    sys.path.insert(0, str(CHECKOUT / "docs"))
    try:
        from catalogue import pages as module
    finally:
        sys.path.pop(0)
    return module


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
        exec(compile(code[1], str(page), "exec"), {"__name__": "__main__"})  # noqa: S102  what the page tells a reader to run
        return {}

    made = run(program).registrations
    component = next(each for each in made if each.type == f"headgate:index:{title}")
    drawn = set(re.findall(r'\["(\w+)<br/>', text))

    assert {each.kind for each in made if each.parent == component.urn} <= drawn


def test_an_examples_file_is_what_its_page_shows(pages: Any) -> None:
    """A page shows the whole program but its docstring."""
    for page in PAGES:
        title = page.read_text().split("\n", 1)[0].removeprefix("# ")
        source = (CHECKOUT / pages.EXAMPLES / f"{pages.file_name(title)}.py").read_text()
        code = re.search(r"```python\n(.*?)```", page.read_text(), re.DOTALL)

        assert code is not None
        assert source.endswith(code[1]), page.name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Days: 30 to 730; 365 by default.", ("365", "Days: 30 to 730.")),
        ("Spread it; on by default, off where it can't be.", ("on", "Spread it, off where it can't be.")),
        ("Pool with GPUs, tainted; none by default.", ("none", "Pool with GPUs, tainted.")),
        ("Name of the link.", ("", "Name of the link.")),
    ],
)  # fmt: skip
def test_a_default_is_read_off_the_description(pages: Any, text: str, expected: tuple[str, str]) -> None:
    """It gets a column of its own, and the rest stays a sentence."""
    assert pages.split_default(text) == expected


def test_names_follow_from_the_components_own(pages: Any) -> None:
    """Files in snake case, pages with hyphens, fields as Python has them."""
    assert (pages.file_name("AdmissionGate"), pages.page_path("AdmissionGate")) == (
        "admission_gate",
        "docs/components/admission-gate.md",
    )
    assert [pages.python_name(name) for name in ("minReplicas", "opaImage", "host")] == [
        "min_replicas",
        "opa_image",
        "host",
    ]
