"""`headgate check --fix`: what is printed of the changes to the stack's own file, and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from headgate.cli.check_reports import TERMINAL
from headgate.cli.patch_screen import coloured

if TYPE_CHECKING:
    from headgate.gate.mend import Mending
    from headgate.policy.decision import Decision
    from headgate.stack.rewrite import StackFile

OPTIONS = (
    click.option(
        "--fix", is_flag=True, help="Print the patch of the stack's file that mends the findings, where rules say it."
    ),
    click.option("--write", "write_fixes", is_flag=True, help="With --fix: write it, and judge the changed stack."),
)


def asked_for(stack: str | None, *, fix: bool, write: bool, explain: bool) -> StackFile | None:
    """Return the stack's file as it is before anything is judged; None where nothing is to be fixed."""
    if not fix:
        if write:
            raise click.UsageError("--write goes with --fix.")
        return None
    if stack is None or explain:
        raise click.UsageError("--fix changes the file of a stack: name it with --stack, and leave --explain out.")
    from headgate.stack.folder import find_stacks
    from headgate.stack.identity import StackName
    from headgate.stack.rewrite import StackFile

    return StackFile.read(StackName.parse(stack), find_stacks())


def mended(decision: Decision, file: StackFile) -> Mending:
    """Return what would mend a decision over the stack of a file."""
    from headgate.gate.mend import mending
    from headgate.stack.identity import StackName
    from headgate.stack.load import load_stack

    stacks = file.path.parent
    name = StackName.parse(file.path.name.removeprefix("Pulumi.").removesuffix(".yaml"))
    return mending(decision, load_stack(name, stacks), file, stacks)


def printed(
    found: Mending, reports: list[tuple[str, str]], *, written: bool, left: tuple[tuple[str, str, str], ...] = ()
) -> None:
    """Print the patch below a report for people; beside one for programs, which holds it, to the error stream."""
    to_terminal = [form for form, output in reports if output == TERMINAL]
    beside = to_terminal not in ([], ["console"])
    for line in _lines(found, left, written=written):
        click.echo(line, err=beside)


def _lines(found: Mending, left: tuple[tuple[str, str, str], ...], *, written: bool) -> Iterator[str]:
    for (rule, why), times in Counter((each.rule, each.why) for each in found.by_hand).items():
        yield f"by hand: {rule}{f' ({times} resources)' if times > 1 else ''}: {why}"
    if not found.edits:
        yield "nothing to fix" if not found.by_hand else "nothing that a change to the stack's file alone would fix"
        return
    # Not `splitlines`, which would take a carriage return off.
    yield from map(coloured, found.patch.removesuffix("\n").split("\n"))
    settings = f"{len(found.edits)} setting{'s' if len(found.edits) > 1 else ''} of {found.file.shown}"
    yield f"{settings} written" if written else f"{settings}: --write writes this"
    for rule, resource, property_ in left:
        yield click.style(f"not mended: {rule} still finds {property_} of {resource}", fg="red")
