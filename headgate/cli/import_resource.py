"""`headgate import`: put a resource that exists under a stack's control, on the protected path."""

from __future__ import annotations

import click

from headgate.cli.approval_path import STACK, TARGET, options
from headgate.cli.perform import RESULT, WAIT, YES, perform

_LINKS = (
    click.option("--parent", metavar="URN", help="The component that it belongs to."),
    click.option("--provider", metavar="URN", help="The provider that has it, such as a region's cluster."),
)


@click.command(name="import")
@click.argument("token", metavar="TYPE")
@click.argument("name")
@click.argument("identity", metavar="ID")
@options(STACK, *_LINKS, YES, TARGET, WAIT, RESULT)
def import_resource(
    token: str,
    name: str,
    identity: str,
    stack: str,
    parent: str | None,
    provider: str | None,
    yes: bool,
    target: str | None,
    wait: float,
    as_json: bool,
) -> None:
    """Put a resource that exists under a stack's control, protected against deletion.

    Changes the state alone; a program that does not ask for the resource would delete it with the next update. On a
    protected stack the plan is the resource's type, name, id, parent and provider: it is checked, kept for `headgate
    approve`, and run once it has its approvals.

    Exit code: 0 done, 1 refused by policy, 2 anything else that goes wrong, 3 approvals are missing.
    """
    from headgate.plan.actions import import_of

    request = import_of(token, name, identity, parent, provider)
    perform(stack, request, yes=yes, target=target, wait=wait, as_json=as_json)
