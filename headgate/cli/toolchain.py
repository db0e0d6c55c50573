"""`headgate toolchain`: build, list and find the pinned tools."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.table import Table

from headgate.sandbox.layout import StateDir
from headgate.sandbox.toolchain import TOOLS, Location, ensure, locate, needed, path_prefix, reporting

# Where nobody reads, rows are whole: a path that is cut is of no use to a script.
_WIDE = 240


@click.group()
def toolchain() -> None:
    """Build, list and find the pinned tools."""


@toolchain.command()
@click.argument("tools", nargs=-1, metavar="[TOOL]...")
@click.option("--all", "everything", is_flag=True, help="Build all tools, not only those that `make up` needs.")
def build(tools: tuple[str, ...], everything: bool) -> None:
    """Build TOOLs, or what `make up` needs. What is built already is checked and kept."""
    names = tools or (tuple(each.name for each in TOOLS) if everything else needed())
    with reporting(Console(stderr=True)) as reporter:
        ensure(names, reporter, thorough=True)


@toolchain.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--verify", is_flag=True, help="Hash every cached tool and compare.")
def list_tools(as_json: bool, verify: bool) -> None:
    """List the tools: version, where each is used from, what building it takes."""
    locations = [locate(each, thorough=verify) for each in TOOLS]
    if as_json:
        click.echo(json.dumps([_as_json(each) for each in locations], indent=2))
        return
    table = Table("tool", "version", "used by up", "builds in", "from", box=None, pad_edge=False)
    table.add_column("path", overflow="fold")
    for each in locations:
        table.add_row(
            each.tool.name,
            each.tool.version,
            "yes" if each.tool.needed else "",
            f"{each.tool.estimate} s",
            each.source,
            str(each.path or each.detail or ""),
        )
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDE)
    console.print(table)


@toolchain.command()
def path() -> None:
    """Print what to put before PATH: links to the tools, and the Pulumi plugins of the sandbox."""
    from headgate.sandbox.shims import write_shims

    state = StateDir.from_environment()
    prefix = path_prefix(state)
    write_shims(state)
    click.echo(prefix)


def _as_json(location: Location) -> dict[str, str | int | bool | None]:
    """Return one row for `--json`."""
    return {
        "tool": location.tool.name,
        "version": location.tool.version,
        "family": location.tool.family,
        "source": location.source,
        "path": str(location.path) if location.path else None,
        "detail": location.detail,
        "needed": location.tool.needed,
        "estimate_seconds": location.tool.estimate,
    }
