"""`headgate up`: deploy a stack on the protected path."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from headgate.cli.approval_path import STACK, TARGET, options

if TYPE_CHECKING:
    from headgate.engine.projects import Project
    from headgate.engine.update import Update

_UNCHANGED = "same"
_WAIT = click.option(
    "--wait", type=click.FloatRange(min=0), default=0, metavar="MINUTES", help="Wait so long for approvals [0]."
)


@click.command()
@options(STACK)
@click.option("-y", "--yes", is_flag=True, help="Don't ask.")
@options(TARGET, _WAIT)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON; progress goes to stderr.")
def up(stack: str, yes: bool, target: str | None, wait: float, as_json: bool) -> None:
    """Deploy a stack: repair what a crash left, preview under the policy pack, update.

    Clears the lock of a process that is gone, and settles what a killed update had begun. A protected stack is planned
    and checked, and gets that very plan once it has its approvals. What is deployed then is recorded in the ledger,
    where there is one. A refusal by policy ends with exit code 1, missing approvals with 3, anything else that goes
    wrong with 2.
    """
    from headgate.approval.policy import policy_of
    from headgate.cli.approval_path import protected_path
    from headgate.cli.deployments import record_deployment

    asks = not yes and not as_json
    with protected_path(stack, target) as path:
        if policy_of(path.rules.bundle, stack).is_protected:
            from headgate.cli.up_protected import protected_up

            result, approved = protected_up(path, ask=asks, wait_minutes=wait)
        else:
            result, approved = _up(path.project, stack, ask=asks), None
        record_deployment(result.stack, path.project, result.changes, approved)
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


def _up(project: Project, stack: str, *, ask: bool) -> Update:
    """Deploy a stack that is not protected."""
    from rich.console import Console

    from headgate import engine
    from headgate.engine.render import rendering

    if ask and not click.confirm(f"Deploy {stack}?", default=True, err=True):
        raise click.Abort
    with rendering(Console(stderr=True)) as renderer:
        return engine.up(stack, project=project.root, on_event=renderer.see, on_note=renderer.note)
