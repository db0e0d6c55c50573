"""A real run of a command in a pseudo-terminal, as SVG."""

from __future__ import annotations

import fcntl
import itertools
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from drawing.screen import Run, Screen, Style
from headgate.diagram import svg

CHECKOUT = Path(__file__).resolve().parents[2]
_CELL, _LINE, _SIZE = 8.4, 19, 14
_LEFT, _TOP = 18, 54
STEP = "▸"
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
    # What a reader's own shell would not have; within `make pictures`, `make` would tell that it is not the outermost.
    for name in ("NO_COLOR", "CI", "MAKELEVEL", "MAKEFLAGS", "MFLAGS"):
        environment.pop(name, None)
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
    return Recording(shown, displayed(bytes(written), columns), process.wait())


def displayed(written: bytes, columns: int) -> list[list[Run]]:
    """Return what stands on the terminal after this was written to it."""
    screen = Screen(columns)
    # Where checkout and home lie is nobody's business, and differs from picture to picture.
    text = written.decode(errors="replace").replace(f"{CHECKOUT}/", "").replace(str(CHECKOUT), ".")
    screen.feed(text.replace(f"{Path.home()}/", "~/"))
    return screen.lines()


def shortened(lines: list[list[Run]], columns: int, first: int, last: int) -> list[list[Run]]:
    """Return each step with its first and last lines only, and a mark that says how many are left out between them.

    A step is what follows a line that begins with the sign of one, up to the next. The last one is shown whole.
    """
    starts = [number for number, line in enumerate(lines) if line and line[0].text.startswith(STEP)]
    if not starts:
        return list(lines)
    shown = _without_middle(lines[: starts[0]], columns, 0, 0)
    for start, end in itertools.pairwise(starts):
        shown += _without_middle(lines[start:end], columns, first, last)
    return shown + lines[starts[-1] :]


def _without_middle(lines: list[list[Run]], columns: int, first: int, last: int) -> list[list[Run]]:
    """Return lines without their middle; of those that ran over the edge only the outermost."""
    if any(line and line[-1].column + len(line[-1].text) >= columns for line in lines):
        first, last = min(first, 1), min(last, 1)
    left_out = len(lines) - first - last
    if left_out < 3:
        return list(lines)
    mark = Run(f"⋯ {left_out} lines are left out here ⋯", Style(is_dim=True, is_italic=True), 2)
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
