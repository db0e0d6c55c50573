"""`headgate check`: gate P, over whatever document describes the change."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headgate.cli.check_facts import OPTIONS as FACTS_FROM
from headgate.cli.check_facts import Source, facts_of
from headgate.cli.check_fix import OPTIONS as FIXES
from headgate.cli.check_fix import asked_for, mended, printed
from headgate.cli.check_input import Input, uncollected
from headgate.cli.check_reports import FORMATS, load_ahead, pairs, write
from headgate.cli.check_rules import OPTIONS as RULES_FROM
from headgate.cli.check_rules import rules_of
from headgate.cli.ledger_place import LedgerPlace
from headgate.errors import Exit
from headgate.plan.reach import within_reach

if TYPE_CHECKING:
    from headgate.gate.scope import Scope
    from headgate.plan.view import View
    from headgate.policy.bundle import Bundle
    from headgate.policy.decision import Decision
    from headgate.report.interface import Change, Cost
    from headgate.stack.rewrite import StackFile

_INPUTS = (
    click.option("--stack", help="Preview this stack without cloud credentials, and judge that."),
    click.option("--plan", metavar="FILE", help="A plan: of `pulumi preview --json` (- for stdin), or of --save-plan."),
    click.option("--event-log", metavar="FILE", help="An engine event log."),
    click.option("--state", metavar="FILE", help="A state: of `pulumi stack export`. A saved plan needs its own."),
    click.option("--manifests", multiple=True, metavar="FILE…", help="Kubernetes manifests: files, directories, or -."),
    click.option("--cluster", metavar="CONTEXT|KUBECONFIG", help="What already runs there, by the rules of admission."),
    click.argument("more", nargs=-1, metavar=""),
)
_REPORTS = (
    click.option("--format", "formats", multiple=True, type=click.Choice(FORMATS), help="Form of the report."),
    click.option("--json", "as_json", is_flag=True, help="Short for --format json."),
    click.option("--output", "outputs", multiple=True, metavar="FILE", help="Its file; one for each --format."),
)
_EXPLAIN = click.option(
    "--explain", nargs=2, metavar="RULE RESOURCE", help="Say why a rule decided so on a resource, with the values."
)
_RULES = (
    click.option("--only", multiple=True, metavar="RULE", help="Judge by this rule alone. May be repeated."),
    click.option("--collection", metavar="NAME", help="Judge by a collection: policies/collections/."),
    click.option("--baseline", metavar="FILE|REF", help="Block only what is worse than in this report, or commit."),
    click.option("--environment", help="Whose parameters count (default: from the stack's name, else prod)."),
    *RULES_FROM,
    *FACTS_FROM,
    click.option("--timeout", type=click.FloatRange(min=0.1), default=600.0, help="Seconds that OPA may take [600]."),
    click.option("--ledger", type=LedgerPlace(), help="Ledger that records the decision."),
)


def _options(command: Any) -> Any:
    for option in reversed((*_INPUTS, *_REPORTS, *_RULES, _EXPLAIN, *FIXES)):
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
    cluster: str | None,
    more: tuple[str, ...],
    formats: tuple[str, ...],
    as_json: bool,
    outputs: tuple[str, ...],
    explain: tuple[str, str] | None,
    fix: bool,
    write_fixes: bool,
    **rules: Any,
) -> int:
    """Gate 1: judge a stack, a plan or manifests; or, by the rules of gate 3, what runs in a cluster.

    Several reports at once: --format console --format sarif --output headgate.sarif.

    Exit code: 0 all well, 1 violations, 2 could not evaluate, 3 only approvals are missing.
    """
    if more and not manifests:
        raise click.UsageError(f"what is {more[0]!r}? Name manifests with --manifests.")
    reports = pairs(formats, outputs, as_json)
    given = Input(stack, plan, event_log, state, (*manifests, *more), cluster)
    to_fix = asked_for(stack, fix=fix, write=write_fixes, explain=explain is not None)
    forms = () if explain else tuple(form for form, _ in reports)
    with within_reach(), uncollected():
        # To be told why is no decision of a gate.
        judged = _judged(given, record=explain is None, forms=forms, **rules)
        if explain:
            return _explained(judged, explain, as_json)
        if to_fix is not None:
            return _fixed(judged, given, reports, to_fix, write_fixes, rules)
        _reported(judged, given, reports)
    return int(judged.decision.exit_code)


@dataclass(frozen=True)
class _Judged:
    """A decision, and what it was made over."""

    bundle: Bundle
    view: View
    before: View | None
    decision: Decision


def _reported(
    judged: _Judged, given: Input, reports: list[tuple[str, str]], fixes: Mapping[str, Any] | None = None
) -> None:
    from headgate.report.formats import FORMATS as RENDER
    from headgate.report.formats import TELL_COST

    tells_cost = any(form in TELL_COST for form, _ in reports)
    change = replace(_change(given, judged.before, judged.view, tells_cost=tells_cost), fixes=fixes)
    write(reports, lambda form: RENDER[form](judged.decision, change))


def _fixed(
    judged: _Judged,
    given: Input,
    reports: list[tuple[str, str]],
    file: StackFile,
    write_fixes: bool,
    rules: Mapping[str, Any],
) -> int:
    """Print or write what mends the findings; what was written is judged anew, and that is the verdict."""
    found = mended(judged.decision, file)
    if not (write_fixes and found.edits):
        _reported(judged, given, reports, {**found.as_json(), "written": False})
        printed(found, reports, written=False)
        return int(judged.decision.exit_code)
    file.write(found.after)
    after = _judged(given, record=True, forms=[form for form, _ in reports], **rules)
    left = found.left(after.decision)
    _reported(after, given, reports, {**found.as_json(), "written": True, "left": [list(each) for each in left]})
    printed(found, reports, written=True, left=left)
    return int(Exit.VIOLATIONS if left else after.decision.exit_code)


def _explained(judged: _Judged, of: tuple[str, str], as_json: bool) -> int:
    """Print why, and end with the exit code of what was asked about."""
    from headgate.gate.explain import account

    found = account(judged.bundle, judged.decision, judged.view, *of)
    if as_json:
        click.echo(json.dumps([each.as_json() for each in found], indent=2, ensure_ascii=False))
    else:
        click.echo("\n\n".join("\n".join(each.lines()) for each in found))
    return int(Exit.VIOLATIONS if any(each.result and each.result.blocking for each in found) else Exit.WELL)


def _judged(
    given: Input,
    only: tuple[str, ...],
    collection: str | None,
    baseline: str | None,
    environment: str | None,
    policies: str | None,
    bundle: str | None,
    key: Path | None,
    registry: str | None,
    signers: Path | None,
    facts: str | None,
    facts_key: Path | None,
    timeout: float,
    ledger: Path | None,
    *,
    record: bool,
    forms: Collection[str],
) -> _Judged:
    """Judge what was named, and with a commit as baseline what it was then."""
    from headgate.gate.baseline import Baseline
    from headgate.gate.record import configured_ledger
    from headgate.gate.scope import chosen
    from headgate.stack.folder import find_stacks
    from headgate.waiver.force import in_force

    rules, waivers = in_force(rules_of(policies, bundle, key), find_stacks())
    scope = chosen(rules, only, collection)
    decide = _gate(given)
    view = _running(given.cluster, rules, environment, scope) if given.cluster else given.view()
    source = Source.from_options(registry, signers, facts, facts_key)
    told = facts_of(source, rules, ledger or configured_ledger())
    before, known = None, None
    if baseline is not None and Path(baseline).is_file():
        known = Baseline.read(Path(baseline), rules.environment_of(view.stack, environment), view.stack)
    elif baseline is not None:
        before = given.view_at(baseline)
        known = Baseline(baseline, {})
        if before.resources:
            known = Baseline.of(decide(before, rules, environment, scope=scope, facts=told, timeout=timeout), baseline)
    recorded = (ledger or configured_ledger()) if record else None
    load_ahead(forms)
    decision = decide(
        view,
        rules,
        environment,
        recorded,
        scope=scope,
        baseline=known,
        waivers=waivers,
        facts=told,
        timeout=timeout,
    )
    return _Judged(rules, view, before, decision)


def _gate(given: Input) -> Callable[..., Decision]:
    """Return the gate that judges: of what runs, admission's."""
    if given.cluster:
        from headgate.gate.running import decide as of_what_runs

        return of_what_runs
    from headgate.gate.pull_request import decide

    return decide


def _running(named: str, rules: Bundle, environment: str | None, scope: Scope) -> View:
    from headgate.cluster.api import Api
    from headgate.cluster.kubeconfig import connection
    from headgate.gate.running import running

    return running(Api(connection(named)), rules, environment, scope)


def _change(given: Input, before: View | None, view: View, *, tells_cost: bool) -> Change:
    """Return what the change does and costs, as far as the documents say."""
    from headgate.gate.difference import between, planned
    from headgate.report.interface import Change

    cost = _cost(before, view) if tells_cost and not (given.manifests or given.cluster) else None
    if before is not None:
        return Change(between(before, view), cost)
    # Alone, a preview from nothing and a file of manifests would say that everything is made.
    return Change(planned(view) if given.plan or given.event_log else (), cost)


def _cost(before: View | None, view: View) -> Cost:
    """Return what the stack costs a month by the example's price table, before the change and after it."""
    from headgate.cost.estimate import estimate
    from headgate.cost.table import shipped
    from headgate.report.interface import Cost

    table = shipped()
    after = estimate(view, table)
    then = estimate(before, table) if before is not None and before.resources else None
    bounds = (float(then.low), float(then.high)) if then else None
    return Cost(table.currency, (float(after.low), float(after.high)), bounds, len(after.unpriced), table.illustrative)
