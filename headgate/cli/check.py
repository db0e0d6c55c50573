"""`headgate check`: gate P, over whatever document describes the change."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from headgate.errors import HeadgateError

if TYPE_CHECKING:
    from headgate.plan.view import View

_FORMATS = ("console", "json", "sarif", "junit", "github", "markdown")


@click.command()
@click.option("--stack", help="Preview this stack without cloud credentials, and judge that.")
@click.option("--plan", metavar="FILE", help="A plan: what `pulumi preview --json` printed (- for stdin).")
@click.option("--event-log", metavar="FILE", help="An engine event log.")
@click.option("--state", metavar="FILE", help="A state: what `pulumi stack export` printed.")
@click.option("--manifests", multiple=True, metavar="FILE…", help="Kubernetes manifests: files, directories, or -.")
@click.argument("more", nargs=-1, metavar="")
@click.option("--format", "form", type=click.Choice(_FORMATS), help="Form of the report (default: console).")
@click.option("--json", "as_json", is_flag=True, help="Short for --format json.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the report to a file.")
@click.option("--environment", help="Whose parameters count (default: from the stack's name, else prod).")
@click.option("--policies", type=click.Path(file_okay=False), help="The rules (default: policies/ of the checkout).")
@click.option("--ledger", type=click.Path(file_okay=False, path_type=Path), help="Ledger that records the decision.")
def check(
    stack: str | None,
    plan: str | None,
    event_log: str | None,
    state: str | None,
    manifests: tuple[str, ...],
    more: tuple[str, ...],
    form: str | None,
    as_json: bool,
    output: Path | None,
    environment: str | None,
    policies: str | None,
    ledger: Path | None,
) -> int:
    """Gate 1: judge a stack, a plan or manifests.

    Exit code: 0 all well, 1 violations, 2 could not evaluate, 3 only approvals are missing.
    """
    from headgate.gate.pull_request import decide
    from headgate.gate.record import configured_ledger
    from headgate.policy.bundle import Bundle
    from headgate.report.formats import FORMATS

    if more and not manifests:
        raise click.UsageError(f"what is {more[0]!r}? Name manifests with --manifests.")
    try:
        view = _view({"stack": stack, "plan": plan, "event_log": event_log, "state": state}, (*manifests, *more))
        decision = decide(view, Bundle.find(policies), environment, ledger or configured_ledger())
    except (RecursionError, MemoryError) as error:
        raise HeadgateError(
            "the document is nested too deeply or too large, so nothing was judged",
            found=type(error).__name__,
            expected="what Pulumi or Kubernetes could take",
            fix="look at what made the document",
        ) from error
    _write(FORMATS["json" if as_json else form or "console"](decision), output)
    return int(decision.exit_code)


def _view(given: dict[str, str | None], manifests: tuple[str, ...]) -> View:
    """Read the one document that was named."""
    from headgate.plan import load

    named = [(name, value) for name, value in given.items() if value]
    if len(named) + bool(manifests) != 1:
        raise click.UsageError("name one of --stack, --plan, --event-log, --state, --manifests.")
    if manifests:
        return load.manifest_files(manifests)
    name, value = named[0]
    if name == "stack":
        return _preview(value)
    reader = {"plan": load.plan, "event_log": load.event_log, "state": load.state}[name]
    return reader(value)


def _preview(stack: str) -> View:
    """Preview a stack in plan-only mode: the engine and our stand-ins, no credentials."""
    from headgate.engine import preview
    from headgate.plan.pulumi import from_events
    from headgate.stack.load import find_stacks

    # The stack that was edited: the project of the working directory, as `headgate stack` reads it.
    with preview(stack, plan_only=True, project=find_stacks().parent) as found:
        return from_events(found.events(), f"stack {stack}", stack)


def _write(report: str, output: Path | None) -> None:
    """Write the report where it was asked for."""
    if output is None:
        click.echo(report, nl=False)
        return
    try:
        output.write_text(report, encoding="utf-8")
    except OSError as error:
        raise HeadgateError(
            "the report can't be written",
            where=str(output),
            found=error.strerror or str(error),
            fix="name a file that you may write with --output",
        ) from error
