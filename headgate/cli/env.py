"""`headgate env`: the environment in which plain `pulumi` and `kubectl` work on the sandbox."""

from __future__ import annotations

import json
import shlex

import click

from headgate.engine.environment import prepare
from headgate.sandbox.layout import StateDir


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def env(as_json: bool) -> None:
    """Print the environment of the sandbox for a shell.

    \b
    eval "$(headgate env)"
    pulumi stack ls
    """  # noqa: D301 - click wants the backspace itself
    variables = prepare(StateDir.from_environment())
    if as_json:
        click.echo(json.dumps(variables, indent=2))
        return
    # A passphrase of the user's own would go before the file.
    click.echo("unset PULUMI_CONFIG_PASSPHRASE;")
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)};")
