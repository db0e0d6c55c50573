"""The closing screen: what runs, where, how to look, what to try, how to stop. Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from headgate.cli.tour_steps import MODEL, PLATFORM, TEAM, Result
from headgate.sandbox import network
from headgate.sandbox.control import Control, RegionStatus
from headgate.sandbox.layout import StateDir

TRY = (
    ('eval "$(headgate env)"', "plain pulumi and kubectl work from here"),
    ("headgate sandbox status", "every process, port and megabyte"),
    (f"headgate check --stack {TEAM}", "gate 1: what a pull request would hear"),
    ("headgate check --manifests examples/refused/deployment.yaml", "the same gate, refusing an image by tag"),
    ("kubectl apply -f examples/refused/deployment.yaml", "gate 3: the API server refuses it, in the same words"),
    (f"headgate stack explain {TEAM}", "each setting, with the file and line that set it"),
    ("headgate audit verify --ledger .headgate/ledger", "recompute every tile of the ledger"),
)


@dataclass(frozen=True)
class Screen:
    """What the screen says."""

    regions: tuple[RegionStatus, ...]
    edge: dict[str, str]
    result: Result | None

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
            "seconds": self.result.seconds if self.result else {},
            "request": smoke.as_json() if smoke else None,
        }

    def render(self) -> RenderableType:
        """Return it for a terminal."""
        parts: list[RenderableType] = [self._regions(), Text()]
        if self.result and self.result.smoke:
            parts += [self._answer(), Text()]
        parts += [Text("Try", style="bold"), _tries(), Text(), Text("make down stops it; make up brings it back")]
        return Panel(Group(*parts), title="Headgate is up" if self.regions else "No region is up", padding=(1, 2))

    def _regions(self) -> Table:
        table = Table("region", "cluster", "state", "processes", "memory", "API server", box=None, pad_edge=False)
        for each in self.regions:
            server = each.endpoints.server if each.endpoints else ""
            memory = f"{each.memory / 2**20:.0f} MB"
            table.add_row(each.location, each.cluster, each.state, str(len(each.processes)), memory, server)
        for name, address in self.edge.items():
            table.add_row("edge", name, "", "", "", address)
        return table

    def _answer(self) -> Text:
        smoke = self.result.smoke if self.result else None
        if smoke is None:
            return Text()
        return Text.assemble(
            (f"{MODEL} answered ", "green"),
            f"{dict(smoke.outputs or {})} from {smoke.region} in {smoke.seconds * 1000:.0f} ms, ",
            f"running {smoke.digest[:19]}…",
        )


def closing(state: StateDir, result: Result | None = None) -> Screen:
    """Read what runs now."""
    edge = {name: target for name, target in network.read(state).items() if ".azurefd.net:443" in name}
    return Screen(tuple(Control(state).regions()), edge, result)


def _tries() -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    for command, purpose in TRY:
        table.add_row(Text(command, style="cyan"), Text(purpose, style="dim"))
    return table
