"""`headgate stack cost`: what a stack costs a month, at least and at most, against its budget."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headgate.cli.planned import from_files, view_of
from headgate.errors import Exit

if TYPE_CHECKING:
    from headgate.cost.estimate import Estimate, Line
    from headgate.stack import LoadedStack

_INDENT = "  "


@click.command("cost")
@click.argument("name", metavar="STACK")
@click.option("--prices", type=click.Path(path_type=Path), help="A price table of yours in place of the example.")
@from_files
@click.option("--enforce", is_flag=True, help="Exit with 1 where the least that it costs is above the budget.")
@click.option("--json", "as_json", is_flag=True, help="Print data instead of a table.")
@click.pass_obj
def cost(
    folder: Path, /, name: str, prices: Path | None, plan: str | None, state: str | None, enforce: bool, as_json: bool
) -> int:
    """Estimate what STACK costs a month, from the resources of its plan and a price table.

    Least and most follow from the bounds of the autoscalers; what is billed by use is assumed, and said. A team's pods
    are priced as shares of the nodes, which its platform pays for. What has no price is listed, and not in the sum.

    Exit code: 0; with --enforce 1 where even the least is above the stack's budget; 2 where nothing could be estimated.
    """
    from headgate.cost.estimate import estimate
    from headgate.cost.table import load_table
    from headgate.stack import load_stack

    table = load_table(prices)
    stack = load_stack(name, folder)
    found = estimate(view_of(stack.name, folder, plan, state), table)
    budget = _budget(stack)
    if as_json:
        click.echo(json.dumps(_document(stack, found, budget), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(_report(stack, found, budget)))
    return int(Exit.VIOLATIONS if enforce and budget is not None and found.low > budget else Exit.WELL)


def _budget(stack: LoadedStack) -> Decimal | None:
    """Return the stack's monthly budget, where its settings have one."""
    budget = stack.config.model_dump(mode="json").get("budget") or {}
    monthly = budget.get("monthly")
    return None if monthly is None else Decimal(str(monthly))


def _document(stack: LoadedStack, found: Estimate, budget: Decimal | None) -> dict[str, Any]:
    table = found.table
    return {
        "stack": str(stack.name),
        "currency": table.currency,
        "prices": {"source": table.source, "dated": table.dated, "illustrative": table.illustrative},
        "monthly": {"min": float(found.low), "max": float(found.high)},
        "budget": None if budget is None else {"monthly": float(budget), "verdict": _verdict(found, budget)[0]},
        "components": [
            {"component": component, "region": region, "min": float(low), "max": float(high)}
            for (component, region), (low, high) in found.by_component().items()
        ],
        "lines": [line.as_json() for line in found.lines],
        "shares": [line.as_json() for line in found.shares],
        "not_priced": [each.as_json() for each in found.unpriced],
    }


def _report(stack: LoadedStack, found: Estimate, budget: Decimal | None) -> list[str]:
    """Return the lines for a person: components with their parts, the sum, the budget, and what is left out."""
    rows: list[tuple[str, str, str, bool]] = []
    for (component, region), (low, high) in found.by_component().items():
        rows.append((f"{component}  {region}", _money(low), _money(high), True))
        rows += [
            (_INDENT + _item(line), _money(line.low), _money(line.high), False)
            for line in (*found.lines, *found.shares)
            if (line.component, line.region) == (component, region)
        ]
    rows.append((f"{stack.name} a month", _money(found.low), _money(found.high), True))
    head = (f"{found.table.currency} a month", "min", "max", False)
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(3)]  # type: ignore[arg-type]
    lines = [click.style(_row(head, widths), dim=True)]
    lines += [click.style(_row(row, widths), bold=True) if row[3] else _row(row, widths) for row in rows]
    return [*lines, "", *_notes(found, budget)]


def _row(row: tuple[str, str, str, bool], widths: list[int]) -> str:
    return f"{row[0].ljust(widths[0])}  {row[1].rjust(widths[1])}  {row[2].rjust(widths[2])}"


def _item(line: Line) -> str:
    return ", ".join(part for part in (line.item, line.detail, line.assumes) if part)


def _notes(found: Estimate, budget: Decimal | None) -> list[str]:
    """Return what a reader must know of the sum."""
    table = found.table
    notes = [f"prices   {table.source}, {table.dated}" + (" (illustrative)" if table.illustrative else "")]
    if budget is not None:
        verdict, colour = _verdict(found, budget)
        notes.append(f"budget   {_money(budget)} a month: " + click.style(verdict, fg=colour))
    if found.shares:
        notes.append("shares   pods are priced as shares of the platform's nodes; the platform's stack pays for them")
    if any(line.assumes for line in found.lines):
        notes.append("assumed  what is billed by use, as the lines say; the price table has the quantities")
    if found.unpriced:
        notes.append(click.style(f"not priced, and not in the sum: {len(found.unpriced)}", fg="yellow"))
        notes += [f"{_INDENT}{each.resource}  {each.type}: {each.why}" for each in found.unpriced]
    return notes


def _verdict(found: Estimate, budget: Decimal) -> tuple[str, str]:
    """Compare with the budget; return the words and their colour."""
    if found.low > budget:
        return "exceeded even at the least", "red"
    if found.high > budget:
        return "held at the least, exceeded at the most", "yellow"
    return "held", "green"


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"
