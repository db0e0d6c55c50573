"""`headgate check`: which reports go where, and which documents stand beside each other."""

from __future__ import annotations

import gc
import json
from pathlib import Path

import click
import pytest

from headgate.cli.check_input import Input, uncollected
from headgate.cli.check_reports import FORMATS, pairs, write
from headgate.errors import HeadgateError
from headgate.report.formats import FORMATS as RENDER

pytestmark = pytest.mark.unit


def test_every_format_can_be_asked_for() -> None:
    """The list on the command line is the table of reports."""
    assert sorted(FORMATS) == sorted(RENDER)


@pytest.mark.parametrize(
    ("formats", "outputs", "as_json", "expected"),
    [
        ((), (), False, [("console", "-")]),
        ((), (), True, [("json", "-")]),
        (("sarif",), (), False, [("sarif", "-")]),
        (("sarif",), ("a",), False, [("sarif", "a")]),
        (("sarif", "junit"), ("a", "b"), False, [("sarif", "a"), ("junit", "b")]),
        (("sarif", "console", "junit"), ("a", "b"), False, [("sarif", "a"), ("console", "-"), ("junit", "b")]),
        (("sarif", "markdown"), ("a", "-"), False, [("sarif", "a"), ("markdown", "-")]),
        (("console",), ("a",), True, [("console", "-"), ("json", "a")]),
    ],
)
def test_each_format_has_its_file(
    formats: tuple[str, ...], outputs: tuple[str, ...], as_json: bool, expected: list[tuple[str, str]]
) -> None:
    """The console, or the only one, goes to the terminal where no file is named for it."""
    assert pairs(formats, outputs, as_json) == expected


@pytest.mark.parametrize(
    ("formats", "outputs"),
    [(("sarif", "junit"), ("a",)), (("sarif",), ("a", "b")), (("sarif", "junit"), ("a", "a")), (("sarif", "json"), ())],
)
def test_a_report_without_a_place_of_its_own_is_a_mistake(formats: tuple[str, ...], outputs: tuple[str, ...]) -> None:
    """Two in one file would be neither."""
    with pytest.raises(click.UsageError, match="--output"):
        pairs(formats, outputs, False)


def test_reports_are_written_and_a_place_that_takes_none_is_an_error(tmp_path: Path) -> None:
    """Exit code 2: a job that finds no report must not find a pass."""
    write([("a", str(tmp_path / "a"))], lambda form: f"{form}\n")

    assert (tmp_path / "a").read_text() == "a\n"
    with pytest.raises(HeadgateError, match="can't be written"):
        write([("a", str(tmp_path / "none" / "a"))], lambda form: form)


@pytest.mark.parametrize(
    "given",
    [{}, {"stack": "a", "plan": "b"}, {"state": "a", "manifests": ("b",)}, {"plan": "a", "state": "b", "stack": "c"}],
)
def test_one_document_is_judged_at_a_time(given: dict[str, str]) -> None:
    """None and several are mistakes of use."""
    with pytest.raises(click.UsageError, match="name one of"):
        Input(**given)  # type: ignore[arg-type]


def test_a_commit_is_a_baseline_where_its_tree_can_be_judged(tmp_path: Path) -> None:
    """Of a plan there is only the one that was handed over."""
    file = tmp_path / "plan.json"
    file.write_text(json.dumps({}))

    for given in (Input(plan=str(file)), Input(manifests=("-",))):
        with pytest.raises(click.UsageError, match="name a report"):
            given.view_at("main")


@pytest.mark.parametrize("was_on", [True, False])
def test_the_collector_is_afterwards_as_it_was_before(was_on: bool) -> None:
    """A check in a longer process, such as an update, leaves nothing switched off, and switches nothing on."""
    before = gc.isenabled()
    (gc.enable if was_on else gc.disable)()
    try:
        with uncollected():
            within = gc.isenabled()
        assert (within, gc.isenabled()) == (False, was_on)
    finally:
        (gc.enable if before else gc.disable)()
