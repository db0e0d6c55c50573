"""The closing screen: what runs, where, how to look, what to try, how to stop. Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from headgate.cli.front_door import PLATFORM
from headgate.cli.tour_steps import MODEL, TEAM, Result
from headgate.sandbox import network
from headgate.sandbox.control import Control, RegionStatus
from headgate.sandbox.layout import StateDir

MIB = 2**20
TRY = (
    ('eval "$(.venv/bin/headgate env)"', "first: what follows is on PATH"),
    ("headgate sandbox status", "processes, ports, memory"),
    (f"headgate stack explain {TEAM}", "each setting, and what set it"),
    (f"headgate check --stack {TEAM}", "gate 1, as in a pull request"),
    ("headgate check --manifests examples/refused/deployment.yaml", "gate 1 refuses an image"),
    ("kubectl apply -f examples/refused/deployment.yaml", "gate 3 refuses the same"),
    ("headgate audit verify", "recompute the ledger"),
)


@dataclass(frozen=True)
class Screen:
    """What the screen says."""

    regions: tuple[RegionStatus, ...]
    edge: dict[str, str]
    ledger: Path
    result: Result | None
    monitoring: tuple[tuple[str, str], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the same for a program."""
        smoke = self.result.smoke if self.result else None
        return {
            "stacks": [PLATFORM, TEAM],
            "model": MODEL,
            "regions": [
                {"name": each.location, "cluster": each.cluster, "state": each.state, "memory": each.memory}
                for each in self.regions
            ],
            "endpoints": self.edge,
            "ledger": str(self.ledger),
            "monitoring": dict(self.monitoring),
            "seconds": self.result.seconds if self.result else {},
            "request": smoke.as_json() if smoke else None,
        }

    def render(self) -> RenderableType:
        """Return it for a terminal. There is no frame at the sides, so that lines can be copied."""
        if not self.regions:
            return Group(Rule("No region is up"), Padding("[cyan]make up[/] brings them up", (1, 2)))
        parts: list[RenderableType] = [self._regions(), Text(), self._places(), Text()]
        if self.result and self.result.smoke:
            parts += [self._answer(), Text()]
        parts += [Text("Try", style="bold"), _Tries(), Text()]
        parts.append(Text.from_markup("[cyan]make down[/] stops it all; [cyan]make up[/] brings it back"))
        return Group(Rule("[bold green]Headgate is up[/]", style="green"), Padding(Group(*parts), (1, 2)))

    def _regions(self) -> Table:
        """Return one row a region."""
        table = _table("region", "cluster", "state", "memory", "API server")
        for each in self.regions:
            server = each.endpoints.server if each.endpoints else ""
            table.add_row(each.location, each.cluster, each.state, f"{each.memory / MIB:.0f} MB", server)
        return table

    def _places(self) -> Table:
        """Return where else to look: the edge by its whole name, the ledger by its path."""
        table = _table()
        for name, address in self.edge.items():
            table.add_row("front door", f"https://{name.removesuffix(':443')}")
            table.add_row("", Text(f"on this machine: {address}", style="dim"))
        table.add_row("ledger", str(self.ledger))
        for name, address in self.monitoring:
            table.add_row(name, address)
        return table

    def _answer(self) -> Text:
        """Return what the model said."""
        smoke = self.result.smoke if self.result else None
        if smoke is None:
            return Text()
        said = ", ".join(f"{name} {values}" for name, values in (smoke.outputs or {}).items())
        return Text.assemble(
            (f"{MODEL} answered ", "green"),
            f"from {smoke.region} in {smoke.seconds * 1000:.0f} ms: {said}\n",
            (f"by {smoke.digest}" if smoke.digest else "", "dim"),
        )


class _Tries:
    """Commands to try, each on a line of its own; what it shows stands beside it, or below on a narrow terminal."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Lay them out for the width there is."""
        is_wide = options.max_width >= sum(max(len(pair[side]) for pair in TRY) + 2 for side in (0, 1))
        table = _table()
        for command, purpose in TRY:
            if is_wide:
                table.add_row(Text(command, style="cyan"), Text(purpose, style="dim"))
            else:
                table.add_row(Text.assemble((command, "cyan"), "\n", (f"    {purpose}", "dim")))
        yield table


def _table(*headings: str) -> Table:
    """Return a table without lines, whose cells fold and are never cut."""
    table = Table(box=None, show_header=bool(headings), pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold", justify="right" if heading == "memory" else "left")
    return table


def closing(state: StateDir, result: Result | None = None) -> Screen:
    """Read what runs now."""
    edge = {name: target for name, target in network.read(state).items() if ".azurefd.net:443" in name}
    control = Control(state)
    monitoring = tuple(
        (each.name.partition("-")[0], f"{scheme}://127.0.0.1:{port}")
        for each in control.processes("monitoring")
        for scheme, port in each.ports.items()
    )
    return Screen(tuple(control.regions()), edge, _near(state.ledger), result, monitoring)


def _near(path: Path) -> Path:
    """Return a path as one would type it here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
