"""`headgate up`: deploy a stack on the protected path."""

from __future__ import annotations

import click

from headgate.cli.approval_path import STACK, TARGET, options
from headgate.cli.perform import RESULT, WAIT, YES, perform


@click.command()
@options(STACK, YES, TARGET, WAIT, RESULT)
def up(stack: str, yes: bool, target: str | None, wait: float, as_json: bool) -> None:
    """Deploy a stack: repair what a crash left, preview under the policy pack, update.

    Clears the lock of a process that is gone, and settles what a killed update had begun. A protected stack is planned
    and checked, and gets that very plan once it has its approvals. What is deployed then is recorded in the ledger,
    where there is one. A refusal by policy ends with exit code 1, missing approvals with 3, anything else that goes
    wrong with 2.
    """
    from headgate.plan.actions import UPDATE

    perform(stack, UPDATE, yes=yes, target=target, wait=wait, as_json=as_json)
