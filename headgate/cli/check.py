"""`headgate check`: gate P, over whatever document describes the change."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headgate.cli.check_input import Input, within_reach
from headgate.cli.check_reports import FORMATS, pairs, write

if TYPE_CHECKING:
    from headgate.plan.view import View
    from headgate.report.interface import Change

_INPUTS = (
    click.option("--stack", help="Preview this stack without cloud credentials, and judge that."),
    click.option("--plan", metavar="FILE", help="A plan: of `pulumi preview --json` (- for stdin), or of --save-plan."),
    click.option("--event-log", metavar="FILE", help="An engine event log."),
    click.option("--state", metavar="FILE", help="A state: of `pulumi stack export`. A saved plan needs its own."),
    click.option("--manifests", multiple=True, metavar="FILE…", help="Kubernetes manifests: files, directories, or -."),
    click.argument("more", nargs=-1, metavar=""),
)
_REPORTS = (
    click.option("--format", "formats", multiple=True, type=click.Choice(FORMATS), help="Form of the report."),
    click.option("--json", "as_json", is_flag=True, help="Short for --format json."),
    click.option("--output", "outputs", multiple=True, metavar="FILE", help="Its file; one for each --format."),
)
_RULES = (
    click.option("--only", multiple=True, metavar="RULE", help="Judge by this rule alone. May be repeated."),
    click.option("--collection", metavar="NAME", help="Judge by a collection: policies/collections/."),
    click.option("--baseline", metavar="FILE|REF", help="Block only what is worse than in this report, or commit."),
    click.option("--environment", help="Whose parameters count (default: from the stack's name, else prod)."),
    click.option(
        "--policies", type=click.Path(file_okay=False), help="The rules (default: policies/ of the checkout)."
    ),
    click.option("--timeout", type=click.FloatRange(min=0.1), default=600.0, help="Seconds that OPA may take [600]."),
    click.option(
        "--ledger", type=click.Path(file_okay=False, path_type=Path), help="Ledger that records the decision."
    ),
)


def _options(command: Any) -> Any:
    for option in reversed((*_INPUTS, *_REPORTS, *_RULES)):
        command = option(command)
    return command


@click.command()
@_options
def check(
    stack: str | None,
    plan: str | None,
    event_log: str | None,
    state: str | None,
    manifests: tuple[str, ...],
    more: tuple[str, ...],
    formats: tuple[str, ...],
    as_json: bool,
    outputs: tuple[str, ...],
    **rules: Any,
) -> int:
    """Gate 1: judge a stack, a plan or manifests.

    Several reports at once: --format console --format sarif --output headgate.sarif.

    Exit code: 0 all well, 1 violations, 2 could not evaluate, 3 only approvals are missing.
    """
    from headgate.report.formats import FORMATS as RENDER

    if more and not manifests:
        raise click.UsageError(f"what is {more[0]!r}? Name manifests with --manifests.")
    reports = pairs(formats, outputs, as_json)
    given = Input(stack, plan, event_log, state, (*manifests, *more))
    with within_reach():
        decision, change = _judged(given, **rules)
        write(reports, lambda form: RENDER[form](decision, change))
    return int(decision.exit_code)


def _judged(
    given: Input,
    only: tuple[str, ...],
    collection: str | None,
    baseline: str | None,
    environment: str | None,
    policies: str | None,
    timeout: float,
    ledger: Path | None,
) -> tuple[Any, Change]:
    """Return the decision, and what the change does."""
    from headgate.gate.baseline import Baseline
    from headgate.gate.pull_request import decide
    from headgate.gate.record import configured_ledger
    from headgate.gate.scope import chosen
    from headgate.policy.bundle import Bundle

    bundle = Bundle.find(policies)
    scope = chosen(bundle, only, collection)
    view = given.view()
    before, known = None, None
    if baseline is not None and Path(baseline).is_file():
        known = Baseline.read(Path(baseline), bundle.environment_of(view.stack, environment), view.stack)
    elif baseline is not None:
        before = given.view_at(baseline)
        known = Baseline(baseline, {})
        if before.resources:
            known = Baseline.of(decide(before, bundle, environment, scope=scope, timeout=timeout), baseline)
    recorded = ledger or configured_ledger()
    decision = decide(view, bundle, environment, recorded, scope=scope, baseline=known, timeout=timeout)
    return decision, _change(given, before, view)


def _change(given: Input, before: View | None, view: View) -> Change:
    """Return what the change does and costs, as far as the documents say."""
    from headgate.gate.difference import between, planned
    from headgate.report.interface import Change

    if before is not None:
        return Change(between(before, view))
    # Alone, a preview from nothing and a file of manifests would say that everything is made.
    return Change(planned(view) if given.plan or given.event_log else ())
