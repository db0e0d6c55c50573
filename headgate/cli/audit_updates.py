"""`headgate audit updates`: whether somebody changed a stack past the gates."""

from __future__ import annotations

import json
from pathlib import Path

import click

from headgate.cli.audit_options import json_option, ledger_option


@click.command()
@click.option("-s", "--stack", help="The stack, as in stacks/Pulumi.STACK.yaml.")
@click.option("--every", type=click.FloatRange(min=1), metavar="SECONDS", help="Watch all protected stacks instead.")
@ledger_option
@json_option
def updates(stack: str | None, every: float | None, ledger: Path, as_json: bool) -> int:
    """Compare a stack's state with the one that the ledger last knew.

    `headgate up`, `destroy`, `refresh` and `import` leave the digest of the state that they ended with. A state that is
    another was changed past them: an alert of kind `update-without-decision` goes into the ledger. Reads the file back
    end of this shell. `headgate up` and the others look at a protected stack likewise, before they begin.

    With --every it is a service, which a sandbox runs: it looks at every stack that an approved plan was applied to
    while nobody is at work on it, and records what an update did whose headgate was killed. Ends on SIGTERM.

    Exit code: 0 as the ledger knows it, or nothing known yet; 1 changed without a record; 2 could not compare.
    """
    from headgate.cli.deployments import state_file
    from headgate.engine import projects
    from headgate.errors import Exit
    from headgate.gate.ungated import ungated
    from headgate.stack import find_stacks

    root = find_stacks().parent
    if every is not None and stack is None:
        from headgate.engine.backend import Backend
        from headgate.gate import watch

        watch.start(ledger, Backend.of(root), every)
        return int(Exit.WELL)
    if stack is None or every is not None:
        raise click.UsageError("name one stack with --stack, or watch all that are protected with --every")
    project = projects.read(root)
    projects.require_file(project, stack)
    found = ungated(ledger, stack, state_file(project, stack))
    if found is not None and not found.is_told:
        from headgate.audit import record

        record(ledger, [found.entry()])
    if as_json:
        click.echo(json.dumps({"stack": stack, "ungated": found.entry().data if found else None}, indent=2))
    elif found is None:
        click.echo(f"{stack}: as the ledger knows it")
    else:
        click.echo(
            f"{stack}: changed without a record since {found.time}: {found.known[:19]} is now {found.found[:19]}"
        )
    return int(Exit.VIOLATIONS if found else Exit.WELL)
