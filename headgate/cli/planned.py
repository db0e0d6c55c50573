"""Where commands that look at a stack's resources take them from: a preview, a plan, or a state."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from headgate.plan.view import View
    from headgate.stack import StackName


def from_files(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that name a document in place of the preview."""
    for name, text in (
        ("--state", "Take the resources from a state: what `pulumi stack export` printed."),
        ("--plan", "Take them from a plan: what `pulumi preview --json` printed."),
    ):
        command = click.option(name, metavar="FILE", help=text)(command)
    return command


def view_of(name: StackName, folder: Path, plan: str | None, state: str | None) -> View:
    """Return a stack's resources: those of the file that was named, else of a preview without cloud credentials."""
    from headgate.plan import load

    if plan and state:
        raise click.UsageError("name one of --plan and --state.")
    if plan:
        return load.plan(plan)
    if state:
        return load.state(state)
    return previewed(name, folder)


def previewed(name: StackName, folder: Path) -> View:
    """Preview a stack in plan-only mode: the engine and our stand-ins, no credentials."""
    from headgate.engine import preview
    from headgate.plan import sources
    from headgate.plan.pulumi import from_events

    with preview(str(name), plan_only=True, project=folder.parent) as found:
        return sources.over(from_events(found.events(), f"stack {name}", str(name)), found.sources_file)
