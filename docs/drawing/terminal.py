"""A real run of a command in a pseudo-terminal, as SVG."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from drawing import svg
from drawing.screen import Run, Screen, Style

CHECKOUT = Path(__file__).resolve().parents[2]
_CELL, _LINE, _SIZE = 8.4, 19, 14
_LEFT, _TOP = 18, 54
_COLORS = {
    "black": "#484f58",
    "red": "#ff7b72",
    "green": "#56d364",
    "yellow": "#e3b341",
    "blue": "#79c0ff",
    "magenta": "#d2a8ff",
    "cyan": "#56d4dd",
    "white": "#d6dde5",
}
_TEXT, _DIM, _GROUND = "#d6dde5", "#8b949e", "#0d1117"
_STYLE = f"text{{font-family:{svg.MONOSPACE};font-size:{_SIZE}px;white-space:pre}}"


@dataclass(frozen=True)
class Recording:
    """What a command showed, and how it ended."""

    command: str
    lines: list[list[Run]]
    code: int


def record(command: Sequence[str], shown: str, columns: int, rows: int = 50) -> Recording:
    """Run a command in a terminal of its own until it ends."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(columns), "LINES": str(rows)}
    environment.pop("NO_COLOR", None)
    environment.pop("CI", None)
    process = subprocess.Popen(
        command, cwd=CHECKOUT, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    )
    os.close(theirs)
    written = bytearray()
    try:
        while part := os.read(ours, 65536):
            written += part
    except OSError:
        pass  # Linux says so when the last writer of a terminal ends
    finally:
        os.close(ours)
    screen = Screen(columns)
    # Where the checkout lies is nobody's business, and differs from picture to picture.
    screen.feed(written.decode(errors="replace").replace(f"{CHECKOUT}/", "").replace(str(CHECKOUT), "."))
    return Recording(shown, screen.lines(), process.wait())


def shortened(lines: list[list[Run]], first: int, last: int) -> list[list[Run]]:
    """Return the first and last lines, with a mark between them, when there are more."""
    if len(lines) <= first + last:
        return lines
    mark = Run(f"⋯ {len(lines) - first - last} lines ⋯", Style(is_dim=True), 0)
    return [*lines[:first], [mark], *lines[len(lines) - last :]]


def draw(recording: Recording, columns: int) -> str:
    """Draw a recording."""
    rows = [_prompt(recording.command), *recording.lines]
    width, height = columns * _CELL + 2 * _LEFT, len(rows) * _LINE + _TOP + 12
    content = [svg.box(0.5, 0.5, width - 1, height - 1, rx=10, fill=_GROUND, stroke="#30363d")]
    content += [
        svg.element("circle", cx=24 + 20 * number, cy=24, r=6, fill=color)
        for number, color in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    ]
    content.append(svg.text(width / 2, 28, recording.command, fill=_DIM, text_anchor="middle"))
    for row, line in enumerate(rows):
        content += [_draw_run(run, _TOP + row * _LINE + 6) for run in line]
    return svg.picture(width, height, f"A terminal after `{recording.command}`", _STYLE, content)


def _prompt(command: str) -> list[Run]:
    """Return the line on which the command was typed."""
    return [Run("$", Style("green"), 0), Run(command, Style(is_bold=True), 2)]


def _draw_run(run: Run, y: float) -> str:
    """Draw characters at their columns, whatever the font's own width is."""
    style = run.style
    attributes: dict[str, object] = {"fill": _color(style)}
    if style.is_bold:
        attributes["font_weight"] = "bold"
    if style.is_italic:
        attributes["font_style"] = "italic"
    if style.is_underlined:
        attributes["text_decoration"] = "underline"
    start = len(run.text) - len(run.text.lstrip())
    shown = run.text[start:]
    x = _LEFT + (run.column + start) * _CELL
    return svg.text(x, y, shown, textLength=f"{len(shown) * _CELL:.1f}", lengthAdjust="spacingAndGlyphs", **attributes)


def _color(style: Style) -> str:
    """Return a style's colour in the picture."""
    if style.color is None:
        return _DIM if style.is_dim else _TEXT
    name = style.color.removeprefix("bright ")
    if style.color == "bright black":
        return _DIM
    return _COLORS.get(name, style.color)
