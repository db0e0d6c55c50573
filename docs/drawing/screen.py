"""What a terminal shows after a program wrote to it: text, colours, and lines that were written over."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_TOKEN = re.compile(
    r"\x1b\[([0-9;?]*)([A-Za-z])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Za-z0-9]|\x1b.|([\r\n\b\t])"
)
_BASIC = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_STEPS = (0, 95, 135, 175, 215, 255)


@dataclass(frozen=True)
class Style:
    """How one character looks. Colours are names of the palette or #rrggbb."""

    color: str | None = None
    is_bold: bool = False
    is_dim: bool = False
    is_italic: bool = False
    is_underlined: bool = False


@dataclass(frozen=True)
class Run:
    """Neighbouring characters of one style."""

    text: str
    style: Style
    column: int


class Screen:
    """A terminal of unlimited length: nothing scrolls away, since the picture shows all of it."""

    def __init__(self, columns: int) -> None:
        """Begin at the upper left."""
        self._columns = columns
        self._lines: list[list[tuple[str, Style]]] = [[]]
        self._row = self._column = 0
        self._style = Style()

    def feed(self, text: str) -> None:
        """Take what a program wrote."""
        at = 0
        for token in _TOKEN.finditer(text):
            self._write(text[at : token.start()])
            at = token.end()
            if token[3]:
                self._control(token[3])
            elif token[2]:
                self._sequence(token[1], token[2])
        self._write(text[at:])

    def _write(self, text: str) -> None:
        """Put characters at the cursor, wrapping at the right edge."""
        for character in text:
            if self._column >= self._columns:
                self._row, self._column = self._row + 1, 0
            line = self._line()
            line.extend([(" ", Style())] * (self._column + 1 - len(line)))
            line[self._column] = (character, self._style)
            self._column += 1

    def _line(self) -> list[tuple[str, Style]]:
        """Return the cursor's line, making the ones before it where there are none."""
        while len(self._lines) <= self._row:
            self._lines.append([])
        return self._lines[self._row]

    def _control(self, character: str) -> None:
        """Move as a control character says."""
        if character == "\n":
            self._row, self._column = self._row + 1, 0
            self._line()
        elif character == "\r":
            self._column = 0
        elif character == "\b":
            self._column = max(0, self._column - 1)
        else:
            self._column += 8 - self._column % 8

    def _sequence(self, parameters: str, final: str) -> None:
        """Follow an escape sequence: movement, erasing, style. Others do not show."""
        numbers = [int(one) if one.isdigit() else 0 for one in parameters.split(";")]
        count = numbers[0] or 1
        if final == "m":
            self._restyle(numbers)
        elif final == "A":
            self._row = max(0, self._row - count)
        elif final == "B":
            self._row += count
        elif final in "CD":
            self._column = max(0, self._column + (count if final == "C" else -count))
        elif final == "G":
            self._column = count - 1
        elif final in "JK":
            self._erase(final, numbers[0])

    def _erase(self, what: str, mode: int) -> None:
        """Erase the line, or what is below it, from the cursor, to it, or whole."""
        line = self._line()
        if mode == 0:
            del line[self._column :]
        elif mode == 1:
            line[: self._column] = [(" ", Style())] * min(self._column, len(line))
        else:
            line.clear()
        if what == "J" and mode == 0:
            del self._lines[self._row + 1 :]

    def _restyle(self, numbers: list[int]) -> None:
        """Change the style of what follows."""
        rest = iter(numbers)
        for number in rest:
            if number in (38, 48):
                color = _extended(rest)
                if number == 38:
                    self._style = replace(self._style, color=color)
            elif number == 0:
                self._style = Style()
            elif number in (1, 2, 3, 4):
                name = {1: "is_bold", 2: "is_dim", 3: "is_italic", 4: "is_underlined"}[number]
                self._style = replace(self._style, **{name: True})
            elif number == 22:
                self._style = replace(self._style, is_bold=False, is_dim=False)
            elif 30 <= number <= 37 or 90 <= number <= 97:
                bright = "bright " if number >= 90 else ""
                self._style = replace(self._style, color=bright + _BASIC[number % 10])
            elif number == 39:
                self._style = replace(self._style, color=None)

    def lines(self) -> list[list[Run]]:
        """Return what is shown, without empty lines at the end."""
        found = [_runs(line) for line in self._lines]
        while found and not found[-1]:
            found.pop()
        return found


def _extended(rest: object) -> str | None:
    """Return a colour of 256, or of 16 million."""
    numbers = iter(rest)  # type: ignore[call-overload]
    if next(numbers, 0) == 2:
        red, green, blue = (next(numbers, 0) for _ in range(3))
        return f"#{red:02x}{green:02x}{blue:02x}"
    index = next(numbers, 0)
    if index < 16:
        return ("bright " if index > 7 else "") + _BASIC[index % 8]
    if index >= 232:
        grey = 8 + (index - 232) * 10
        return f"#{grey:02x}{grey:02x}{grey:02x}"
    index -= 16
    return "#" + "".join(f"{_STEPS[index // unit % 6]:02x}" for unit in (36, 6, 1))


def _runs(line: list[tuple[str, Style]]) -> list[Run]:
    """Join neighbours of one style; a blank without underline separates nothing and is left out at the end."""
    found: list[Run] = []
    text, style, start = "", Style(), 0
    for column, (character, own) in enumerate([*line, ("", Style("end"))]):
        if own != style or not character:
            if text.strip():
                found.append(Run(text.rstrip(), style, start))
            text, style, start = "", own, column
        text += character
    return found
