"""What runs at night alone: a page names all of it, and one run can collect it."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.unit
CHECKOUT = Path(__file__).resolve().parents[3]
PAGE = CHECKOUT / "docs/reference/nightly.md"
_ROW = re.compile(r"^\| `(tests/\S+\.py)` \|", re.MULTILINE)


def test_the_page_names_every_file_with_long_tests() -> None:
    """And no other: whoever adds one says what it proves and how long it takes."""
    mark = "mark." + "stress"
    marked = [path for path in CHECKOUT.glob("tests/**/test_*.py") if mark in path.read_text()]

    assert _ROW.findall(PAGE.read_text()) == sorted(str(path.relative_to(CHECKOUT)) for path in marked)


def component_hooks() -> Any:
    """Return the component tests' conftest, as a run of all suites loads it."""
    spec = importlib.util.spec_from_file_location("component_conftest", CHECKOUT / "tests/component/conftest.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def collected(nodeid: str) -> Any:
    """Return a test that has something of the name `region`."""
    return SimpleNamespace(nodeid=nodeid, fixturenames=("platform", "region"))


def test_component_tests_on_the_region_are_named() -> None:
    """One process tests all of them, so the list of their files is complete."""
    with pytest.raises(pytest.UsageError, match="name its file in ON_THE_REGION"):
        component_hooks().pytest_collection_modifyitems([collected("tests/component/docs/test_pages.py::test_a")])


def test_other_suites_may_name_anything_a_region() -> None:
    """The night's run collects all suites at once; a platform's regions are not the component tests' one."""
    items = [
        collected("tests/sandbox/test_jobs.py::test_a"),
        collected("tests/component/region/test_region.py::test_b"),
    ]

    component_hooks().pytest_collection_modifyitems(items)

    assert [item.nodeid.partition("::")[2] for item in items] == ["test_b", "test_a"]
