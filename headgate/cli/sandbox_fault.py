"""`headgate sandbox fault`: what real Azure does on a bad day, on demand."""

from __future__ import annotations

import json
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from headgate.errors import HeadgateError
from headgate.sandbox.azure.client import ArmClient
from headgate.sandbox.azure.errors import ArmError
from headgate.sandbox.layout import StateDir

KINDS = ("throttle", "quota", "outage", "fail-halfway", "slow")


@click.group()
def fault() -> None:
    """Make the sandbox's Azure throttle, refuse, fail or slow down."""


@fault.command()
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--type", "token", metavar="TOKEN", help="Only this resource type, e.g. containerservice:AgentPool.")
@click.option("--region", metavar="LOCATION", help="Only this location, e.g. uaenorth.")
@click.option("--count", type=click.IntRange(min=0), default=0, help="How many calls meet it; 0: until it is cleared.")
@click.option(
    "--retry-after", type=click.IntRange(min=0), default=1, help="What a throttled caller is told to wait, in seconds."
)
@click.option("--stop-region", is_flag=True, help="With outage: stop the control planes of the location too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def add(
    kind: str, token: str | None, region: str | None, count: int, retry_after: int, stop_region: bool, as_json: bool
) -> None:
    """Put a fault in force."""
    if stop_region and (kind != "outage" or region is None):
        raise HeadgateError(
            "--stop-region belongs to an outage of a region", fix="fault add outage --region R --stop-region"
        )
    document = {
        "kind": kind,
        "type": token,
        "region": region,
        "count": count,
        "retry_after": retry_after,
        "stop_region": stop_region,
    }
    answer = _call("POST", "/-/faults", document)
    click.echo(
        json.dumps(answer)
        if as_json
        else f"fault {answer['id']} is in force; headgate sandbox fault clear {answer['id']}"
    )


@fault.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_faults(as_json: bool) -> None:
    """List the faults in force, with how often each was met."""
    rows = _call("GET", "/-/faults")["value"]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    if not rows:
        click.echo("no faults")
        return
    table = Table("id", "fault", "type", "region", "calls", "met")
    for row in rows:
        calls = str(row["count"]) if row["count"] else "all"
        table.add_row(row["id"], row["kind"], row["type"] or "all", row["region"] or "all", calls, str(row["hits"]))
    Console().print(table)


@fault.command()
@click.argument("fault_id", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def clear(fault_id: str | None, as_json: bool) -> None:
    """Take a fault out of force, or all of them."""
    answer = _call("DELETE", f"/-/faults/{fault_id}" if fault_id else "/-/faults")
    if fault_id and not answer["cleared"]:
        raise HeadgateError("no such fault", found=fault_id, fix="headgate sandbox fault list")
    click.echo(json.dumps(answer) if as_json else f"cleared {answer['cleared']}")


def _call(method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    client = ArmClient(StateDir.from_environment())
    try:
        return client.own(method, path, body)
    except ArmError as error:
        raise HeadgateError(error.message, where="headgate sandbox fault") from error
    finally:
        client.close()
