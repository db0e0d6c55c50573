"""What `headgate up`, `destroy`, `refresh` and `import` share: the way to a stack, protected or not, and its record."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from headgate.errors import Exit, HeadgateError

if TYPE_CHECKING:
    from headgate.cli.approval_path import ProtectedPath
    from headgate.cli.protected_run import Done
    from headgate.engine.projects import Project
    from headgate.engine.steps import Steps
    from headgate.engine.update import Update
    from headgate.plan.actions import Request

_UNCHANGED = "same"
YES = click.option("-y", "--yes", is_flag=True, help="Don't ask.")
WAIT = click.option(
    "--wait", type=click.FloatRange(min=0), default=0, metavar="MINUTES", help="Wait so long for approvals [0]."
)
RESULT = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON; progress goes to stderr.")


def perform(stack: str, request: Request, *, yes: bool, target: str | None, wait: float, as_json: bool) -> None:
    """Do what is asked of a stack, with approvals where it is protected; record and tell what was done."""
    from headgate.approval.policy import policy_of
    from headgate.cli.approval_path import protected_path
    from headgate.cli.deployments import at_work, attempt, record_deployment, watched
    from headgate.cli.gate_bundle import require_rules_of_this_version
    from headgate.plan.actions import Action

    if request.action is Action.UPDATE:
        require_rules_of_this_version(stack)
    asks = not yes and not as_json
    with protected_path(stack, target) as path, at_work(stack, path.project):
        protected = policy_of(path.rules.bundle, stack).is_protected
        with attempt(stack, path.project, protected=protected), watched(stack, request.action) as steps:
            done = (
                _protected(path, request, asks, wait, steps)
                if protected
                else _straight(path.project, stack, request, asks, steps)
            )
        result = done.update
        if result.changes or request.action is Action.UPDATE:
            record_deployment(stack, path.project, result.changes, done.record, request.action)
        if done.strayed:
            raise _beside_the_plan(stack, request, done.strayed)
    _tell(result, as_json=as_json)


def _protected(path: ProtectedPath, request: Request, ask: bool, wait: float, steps: Steps) -> Done:
    """Do it to a protected stack."""
    from headgate.cli.protected_run import protected_run

    return protected_run(path, request, ask=ask, wait_minutes=wait, steps=steps)


def _straight(project: Project, stack: str, request: Request, ask: bool, steps: Steps) -> Done:
    """Do it to a stack that is not protected."""
    from rich.console import Console

    from headgate import engine
    from headgate.cli.protected_run import Done
    from headgate.engine.render import rendering
    from headgate.plan.actions import UPDATE

    question = f"Deploy {stack}?" if request == UPDATE else f"{request.action.capitalize()} {stack}?"
    # Enter alone deploys, as ever; what takes away or takes over wants a word.
    if ask and not click.confirm(question, default=request == UPDATE, err=True):
        raise click.Abort
    with rendering(Console(stderr=True)) as renderer:
        update = engine.up(
            stack,
            request=request,
            project=project.root,
            on_event=renderer.see,
            on_note=renderer.note,
            arguments=() if request == UPDATE else ("--skip-preview",),
            steps=steps,
        )
    return Done(update)


def _beside_the_plan(stack: str, request: Request, strayed: str) -> HeadgateError:
    """Return the error of an engine that did something else than was approved, and raise the alarm."""
    from headgate.audit import Entry, record
    from headgate.audit.entry import Alarm, Kind
    from headgate.gate.record import configured_ledger

    ledger = configured_ledger()
    if ledger is not None:
        said = {"alert": str(Alarm.STRAYED), "action": str(request.action), "found": strayed}
        record(ledger, [Entry(kind=Kind.ALERT, subject=stack, data=said)])
    return HeadgateError(
        f"the {request.action} did something else than what was approved",
        where=stack,
        found=strayed,
        expected="the plan that people signed",
        fix="somebody changed the stack in the moment in which it began: look at the ledger, and who holds the state",
        exit_code=Exit.VIOLATIONS,
    )


def _tell(result: Update, *, as_json: bool) -> None:
    """Say what became of it."""
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
    click.echo(f"{result.stack}: {told}, {same} unchanged ({result.seconds:.0f} s)")
