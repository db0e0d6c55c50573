"""`headgate stack diagram`: a picture of stacks, drawn from their resources."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from headgate.cli.planned import previewed
from headgate.errors import HeadgateError

if TYPE_CHECKING:
    from headgate.plan.view import View
    from headgate.stack import StackName


@click.command("diagram")
@click.argument("names", metavar="STACK...", nargs=-1)
@click.option("--format", "form", type=click.Choice(["svg", "mermaid"]), help="Form; by the output's ending, else SVG.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file.")
@click.option("--alone", is_flag=True, help="A team without its platform, of which it knows the clusters alone.")
@click.option("--state", "states", multiple=True, metavar="FILE", help="Draw a state that `pulumi stack export` wrote.")
@click.option("--plan", "plans", multiple=True, metavar="FILE", help="Draw a plan that `pulumi preview --json` wrote.")
@click.pass_obj
def diagram(
    folder: Path,
    /,
    names: tuple[str, ...],
    form: str | None,
    output: Path | None,
    alone: bool,
    states: tuple[str, ...],
    plans: tuple[str, ...],
) -> None:
    """Draw STACKs: regions, clusters, pools, registry, edge, namespaces and models, and how requests, changes, images
    and records flow. A team is drawn in its platform, several stacks in one picture.

    Everything drawn is a resource of a plan (a preview without cloud credentials), or of the states and plans that are
    named instead. The same resources give the same picture, byte for byte.
    """  # noqa: D205 - one sentence of two lines
    from headgate.diagram import mermaid, picture
    from headgate.diagram.inventory import read

    views = _views(folder, names, states, plans, alone=alone)
    form = form or ("mermaid" if output and output.suffix in (".mmd", ".mermaid") else "svg")
    text = (mermaid if form == "mermaid" else picture).draw(read(views))
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise HeadgateError(
            "the picture can't be written",
            where=str(output),
            found=error.strerror,
            expected="a file that you may write",
            fix="name another with -o",
        ) from error
    click.echo(f"wrote {output}")


def _views(
    folder: Path, names: tuple[str, ...], states: tuple[str, ...], plans: tuple[str, ...], *, alone: bool
) -> list[View]:
    """Return the resources to draw: those of the files that were named, else of previews."""
    from headgate.plan import load

    if names and (states or plans):
        raise click.UsageError("name stacks, or files with --state and --plan.")
    if states or plans:
        return [*(load.state(each) for each in states), *(load.plan(each) for each in plans)]
    if not names:
        raise click.UsageError("Missing argument 'STACK...'.")
    return [previewed(name, folder) for name in _with_platforms(folder, names, alone=alone)]


def _with_platforms(folder: Path, names: tuple[str, ...], *, alone: bool) -> list[StackName]:
    """Return the stacks, each checked, with the platform of a team before it; all must be of one environment."""
    from headgate.stack import StackName, list_stacks, load_stack

    wanted = [load_stack(name, folder).name for name in names]
    environments = sorted({str(name.environment) for name in wanted})
    if len(environments) > 1:
        raise HeadgateError(
            "a picture shows one environment",
            found=", ".join(environments),
            expected="stacks of one environment",
            fix=f"headgate stack diagram {wanted[0]}",
        )
    platform = StackName.parse(str(wanted[0].platform))
    if not alone and platform in list_stacks(folder):
        wanted = [platform, *wanted]
    return sorted(set(wanted), key=lambda name: (not name.is_platform, str(name)))
