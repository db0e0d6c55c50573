"""`headgate stack diff`: what differs between two stacks, and who said so."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headgate.errors import Exit

if TYPE_CHECKING:
    from headgate.stack.difference import Difference, Side

_DIGEST = re.compile(r"(sha256:[0-9a-f]{12})[0-9a-f]{52}")
_ABSENT, _PRESENT = "-", "an entry"
_TITLES = {True: "carried by a release", False: "the environment's own"}


@click.command("diff")
@click.argument("left", metavar="A")
@click.argument("right", metavar="B")
@click.option("--release", "only_release", is_flag=True, help="Only what `headgate release promote` would carry along.")
@click.option("--exit-code", "tells", is_flag=True, help="Exit with 1 where the stacks differ, as `git diff` does.")
@click.option("--json", "as_json", is_flag=True, help="Print data, with digests in full.")
@click.pass_obj
def diff(folder: Path, left: str, right: str, only_release: bool, tells: bool, as_json: bool) -> int:
    """Compare the settings of stacks A and B, as they are after all layers, each with the line that set it.

    Entries of lists (models, regions) are compared by their names. Exit code: 0, whether they differ or not; with
    --exit-code 1 where they differ; 2 where one of them does not load.
    """
    from headgate.stack.difference import differences
    from headgate.stack.load import load_stack

    one, other = load_stack(left, folder), load_stack(right, folder)
    found = [each for each in differences(one, other) if each.released or not only_release]
    names = (str(one.name), str(other.name))
    if as_json:
        click.echo(
            json.dumps(
                {"left": names[0], "right": names[1], "differences": [each.as_json() for each in found]}, indent=2
            )
        )
    else:
        click.echo("\n".join(_report(names, found)))
    return int(Exit.VIOLATIONS if found and tells else Exit.WELL)


def _report(names: tuple[str, str], found: list[Difference]) -> list[str]:
    """Return the lines for a person: what a release carries first, since that is what one decides about."""
    if not found:
        return [f"{names[0]} and {names[1]} do not differ"]
    width = shutil.get_terminal_size((100, 24)).columns
    lines: list[str] = []
    folded = _folded(found)
    for is_released, title in _TITLES.items():
        rows = [each for each in folded if each.released is is_released]
        if rows:
            lines += ["", click.style(f"{title}: {len(rows)}", bold=True), *_rows(names, rows, width)]
    return lines[1:]


def _folded(found: list[Difference]) -> list[Difference]:
    """Return one line for an entry that only one stack has, in place of one for each of its values."""
    folded: list[Difference] = []
    alone = ""
    for each in found:
        if alone and each.path.startswith(alone):
            continue
        if None in (each.left, each.right) and each.path.endswith("].name"):
            alone = each.path.removesuffix("name")
            left, right = ((side and replace(side, value=_PRESENT)) for side in (each.left, each.right))
            folded.append(replace(each, path=alone.removesuffix("."), left=left, right=right))
        else:
            folded.append(each)
    return folded


def _rows(names: tuple[str, str], rows: list[Difference], width: int) -> list[str]:
    """Lay the differences out in columns where the terminal is wide enough, else one below the other."""
    table = [
        ("setting", names[0], "set by", names[1], "set by"),
        *((each.path, *_cells(each.left), *_cells(each.right)) for each in rows),
    ]
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    if sum(widths) + 2 * len(widths) > width:
        return _stacked(names, rows)
    aligned = ["  ".join(text.ljust(size) for text, size in zip(row, widths, strict=True)).rstrip() for row in table]
    return [click.style(aligned[0], dim=True), *aligned[1:]]


def _stacked(names: tuple[str, str], rows: list[Difference]) -> list[str]:
    """Return three lines for each difference. Nothing is cut: places are there to be copied."""
    cells = [[_cells(each.left), _cells(each.right)] for each in rows]
    margin = max(map(len, names))
    room = max(len(value) for pair in cells for value, _ in pair if len(value) <= 40)
    lines: list[str] = []
    for each, pair in zip(rows, cells, strict=True):
        lines.append(each.path)
        lines += [
            f"  {name.ljust(margin)}  {value.ljust(room) + '  ' + click.style(place, dim=True) if place else value}"
            for name, (value, place) in zip(names, pair, strict=True)
        ]
    return lines


def _cells(side: Side | None) -> tuple[str, str]:
    """Return a value, digests shortened, and its place."""
    if side is None:
        return _ABSENT, ""
    return _DIGEST.sub(r"\1…", _shown(side.value)), side.origin


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
