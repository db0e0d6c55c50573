"""The page that measurements are written to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import __main__ as page

pytestmark = pytest.mark.unit


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the committed page, and have measurements go there."""
    copy = tmp_path / "benchmarks.md"
    copy.write_text(page.PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(page, "PAGE", copy)
    return copy


def titles(text: str) -> list[str]:
    """Return its sections, in order."""
    return re.findall(r"^## .*", text, re.MULTILINE)


def section(text: str, title: str) -> str:
    """Return one of them."""
    return next(each.strip() for each in re.split(r"^(?=## )", text, flags=re.MULTILINE) if each.startswith(title))


@pytest.mark.parametrize("name", page._SECTIONS)
def test_a_new_measurement_leaves_the_order_and_what_people_wrote(written: Path, name: str) -> None:
    """Only what was measured in its own section is other than before."""
    before, title = written.read_text(encoding="utf-8"), page._SECTIONS[name].split("\n")[0]
    page.write(name, "| a new | table |\n")
    after = written.read_text(encoding="utf-8")
    by_hand = section(before, title).partition(page.BY_HAND)[1:]

    assert titles(after) == titles(before)
    assert [each for each in titles(after) if section(after, each) != section(before, each)] == [title]
    assert section(after, title).startswith(f"{page._SECTIONS[name]}\n\n{page.machine()}\n\n| a new | table |")
    assert section(after, title).partition(page.BY_HAND)[1:] == by_hand


def test_a_page_that_is_not_there_is_begun(written: Path) -> None:
    """Sections come in the order in which they are measured, whichever was first."""
    written.unlink()
    for name in ("models", "ledger"):
        page.write(name, "table")

    assert titles(written.read_text(encoding="utf-8")) == ["## The ledger", "## Large models"]
    assert written.read_text(encoding="utf-8").startswith("# Benchmarks\n")
