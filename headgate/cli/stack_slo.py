"""`headgate stack slo`: the rules that OpenSLO files become, or what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command("slo")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--owner", default="you", show_default=True, help="Who answers for them; a label of each alert.")
@click.option("--runbooks", default="docs/runbooks", show_default=True, metavar="URL", help="Where runbooks are.")
def slo(files: tuple[Path, ...], owner: str, runbooks: str) -> None:
    """Print what OpenSLO FILEs become: a rule file as Prometheus reads it (JSON, which is YAML).

    Each file has one objective: a ratio of counters, over rolling days or weeks. Its error budget is watched over four
    pairs of windows. `slo:` in a team's stack deploys the same.
    """
    from components.monitoring.rule import document
    from components.monitoring.slo.burn import ANY_RUNBOOK, burn_rules
    from headgate.errors import HeadgateError
    from headgate.stack.faults import raise_all
    from headgate.stack.objectives import read_objective

    groups, errors = [], []
    for file in files:
        try:
            groups.append(burn_rules(read_objective(file)[1], owner, ANY_RUNBOOK))
        except HeadgateError as error:
            errors.append(error)
    raise_all(errors)
    click.echo(json.dumps(document(groups, runbooks), indent=1))
