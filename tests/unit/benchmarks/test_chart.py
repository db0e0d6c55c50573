"""The picture of what `headgate check` takes."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from benchmarks import chart

pytestmark = pytest.mark.unit
_SVG = "{http://www.w3.org/2000/svg}"


def test_every_measurement_is_in_the_picture() -> None:
    """A line for each program with a point for each size, and a bar for each number of rules."""
    picture = chart.draw({100: 0.7, 1_000: 1.8, 10_000: 9.5}, {100: 0.3, 1_000: 1.3, 10_000: 12.7}, {1: 0.6, 52: 1.8})
    found = ElementTree.fromstring(picture)  # noqa: S314  our own
    words = {each.text for each in found.iter(f"{_SVG}text")}

    assert len(list(found.iter(f"{_SVG}polyline"))) == 2
    assert len(list(found.iter(f"{_SVG}circle"))) == 6
    assert {"Headgate", "conftest", "100", "1,000", "10,000", "0.60 s", "1.80 s", "1", "52"} <= words


def test_the_slower_program_is_the_upper_line() -> None:
    """Its last point is nearer to the top."""
    picture = chart.draw({100: 0.5, 10_000: 5.0}, {100: 0.5, 10_000: 9.0}, {1: 1.0})
    found = ElementTree.fromstring(picture)  # noqa: S314  our own
    ours, theirs = (line.attrib["points"].split()[-1].split(",") for line in found.iter(f"{_SVG}polyline"))

    assert float(theirs[1]) < float(ours[1])


def test_names_stand_beside_the_lines_and_apart() -> None:
    """Two programs that take the same time at last are still two names that can be read."""
    picture = chart.draw({100: 0.5, 10_000: 9.0}, {100: 0.9, 10_000: 9.1}, {1: 1.0})
    found = ElementTree.fromstring(picture)  # noqa: S314  our own
    names = {each.text: each.attrib for each in found.iter(f"{_SVG}text")}
    rightmost = max(float(each.attrib["cx"]) for each in found.iter(f"{_SVG}circle"))

    assert all(float(names[name]["x"]) > rightmost for name in ("Headgate", "conftest"))
    assert abs(float(names["Headgate"]["y"]) - float(names["conftest"]["y"])) >= 12
