"""`pulumi preview` and `pulumi up` of a generated program against a real region, and where the time goes."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks import program
from benchmarks.processes import Sampler
from headgate.engine.environment import child_environment, prepare
from headgate.engine.process import Pulumi
from headgate.sandbox.control import Control, RegionSpec
from headgate.sandbox.layout import StateDir
from headgate.sandbox.supervisor import launch

STAND_INS = ("kubernetes stand-in", "azure-native stand-in")


@dataclass(frozen=True)
class Run:
    """One command: what it was, how long it took, and the processor time of each part."""

    what: str
    resources: int
    seconds: float
    parts: dict[str, float]

    @property
    def stand_in_share(self) -> float:
        """Processor time of the stand-ins, as a share of all of it."""
        total = sum(self.parts.values())
        return sum(self.parts.get(name, 0.0) for name in STAND_INS) / total if total else 0.0


@contextmanager
def region(folder: Path) -> Iterator[tuple[StateDir, str]]:
    """Run a sandbox with one empty region, and nothing of it afterwards."""
    state = StateDir(folder / "state").ensure()
    launch.start(state)
    try:
        endpoints = Control(state).ensure_region(RegionSpec("aks-bench-uaenorth", "uaenorth"))
        yield state, Path(endpoints.kubeconfig_path).read_text()
    finally:
        launch.stop(state)


_UP = ["up", "--yes", "--skip-preview", "-s", "bench-sandbox"]


def measure(resources: int) -> list[Run]:
    """Preview, deploy, and deploy again without changes."""
    steps = (("preview", ["preview", "-s", "bench-sandbox"]), ("up", _UP), ("up, no changes", _UP))
    return _runs(steps, resources, {})


def deploy(resources: int, variables: Mapping[str, str]) -> Run:
    """Deploy into an empty region, with variables of the caller's for Pulumi."""
    return _runs((("up", _UP),), resources, variables)[0]


def _runs(steps: Sequence[tuple[str, list[str]]], resources: int, variables: Mapping[str, str]) -> list[Run]:
    with tempfile.TemporaryDirectory(prefix="hg-bench-") as name, region(Path(name)) as (state, kubeconfig):
        project = Path(name) / "project"
        program.write(project, resources, kubeconfig)
        environment = child_environment({**prepare(state, project=project), **variables})
        pulumi = Pulumi(environment, project)
        _call(pulumi, ["stack", "init", "organization/bench/bench-sandbox"], Path(name))
        return [_measure(pulumi, what, arguments, resources, Path(name)) for what, arguments in steps]


def _measure(pulumi: Pulumi, what: str, arguments: list[str], resources: int, folder: Path) -> Run:
    """Run one command and sum the processor time of everything that took part."""
    sampler = Sampler([str(folder)])
    began = time.monotonic()
    _call(pulumi, arguments, folder, sampler)
    seconds = time.monotonic() - began
    sampler.sample()
    # Shown at once: a long measurement that is interrupted has said something.
    click.echo(f"{what} of {resources:,} resources: {seconds:.1f} s", err=True)
    return Run(what, resources, seconds, sampler.by_role())


def _call(pulumi: Pulumi, arguments: list[str], folder: Path, sampler: Sampler | None = None) -> None:
    """Run the CLI; a failure ends the measurement with what it said."""
    finished = pulumi.run(arguments, output=folder / "out", tick=sampler.sample if sampler else lambda: None)
    if finished.returncode:
        raise RuntimeError(f"pulumi {' '.join(arguments)}: {finished.text()[-2000:]}{finished.stderr[-2000:]}")


def table(runs: list[Run]) -> str:
    """Return the runs as a table: seconds, and each part's share of the processor time."""
    roles = sorted(
        {role for run in runs for role in run.parts}, key=lambda role: -sum(r.parts.get(role, 0) for r in runs)
    )
    lines = ["| " + " | ".join(["command", "resources", "seconds", *roles, "stand-ins"]) + " |"]
    lines.append("|---|---|---|" + "---|" * (len(roles) + 1))
    for run in runs:
        total = sum(run.parts.values()) or 1.0
        shares = [f"{run.parts.get(role, 0.0):.1f} s ({run.parts.get(role, 0.0) / total:.0%})" for role in roles]
        cells = [run.what, f"{run.resources:,}", f"{run.seconds:.1f}", *shares, f"{run.stand_in_share:.0%}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def as_json(runs: list[Run]) -> str:
    """Return the runs as data."""
    return json.dumps([{**vars(run), "stand_in_share": run.stand_in_share} for run in runs], indent=2)
