"""Draws the README's pictures: `make pictures`. After `make down` they show a start from nothing.

docs/draw_pictures.py                          every picture of the README
docs/draw_pictures.py terminal OUT -- COMMAND  a real run of a command
docs/draw_pictures.py diagram STATE... -o OUT  a deployment, from what `pulumi stack export` wrote
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import click
from drawing import terminal

from headgate.diagram import inventory, picture
from headgate.plan import load

CHECKOUT = Path(__file__).resolve().parents[1]
PICTURES = CHECKOUT / "docs" / "pictures"
COLUMNS = 100
# Picture, the command as a reader would type it, and how many lines of the beginning and end of each step are shown.
RUNS = (("up.svg", "make up", 4, 2),)
STACKS = ("platform-sandbox", "fraud-sandbox")
# Picture, and the stacks of which previews are drawn: no cloud is asked.
PLANNED = (("production.svg", ("platform-prod", "assistant-prod", "fraud-prod", "vision-prod")),)


@click.group(invoke_without_command=True)
@click.pass_context
def main(context: click.Context) -> None:
    """Draw every picture of the README."""
    if context.invoked_subcommand is None:
        for name, command, first, last in RUNS:
            _draw_terminal(PICTURES / name, command, COLUMNS, first, last)
        _draw_diagram(PICTURES / "sandbox.svg", _exported())
        for name, stacks in PLANNED:
            _draw_planned(PICTURES / name, stacks)


@main.command(name="terminal")
@click.argument("out", type=click.Path(path_type=Path))
@click.argument("command", nargs=-1, required=True)
@click.option("--columns", default=COLUMNS, show_default=True, help="Width of the terminal.")
@click.option("--first", default=4, show_default=True, help="Lines shown of the beginning of each step.")
@click.option("--last", default=2, show_default=True, help="Lines shown of its end.")
def draw_terminal(out: Path, command: tuple[str, ...], columns: int, first: int, last: int) -> None:
    """Run COMMAND in a terminal and draw what it showed."""
    _draw_terminal(out, shlex.join(command), columns, first, last)


@main.command(name="diagram")
@click.argument("states", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("-o", "--output", type=click.Path(path_type=Path), default=PICTURES / "sandbox.svg", help="Where to.")
def draw_diagram(states: tuple[Path, ...], output: Path) -> None:
    """Draw what the exported STATES consist of."""
    _draw_diagram(output, [path.read_text() for path in states])


def _draw_terminal(out: Path, shown: str, columns: int, first: int, last: int) -> None:
    """Record and draw one command, which is found in the virtual environment."""
    words = shlex.split(shown)
    own = CHECKOUT / ".venv" / "bin" / words[0]
    recording = terminal.record([str(own) if own.exists() else words[0], *words[1:]], shown, columns)
    lines = terminal.shortened(recording.lines, columns, first, last)
    _write(out, terminal.draw(terminal.Recording(shown, lines, recording.code), columns))
    click.echo(f"{shown}: exit code {recording.code}")


def _draw_diagram(out: Path, states: list[str]) -> None:
    """Draw exported states, as `headgate stack diagram --state` does."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.json" for number in range(len(states))]
        for path, state in zip(paths, states, strict=True):
            path.write_text(state)
        _write(out, picture.draw(inventory.read([load.state(str(path)) for path in paths])))


def _draw_planned(out: Path, stacks: tuple[str, ...]) -> None:
    """Draw stacks as they would be deployed."""
    command = [sys.executable, "-m", "headgate.cli.main", "stack", "diagram", *stacks, "-o", str(out)]
    subprocess.run(command, cwd=CHECKOUT, check=True)


def _exported() -> list[str]:
    """Export the sandbox's stacks. Secrets stay ciphertext, and nothing of the states is written but names."""
    headgate = [sys.executable, "-m", "headgate.cli.main", "env"]
    exports = subprocess.run(headgate, cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout
    return [
        subprocess.run(
            ["bash", "-c", f"{exports}\nexec pulumi stack export -s {stack}"],
            cwd=CHECKOUT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for stack in STACKS
    ]


def _write(path: Path, content: str) -> None:
    """Write a picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    click.echo(f"wrote {path}")


if __name__ == "__main__":
    main()
