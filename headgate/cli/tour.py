"""`headgate tour`: the whole platform on this machine, and what to look at once it runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from headgate.cli.tour_screen import Screen


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def tour(context: click.Context, as_json: bool) -> None:
    """Show what runs, where, and what to try next."""
    if context.invoked_subcommand is None:
        from headgate.cli.tour_screen import closing
        from headgate.sandbox.layout import StateDir

        _show(closing(StateDir.from_environment()), as_json)


@tour.command()
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON; progress goes to stderr.")
def up(as_json: bool) -> None:
    """Build what is missing, start the sandbox, deploy platform and team, send a request through the front door.

    Running it again changes nothing and takes seconds; after a crash it goes on from where it stopped.
    """
    from rich.console import Console

    from headgate.cli.tour_screen import closing
    from headgate.cli.tour_steps import bring_up
    from headgate.sandbox.layout import StateDir

    state = StateDir.from_environment()
    result = bring_up(state, Console(stderr=True))
    _show(closing(state, result), as_json)


def _show(screen: Screen, as_json: bool) -> None:
    """Print for a person, or for a program."""
    if as_json:
        click.echo(json.dumps(screen.as_json(), indent=2))
    else:
        from rich.console import Console

        Console().print(screen.render())
