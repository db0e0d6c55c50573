"""`headgate stack`: new, list, validate, explain, schema; larger commands have files of their own beside this one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headgate.cli.stack_cost import cost
from headgate.cli.stack_diagram import diagram
from headgate.cli.stack_diff import diff
from headgate.cli.stack_new import new
from headgate.cli.stack_slo import slo
from headgate.cli.stacks_folder import STACKS
from headgate.errors import HeadgateError

if TYPE_CHECKING:
    from headgate.stack import LoadedStack, StackName

as_json = click.option("--json", "as_json", is_flag=True, help="Print data instead of a table.")


@click.group(short_help="New, list, validate, explain, compare and draw stacks.")
@STACKS
@click.pass_context
def stack(context: click.Context, folder: Path | None) -> None:
    """Work with stack files (stacks/Pulumi.<stack>.yaml)."""
    from headgate.stack import find_stacks

    context.obj = folder or find_stacks()


stack.add_command(new)
stack.add_command(diff)
stack.add_command(cost)
stack.add_command(diagram)
stack.add_command(slo)


@stack.command("list")
@as_json
@click.pass_obj
def list_(folder: Path, as_json: bool) -> None:
    """List the stacks, whose they are and what they ask for."""
    from headgate.stack import list_stacks

    rows = [_row(name, folder) for name in list_stacks(folder)]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    columns = ("stack", "kind", "owner", "asks_for")
    _print_aligned([("stack", "kind", "owner", "asks for"), *(tuple(row[key] for key in columns) for row in rows)])


def _row(name: StackName, folder: Path) -> dict[str, Any]:
    """Summarise a stack; one that does not load is listed all the same."""
    from headgate.stack import load_stack

    row = {"stack": str(name), "kind": name.section, "environment": str(name.environment)}
    try:
        loaded = load_stack(name, folder)
    except HeadgateError as error:
        return {**row, "owner": "", "asks_for": f"does not load: {str(error).splitlines()[0]}"}
    return {**row, "owner": loaded.config.owner, "asks_for": _asks_for(loaded)}


def _asks_for(loaded: LoadedStack) -> str:
    if loaded.name.is_platform:
        return "regions " + ", ".join(region.name for region in loaded.platform.regions)
    return "models " + (", ".join(f"{model.name} {model.version}" for model in loaded.team.models) or "none")


@stack.command("validate")
@click.argument("names", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Validate every stack (also the default without names).")
@as_json
@click.pass_obj
def validate(folder: Path, names: tuple[str, ...], every: bool, as_json: bool) -> None:
    """Check stack files: each alone, against its platform, and all together."""
    from headgate.stack import StackName, list_stacks
    from headgate.stack.together import validate_stacks

    wanted = list_stacks(folder) if every or not names else [StackName.parse(name) for name in names]
    loaded = validate_stacks(wanted, folder)
    if as_json:
        click.echo(json.dumps({"valid": [str(item.name) for item in loaded]}, indent=2))
        return
    for item in loaded:
        click.echo(f"valid  {item.name}")


@stack.command("explain")
@click.argument("name")
@click.argument("path", required=False)
@as_json
@click.pass_obj
def explain(folder: Path, name: str, path: str | None, as_json: bool) -> None:
    """Show every value of stack NAME (or those below PATH), with the file and line that set it."""
    from headgate.stack import load_stack
    from headgate.stack.explain import explain as explain_values

    rows = explain_values(load_stack(name, folder), path)
    if as_json:
        click.echo(json.dumps([row.as_json() for row in rows], indent=2))
        return
    _print_aligned([("setting", "value", "set by"), *((row.path, _shown(row.value), row.origin) for row in rows)])


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _print_aligned(rows: list[tuple[str, ...]]) -> None:
    """Print columns in full: paths and places are there to be copied, so none is cut to the terminal's width."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        click.echo("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


@stack.command("schema")
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "markdown"]),
    default="json",
    show_default=True,
    help="The JSON Schema, or the reference page made of it.",
)
@click.option("--write", is_flag=True, help="Write stack.schema.json beside the stack files instead of printing.")
@click.pass_obj
def schema(folder: Path, form: str, write: bool) -> None:
    """Print the JSON Schema of stack files, or the reference page made from it."""
    from headgate.stack.schema import reference_text, schema_text

    text = reference_text(folder) if form == "markdown" else schema_text(folder)
    if not write:
        click.echo(text, nl=False)
        return
    path = folder / "stack.schema.json" if form == "json" else folder.parent / "docs" / "reference" / "stack.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    click.echo(f"wrote {path}")
