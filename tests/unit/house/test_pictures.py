"""The tool that draws the README's pictures: what it reads from a terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

DOCS = Path(__file__).resolve().parents[3] / "docs"
sys.path.insert(0, str(DOCS))
from drawing import terminal  # noqa: E402
from drawing.screen import Run, Screen, Style  # noqa: E402

sys.path.remove(str(DOCS))
pytestmark = pytest.mark.unit


def shown(text: str, columns: int = 20) -> list[str]:
    """Return the lines that a terminal shows."""
    screen = Screen(columns)
    screen.feed(text)
    return ["".join(run.text for run in line) for line in screen.lines()]


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        ("one\r\ntwo\r\n", ["one", "two"]),
        ("50%\r100%\r\n", ["100%"]),
        ("first\r\nsecond\x1b[1A\x1b[2K\rnew\r\n", ["new", "second"]),
        ("abcdef\x1b[3D\x1b[K", ["abc"]),
        ("a\r\nb\r\nc\x1b[2A\r\x1b[J", []),
        ("\x1b]0;title\x07shown", ["shown"]),
        ("abcdefgh", ["abcd", "efgh"]),
    ],
)
def test_a_screen_shows_what_a_terminal_would(written: str, lines: list[str]) -> None:
    """Carriage returns, cursor movement, erasing, titles and wrapping."""
    assert shown(written, 4 if written == "abcdefgh" else 20) == lines


def test_colours_and_weights_are_kept() -> None:
    """Named, bright, 256 and 16 million colours."""
    screen = Screen(40)
    screen.feed("\x1b[31mr\x1b[0;1mb\x1b[0;38;5;196mx\x1b[38;2;1;2;3my\x1b[92mz\x1b[0m")

    assert screen.lines() == [
        [
            Run("r", Style("red"), 0),
            Run("b", Style(is_bold=True), 1),
            Run("x", Style("#ff0000"), 2),
            Run("y", Style("#010203"), 3),
            Run("z", Style("bright green"), 4),
        ]
    ]


def test_a_recording_becomes_an_svg_that_reads() -> None:
    """Well-formed, with the command and the text in it, and nothing fetched from elsewhere."""
    picture = terminal.draw(terminal.Recording("make <up>", [[Run("a & b", Style(), 0)]], 0), 40)
    texts = [node.text for node in ElementTree.fromstring(picture).iter() if node.tag.endswith("}text")]  # noqa: S314

    assert texts == ["make <up>", "$", "make <up>", "a & b"]
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")


def test_a_long_step_loses_its_middle_and_says_so() -> None:
    """Each step keeps its ends, one with wrapped lines its outermost only; the last one is kept whole."""
    written = ["pip", "▸ tools", "x" * 30, "opa", "✓ tools", "▸ stack", *"abcdef", "✓ stack", "▸ request", *"ghijkl"]
    screen = Screen(20)
    screen.feed("\r\n".join(written))
    lines = terminal.shortened(screen.lines(), 20, 2, 1)

    assert ["".join(run.text for run in line) for line in lines] == [
        *["pip", "▸ tools", "⋯ 3 lines are left out here ⋯", "✓ tools"],
        *["▸ stack", "a", "⋯ 5 lines are left out here ⋯", "✓ stack", "▸ request", *"ghijkl"],
    ]
