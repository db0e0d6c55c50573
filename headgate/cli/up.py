"""`headgate up`: deploy a stack on the protected path."""

from __future__ import annotations

import json

import click

_UNCHANGED = "same"


@click.command()
@click.option("-s", "--stack", required=True, help="The stack, as in stacks/Pulumi.STACK.yaml.")
@click.option("-y", "--yes", is_flag=True, help="Don't ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON; progress goes to stderr.")
def up(stack: str, yes: bool, as_json: bool) -> None:
    """Deploy a stack: repair what a crash left, preview under the policy pack, update.

    Clears the lock of a process that is gone, and settles what a killed update had begun. What is deployed then is
    recorded in the ledger, where there is one. A refusal by policy ends with exit code 1, anything else that goes
    wrong with 2.
    """
    from rich.console import Console

    from headgate import engine
    from headgate.cli.deployments import record_deployment
    from headgate.engine import projects
    from headgate.engine.render import rendering
    from headgate.stack import find_stacks

    project = projects.read(find_stacks().parent)
    projects.require_file(project, stack)
    if not yes and not as_json and not click.confirm(f"Deploy {stack}?", default=True, err=True):
        raise click.Abort
    with rendering(Console(stderr=True)) as renderer:
        result = engine.up(stack, project=project.root, on_event=renderer.see, on_note=renderer.note)
    record_deployment(result.stack, project, result.changes)
    if as_json:
        fields = {
            "stack": result.stack,
            "changes": dict(result.changes),
            "seconds": result.seconds,
            "notes": result.notes,
        }
        click.echo(json.dumps(fields, indent=2))
        return
    changed = {name: count for name, count in result.changes.items() if name != _UNCHANGED}
    told = ", ".join(f"{count} {name}" for name, count in changed.items()) or "nothing to change"
    same = result.changes.get(_UNCHANGED, 0)
    click.echo(f"{stack}: {told}, {same} unchanged ({result.seconds:.0f} s)")
