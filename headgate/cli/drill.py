"""`headgate drill`: try on purpose what a platform has to survive."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headgate.cli.ledger_place import LedgerPlace

if TYPE_CHECKING:
    from headgate.drill.under_way import UnderWay

STACK = click.argument("stack")
JSON = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON; progress goes to stderr.")
LEDGER = click.option(
    "--ledger",
    type=LedgerPlace(),
    envvar="HEADGATE_LEDGER",
    help="Record the drill in this ledger (or HEADGATE_LEDGER).  [default: the sandbox's]",
)


@click.group()
def drill() -> None:
    """Try on purpose what a platform has to survive."""


@drill.command()
@STACK
@click.option("--region", metavar="REGION", help="Take this region out.  [default: the one that answers now]")
@click.option(
    "--by",
    type=click.Choice(["outage", "edge"]),
    default="outage",
    show_default=True,
    help="How: its processes stand still, or the edge sends nothing there.",
)
@click.option("--model", default="fraud-score", show_default=True, help="The model that is asked all the while.")
@click.option(
    "--file",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What it is asked, in JSON.  [default: a sample of examples/models/MODEL]",
)
@LEDGER
@JSON
def failover(
    stack: str, region: str | None, by: str, model: str, file: Path | None, ledger: Path | None, as_json: bool
) -> int:
    """Take a region of a running sandbox out, and see that others answer in its place.

    A model is asked through the front door all the while. Measured are the time until other regions answer (held
    against `resilience.recovery_seconds` of `policies/parameters/`), requests that failed, and whether the ledger still
    has every entry. Then the region comes back, also on Ctrl-C and on errors; what a killed drill left is undone by the
    next one, which then ends, or by `headgate drill restore`. How it went is an entry of the ledger, which HG-RE-004
    asks for.

    Exit code: 0 others answered in time, 1 they did not, 2 nothing was tried or it could not be recorded.
    """
    from headgate.cli.drill_failover import drill_failover
    from headgate.errors import Exit

    told = drill_failover(
        stack, region=region, by=by, model=model, file=file, ledger=ledger, say=lambda text: click.echo(text, err=True)
    )
    click.echo(json.dumps(told, indent=2) if as_json else _lines(told))
    return int(Exit.WELL if told["result"] == "succeeded" else Exit.VIOLATIONS)


@drill.command()
@STACK
@LEDGER
@JSON
def restore(stack: str, ledger: Path | None, as_json: bool) -> None:
    """Bring back the region that a killed drill left out of service."""
    from headgate.cli.drill_failover import drill_of, recorded_in, undo_left

    under_way: UnderWay = drill_of(stack)
    with under_way.alone():
        region = undo_left(under_way, recorded_in(ledger))
    if as_json:
        click.echo(json.dumps({"stack": stack, "restored": region}, indent=2))
    else:
        click.echo(f"{stack}: {region} is back" if region else f"{stack}: no drill left anything")


def _lines(told: dict[str, Any]) -> str:
    """Return the result as a person reads it."""
    during, after = told["requests"]["during"], told["requests"]["after"]
    recovered, objective = told["recovery_seconds"], told["objective"]["recovery_seconds"]
    others = f"others answered after {recovered} s" if recovered is not None else "nobody answered in its place"
    rows = [
        f"{told['stack']}: {told['region']} was out for {told['out_seconds']} s; {others} (objective: {objective:g} s)",
        f"  requests   {during['failed']} of {during['sent']} failed while it was out, "
        f"{after['failed']} of {after['sent']} after it",
        f"  ledger     {'every entry is there' if told['lost_entries'] == 0 else 'entries are missing'}",
        f"  back       all well again after {told['restore_seconds']} s",
        *(f"  failed:    {fault}" for fault in told["faults"]),
        f"the drill {told['result']}",
    ]
    return "\n".join(rows)
