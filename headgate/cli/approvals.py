"""`headgate approvals`: who approved a plan, and whose signature does not count, and why."""

from __future__ import annotations

import json

import click

from headgate.cli.approval_path import DIGEST, JSON, STACK, TARGET, options
from headgate.cli.plain import lines_of


@click.command()
@options(STACK, DIGEST, TARGET, JSON)
def approvals(stack: str, digest: str | None, target: str | None, as_json: bool) -> int:
    """List the approvals of a stack's plan.

    Exit code: 0 enough, 2 could not evaluate, 3 approvals are missing.
    """
    from headgate.approval.policy import policy_of
    from headgate.approval.standing import standing
    from headgate.cli.approval_path import protected_path
    from headgate.cli.approval_screen import standing_lines
    from headgate.errors import Exit

    with protected_path(stack, target) as path:
        record = path.plan(digest)
        tokens = path.store.approvals(stack, record.subject.plan)
        found = standing(record.subject, tokens, path.rules.bundle)
        count = policy_of(path.rules.bundle, stack).count
    enough = found.enough or count == 0
    if as_json:
        told = {
            "plan": record.subject.plan,
            "stack": stack,
            "needs": count,
            "people": list(found.people),
            "enough": enough,
            "emergency": list(found.incidents),
            "approvals": [one.as_json() for one in found.each],
        }
        click.echo(json.dumps(told, indent=2))
    else:
        rows = standing_lines(found, count) if count else ["the stack is not protected: nobody approves its plans"]
        click.echo(lines_of([f"plan {record.subject.plan}, made {record.made}", *rows]))
    return int(Exit.WELL if enough else Exit.APPROVALS_MISSING)
