"""`headgate destroy`: delete what a stack consists of, on the protected path."""

from __future__ import annotations

import click

from headgate.cli.approval_path import STACK, TARGET, options
from headgate.cli.perform import RESULT, WAIT, YES, perform


@click.command()
@options(STACK, YES, TARGET, WAIT, RESULT)
def destroy(stack: str, yes: bool, target: str | None, wait: float, as_json: bool) -> None:
    """Delete all resources of a stack.

    On a protected stack the plan is which resources go away, and the state that they are in: it is checked, kept for
    `headgate approve`, and run once it has its approvals. Resources that came after the approval are not deleted by it.
    An approval of an update is none of a destroy.

    Exit code: 0 done, 1 refused by policy, 2 anything else that goes wrong, 3 approvals are missing.
    """
    from headgate.plan.actions import DESTROY

    perform(stack, DESTROY, yes=yes, target=target, wait=wait, as_json=as_json)
