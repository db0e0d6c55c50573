"""`headgate plan`: make the plan that is to be approved."""

from __future__ import annotations

import json

import click

from headgate.cli.approval_path import JSON, STACK, TARGET, options
from headgate.cli.plain import lines_of


@click.command()
@options(STACK, TARGET, JSON)
def plan(stack: str, target: str | None, as_json: bool) -> int:
    """Plan a stack, check it, and say which approvals it needs.

    The plan is the engine's own. Its digest covers every operation, input and deletion; secrets enter it as keyed
    hashes. The same change planned again has the same digest, and keeps its approvals.

    Exit code: 0 ready, 1 violations, 2 could not evaluate, 3 only approvals are missing.
    """
    from headgate.approval.policy import policy_of
    from headgate.approval.standing import standing
    from headgate.cli.approval_path import protected_path
    from headgate.cli.approval_screen import last_update, lines, standing_lines
    from headgate.cli.deployments import record_plan
    from headgate.engine.plan import Planner
    from headgate.gate.difference import planned
    from headgate.gate.protected import approved, propose
    from headgate.gate.record import configured_ledger
    from headgate.report.formats import FORMATS
    from headgate.report.interface import Change

    ledger = configured_ledger()
    with protected_path(stack, target) as path:
        planner = Planner.of(stack, path.project.root)
        for note in planner.repair():
            click.echo(note, err=True)
        with propose(planner, path.rules, path.store) as proposal:
            decision = approved(proposal, path.rules, path.store, applies=False, ledger=ledger)
        record = proposal.record
        tokens = path.store.approvals(stack, record.subject.plan)
        stands = standing(record.subject, tokens, path.rules.bundle)
        last = last_update(path.store, record)
        count = policy_of(path.rules.bundle, stack).count
    record_plan(stack, record)
    if as_json:
        found = {**record.about(), "decision": decision.as_json(), "needs": count, "enough": stands.enough}
        click.echo(json.dumps(found | {"approvals": [one.as_json() for one in stands.each]}, indent=2))
        return int(decision.exit_code)
    click.echo(FORMATS["console"](decision, Change(planned(proposal.view))))
    click.echo(lines_of([*lines(record, *last), *(standing_lines(stands, count) if count else ["not protected"])]))
    if not stands.enough and count:
        click.echo(f"next: somebody who may runs `headgate approve -s {stack}`")
    return int(decision.exit_code)
