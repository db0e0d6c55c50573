"""The picture of what `headgate check` takes: by resources beside its peer, and by rules, as it was measured."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from headgate.diagram import svg
from headgate.diagram.palette import INK, QUIET, ROUTE, STORE

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "check.svg"
_WIDTH, _HEIGHT, _PLOT, _TOP, _LEFT = 760.0, 320.0, 280.0, 56.0, 64.0
_HIGH = _HEIGHT - _TOP - 56.0
_LINE = 14.0
_STYLE = f"text{{font-family:{svg.SANS};font-size:12px;fill:{INK}}} .quiet{{fill:{QUIET}}} .head{{font-weight:600}}"

Points = Mapping[int, float]


def draw(headgate: Points, conftest: Points, by_rules: Points) -> str:
    """Return the picture: seconds by resources, both axes by powers of ten, and seconds by rules."""
    content = [
        svg.box(0, 0, _WIDTH, _HEIGHT, fill="#ffffff"),
        *_scaling({"Headgate": headgate, "conftest": conftest}),
        *_rules(by_rules, _LEFT + _PLOT + 96),
    ]
    return svg.picture(_WIDTH, _HEIGHT, "Seconds of headgate check by resources and by rules", _STYLE, content)


def _scaling(lines: Mapping[str, Points]) -> Iterable[str]:
    """Draw a line for each program; equal slopes are equal growth."""
    seconds = [each for points in lines.values() for each in points.values()]
    sizes = sorted({size for points in lines.values() for size in points})
    lowest, highest = 10.0 ** math.floor(math.log10(min(seconds))), 10.0 ** math.ceil(math.log10(max(seconds)))

    def x(size: float) -> float:
        return _LEFT + _PLOT * _share(size, sizes[0], sizes[-1])

    def y(value: float) -> float:
        return _TOP + _HIGH * (1 - _share(value, lowest, highest))

    yield svg.text(_LEFT, 28, "seconds, by resources", class_="head")
    for step in range(round(math.log10(highest / lowest)) + 1):
        value = lowest * 10**step
        yield _across(_LEFT, _LEFT + _PLOT, y(value))
        yield svg.text(_LEFT - 8, y(value) + 4, f"{value:g} s", text_anchor="end", class_="quiet")
    for size in sizes:
        yield svg.text(x(size), _TOP + _HIGH + 20, f"{size:,}", text_anchor="middle", class_="quiet")
    for (name, points), paint in zip(lines.items(), (ROUTE, STORE), strict=False):
        places = [(x(size), y(value)) for size, value in sorted(points.items())]
        yield from _line(places, paint.line)
        ends = sorted(y(each[sizes[-1]]) for each in lines.values())
        # Beside its line's end, and never on the name above it.
        below = max(0.0, _LINE - (ends[-1] - ends[0])) if places[-1][1] == ends[-1] else 0.0
        yield svg.text(places[-1][0] + 10, places[-1][1] + 4 + below, name, style=f"fill:{paint.line}")


def _rules(points: Points, left: float) -> Iterable[str]:
    """Draw a bar for each number of rules."""
    most, wide = max(points.values()), _PLOT / (2 * len(points))
    yield svg.text(left, 28, "seconds, by rules", class_="head")
    yield _across(left, left + _PLOT, _TOP + _HIGH)
    for number, (rules, seconds) in enumerate(sorted(points.items())):
        x, high = left + wide * (2 * number + 0.5), _HIGH * seconds / most
        yield svg.box(x, _TOP + _HIGH - high, wide, high, fill=ROUTE.fill, stroke=ROUTE.line)
        yield svg.text(x + wide / 2, _TOP + _HIGH - high - 6, f"{seconds:.2f} s", text_anchor="middle")
        yield svg.text(x + wide / 2, _TOP + _HIGH + 20, f"{rules:,}", text_anchor="middle", class_="quiet")


def _line(places: Sequence[tuple[float, float]], color: str) -> Iterable[str]:
    yield svg.element(
        "polyline",
        points=" ".join(f"{x:.1f},{y:.1f}" for x, y in places),
        fill="none",
        stroke=color,
        stroke_width=2,
    )
    for x, y in places:
        yield svg.element("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=3.5, fill=color)


def _across(left: float, right: float, y: float) -> str:
    return svg.element("line", x1=f"{left:.1f}", x2=f"{right:.1f}", y1=f"{y:.1f}", y2=f"{y:.1f}", stroke="#d1d9e0")


def _share(value: float, lowest: float, highest: float) -> float:
    """Return where a value stands between two others, by powers of ten."""
    return math.log(value / lowest) / math.log(highest / lowest)
