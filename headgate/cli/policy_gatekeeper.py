"""`headgate policy gatekeeper`: the rules of admission for clusters that have Gatekeeper."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from headgate.policy.gatekeeper import LeftOut, Told


@click.command()
@click.option(
    "--output", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder; empty, or not there."
)
@click.option("--environment", help="Whose parameters and levels the constraints have.  [default: prod]")
@click.option("--policies", type=click.Path(file_okay=False), help="The rules (default: policies/).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def gatekeeper(output: Path, environment: str | None, policies: str | None, as_json: bool) -> None:
    """Write the rules of admission as Gatekeeper's templates and constraints, from the same Rego.

    A suite of the rules' samples comes with them: `gator verify DIR`. Rules that need more than the object are left
    out, and the output says why.
    """
    from headgate.policy import gatekeeper as written
    from headgate.policy.bundle import Bundle

    bundle = Bundle.find(policies)
    able, left = written.told(bundle, bundle.environment_of(None, environment))
    files = written.files(able)
    written.write(output, files)
    if as_json:
        click.echo(json.dumps(_as_json(output, files, able, left), indent=2, ensure_ascii=False))
        return
    click.echo(f"wrote {len(able)} rules to {output}; try them with `gator verify {output}`")
    for each in left:
        click.echo(f"left out {each.rule.id} ({each.rule.title}): {each.why}")


def _as_json(output: Path, files: dict[str, str], able: list[Told], left: list[LeftOut]) -> dict[str, Any]:
    return {
        "folder": str(output),
        "files": sorted(files),
        "rules": [each.rule.id for each in able],
        "left_out": [{"rule": each.rule.id, "why": each.why} for each in left],
    }
