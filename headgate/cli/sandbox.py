"""`headgate sandbox`: up, down, status, logs, reset, kubeconfig; `fault` and `ask` are added when they are called."""

from __future__ import annotations

import importlib
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from headgate.sandbox.layout import StateDir
    from headgate.sandbox.process import ProcessStatus, RegionStatus, State

JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
MIB = 1024 * 1024
# name -> the line for --help; each is an attribute of headgate.cli.sandbox_<name>.
LATE = {
    "ask": "Ask a model through the front door.",
    "fault": "Make Azure fail on demand: add, list, clear.",
}


class WithLate(click.Group):
    """The group, some of whose commands are imported only when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names."""
        return [*super().list_commands(ctx), *LATE]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return one command."""
        if cmd_name in LATE:
            command: click.Command = getattr(importlib.import_module(f"headgate.cli.sandbox_{cmd_name}"), cmd_name)
            return command
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list without importing what it names."""
        rows = [(name, command.get_short_help_str(70)) for name, command in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl([*rows, *LATE.items()])


@click.group(cls=WithLate)
def sandbox() -> None:
    """Run the embedded platform: real control planes, registry and edge, on this machine alone."""


@sandbox.command()
@JSON
def up(as_json: bool) -> None:
    """Start what is not running.

    Everything that was deployed to the sandbox is brought back; what runs already is left alone.
    """
    from headgate.sandbox import lifecycle

    state, began = here(), time.monotonic()

    def report(name: str, reached: State, detail: str) -> None:
        if not as_json:
            click.echo(f"  {name:<32} {reached:<8} {time.monotonic() - began:5.1f} s  {detail}".rstrip())

    changed = lifecycle.up(state, report)
    if as_json:
        click.echo(json.dumps({"changed": changed, **status_document(state)}, indent=2))
    elif changed:
        click.echo(f"The sandbox is up ({time.monotonic() - began:.1f} s). See: headgate sandbox status")
    else:
        click.echo("The sandbox is up already; nothing to do.")


@sandbox.command()
@JSON
def down(as_json: bool) -> None:
    """End every process.

    What was deployed stays on disk for the next `up`.
    """
    from headgate.sandbox.supervisor import launch

    began = time.monotonic()
    was_running = launch.stop(here())
    if as_json:
        click.echo(json.dumps({"was_running": was_running}))
    elif was_running:
        click.echo(f"The sandbox is down ({time.monotonic() - began:.1f} s); its state is kept in {here().root}")
    else:
        click.echo("The sandbox was not running.")


@sandbox.command()
@JSON
def status(as_json: bool) -> None:
    """Show regions, processes, ports and memory."""
    from rich.console import Console

    from headgate.cli.process_table import coloured, process_table

    state = here()
    document = status_document(state)
    if as_json:
        click.echo(json.dumps(document, indent=2))
        return
    if not document["running"]:
        click.echo("The sandbox is not running. Start it: headgate sandbox up")
        return
    regions, processes = read_status(state)
    console = Console()
    for region in regions:
        server = region.endpoints.server if region.endpoints else ""
        memory = f"{region.memory / MIB:.0f} MB"
        console.print(
            f"\n[bold]{region.location}[/] · {region.cluster} · {coloured(region.state)} · {memory} · {server}"
        )
        if region.reason:
            console.print(f"  {region.reason}", style="yellow", markup=False, highlight=False)
        console.print(process_table(list(region.processes), f"{region.cluster}/", console.width))
    console.print("\n[bold]sandbox[/]")
    console.print(process_table(processes, "", console.width))
    console.print(f"\n{document['memory'] / MIB:.0f} MB in all · state in {state.root}")


@sandbox.command()
@click.argument("name", required=False)
@click.option("-n", "--lines", default=100, show_default=True, help="How many lines.")
@click.option("-f", "--follow", is_flag=True, help="Go on with what is written next.")
@JSON
def logs(name: str | None, lines: int, follow: bool, as_json: bool) -> None:
    """Show a log, or list them.

    NAME is a process, such as azure or uaenorth/kube-apiserver.
    """
    from headgate.sandbox.supervisor.logfiles import follow as written_next
    from headgate.sandbox.supervisor.logfiles import tail

    state = here()
    if name is None:
        list_logs(state, as_json)
        return
    path = find_log(state, name)
    text = tail(path, lines, limit=16 * MIB)
    click.echo(json.dumps({"log": str(path), "lines": text}) if as_json else "\n".join(text))
    if follow and not as_json:
        for chunk in written_next(path):
            click.echo(chunk, nl=False)


@sandbox.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@JSON
def reset(yes: bool, as_json: bool) -> None:
    """Remove all that the sandbox keeps.

    Regions, registries, ledger and Pulumi's state go; the tool cache stays.
    """
    from headgate.sandbox import lifecycle

    state = here()
    if not yes:
        click.confirm(f"Remove everything that the sandbox keeps in {state.root}?", abort=True, err=True)
    rest = lifecycle.reset(state)
    if as_json:
        click.echo(json.dumps({"removed": str(state.root), "left": rest}))
        return
    click.echo(f"Removed what the sandbox kept in {state.root}.")
    if rest:
        click.echo(f"Left, because it is not the sandbox's: {', '.join(rest)}")


@sandbox.command()
@click.argument("region")
@click.option("--raw", is_flag=True, help="Print the kubeconfig itself instead of its path.")
@JSON
def kubeconfig(region: str, raw: bool, as_json: bool) -> None:
    """Print the path of a kubeconfig.

    As in: kubectl --kubeconfig $(headgate sandbox kubeconfig uaenorth) get nodes
    """
    from headgate.errors import HeadgateError

    state = here()
    clusters = clusters_by_name(state)
    path = state.region(clusters.get(region, region)) / "kubeconfig"
    if not path.is_file():
        raise HeadgateError(
            "the sandbox has no such region",
            found=region,
            expected=", ".join(sorted(clusters)) or "a region that was deployed: there is none yet",
            fix="headgate sandbox status",
        )
    if as_json:
        click.echo(json.dumps({"region": region, "kubeconfig": str(path)}))
    else:
        click.echo(path.read_text() if raw else str(path))


def here() -> StateDir:
    """Return the state directory that this shell means."""
    from headgate.sandbox.layout import StateDir

    return StateDir.from_environment()


def read_status(state: StateDir) -> tuple[list[RegionStatus], list[ProcessStatus]]:
    """Return the regions, and the processes of none."""
    from headgate.sandbox.control import Control

    control = Control(state)
    regions = control.regions()
    clusters = {region.cluster for region in regions}
    return regions, [each for each in control.processes() if each.group not in clusters]


def status_document(state: StateDir) -> dict[str, Any]:
    """Return the whole status as `--json` prints it: regions by name, processes, memory in bytes."""
    from headgate.sandbox.control import Control

    if not Control(state).alive():
        return {"running": False, "state": str(state.root), "regions": {}, "processes": [], "memory": 0}
    regions, processes = read_status(state)
    names = region_names(regions)
    return {
        "running": True,
        "state": str(state.root),
        "regions": {names[region.cluster]: region.as_json() for region in regions},
        "processes": [process.as_json() for process in processes],
        "memory": sum(each.memory for each in regions) + sum(each.memory for each in processes),
    }


def region_names(regions: list[RegionStatus]) -> dict[str, str]:
    """Return each cluster's region name: its location, or its cluster where a location has several."""
    locations = [region.location for region in regions]
    return {each.cluster: each.location if locations.count(each.location) == 1 else each.cluster for each in regions}


def clusters_by_name(state: StateDir) -> dict[str, str]:
    """Return the cluster behind each name that a person may use for a region, from the disk alone."""
    named: dict[str, str] = {}
    for path in sorted((state.root / "regions").glob("*/region.json")):
        facts = json.loads(path.read_text())
        named[facts["cluster"]] = facts["cluster"]
        named.setdefault(facts["location"], facts["cluster"])
    return named


def log_files(state: StateDir) -> dict[str, Path]:
    """Return the log of each process, by name."""
    return {str(path.relative_to(state.logs).with_suffix("")): path for path in sorted(state.logs.rglob("*.log"))}


def find_log(state: StateDir, name: str) -> Path:
    """Return the log of a process; a region may be named by its location."""
    from headgate.errors import HeadgateError

    known = log_files(state)
    region, _, process = name.partition("/")
    full = f"{clusters_by_name(state).get(region, region)}/{process}" if process else name
    if full not in known:
        raise HeadgateError(
            "there is no such log",
            found=name,
            expected=", ".join(known) or "a process that was started: there is none yet",
            fix="headgate sandbox logs" if known else "headgate sandbox up",
        )
    return known[full]


def list_logs(state: StateDir, as_json: bool) -> None:
    """Print the names and sizes of all logs."""
    rows = {name: path.stat().st_size for name, path in log_files(state).items()}
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    if not rows:
        click.echo("No logs yet. Start the sandbox: headgate sandbox up", err=True)
    for name, size in rows.items():
        click.echo(f"{size / 1024:9.0f} kB  {name}")
