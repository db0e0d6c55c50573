"""`headgate refresh`: take over into the state what is really there, on the protected path."""

from __future__ import annotations

import click

from headgate.cli.approval_path import STACK, TARGET, options
from headgate.cli.perform import RESULT, WAIT, YES, perform


@click.command()
@options(STACK, YES, TARGET, WAIT, RESULT)
def refresh(stack: str, yes: bool, target: str | None, wait: float, as_json: bool) -> None:
    """Take over into a stack's state what its resources have become.

    On a protected stack the plan is the drift: which properties of which resources are other than the state says. It
    is checked, kept for `headgate approve`, and taken over once it has its approvals; drift that came later is not.

    Exit code: 0 done, or no drift; 1 refused by policy, 2 anything else that goes wrong, 3 approvals are missing.
    """
    from headgate.plan.actions import REFRESH

    perform(stack, REFRESH, yes=yes, target=target, wait=wait, as_json=as_json)
