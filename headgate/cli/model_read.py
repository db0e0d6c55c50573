"""`headgate model list | show | lineage | diff`: what is there, what is proven of it, where it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from headgate.cli.model_options import (
    JSON,
    REGISTRY,
    Believed,
    believed,
    named,
    print_json,
    registry_of,
    standing_of,
    version_of,
)
from headgate.cli.plain import lines_of
from headgate.cli.stacks_folder import STACKS

if TYPE_CHECKING:
    import datetime

    from headgate.model import ModelRegistry
    from headgate.model.proofs.standing import Gathered, Standing
    from headgate.model.proofs.trust import Trust
    from headgate.stack.usage import Use


@click.command("list")
@click.option("--name", metavar="TEAM/MODEL", help="Only this model.")
@click.option("--stages", is_flag=True, help="Say where each version stands, by the proofs that count.")
@believed
@REGISTRY
@JSON
def list_(name: str | None, stages: bool, believed: Believed, login_server: str, as_json: bool) -> None:
    """List models and their versions, with digests."""
    from headgate.gate.record import configured_ledger
    from headgate.model.proofs.standing import judged

    registry = registry_of(login_server)
    names = [name] if name else registry.names()
    rows = [{"name": each, "version": tag, "digest": d} for each in names for tag, d in registry.versions(each)]
    if stages:
        known = believed.trust(login_server, configured_ledger())
        found = [_gathered(registry, row, known) for row in rows]
        versions = iter(judged([each for each in found if each], known))
        stages_of = [str(next(versions).stage or "none") if each else "no model version" for each in found]
        rows = [{**row, "stage": stage} for row, stage in zip(rows, stages_of, strict=True)]
    if as_json:
        print_json(rows)
        return
    # Plain columns: a digest must be copied whole, whatever the terminal's width.
    wide = max((len(row["name"]) for row in rows), default=0)
    lines = [
        f"{row['name']:<{wide}}  {row['version']:<12}  {row['digest']}  {row.get('stage', '')}".rstrip() for row in rows
    ]
    click.echo(lines_of(lines) or f"no models in {login_server}")


def _gathered(registry: ModelRegistry, row: Mapping[str, str], known: Trust) -> Gathered | None:
    """Read a version for its stage; nothing, where a tag names something else: it must not end the list."""
    from headgate.model.errors import UnfitError
    from headgate.model.proofs.standing import gathered

    try:
        return gathered(registry, row["name"], row["digest"], known)
    except UnfitError:
        return None


@click.command()
@named
@believed
@STACKS
@REGISTRY
@JSON
def show(
    name: str, reference: str | None, believed: Believed, folder: Path | None, login_server: str, as_json: bool
) -> None:
    """Show a version: stage, proofs and by whom, where stack files ask for it, files and their digests."""
    from headgate.stack import find_stacks
    from headgate.stack.usage import uses

    standing = standing_of(login_server, *version_of(name, reference), believed)
    used = uses(standing.model.digest, folder or find_stacks())
    if as_json:
        runs = [each.as_json() for each in used]
        print_json({**standing.model.as_json(), "proofs": standing.as_json(), "uses": runs})
    else:
        click.echo(lines_of(_lines(standing, used)))


@click.command()
@named
@believed
@REGISTRY
@JSON
def lineage(name: str, reference: str | None, believed: Believed, login_server: str, as_json: bool) -> None:
    """Show where a version comes from: code, data, training run, and the models that it was trained from.

    A base model of the same registry is looked up in turn, and told with its own lineage.
    """
    from headgate.model.proofs.descent import descent

    found = descent(registry_of(login_server), *version_of(name, reference), believed.proofs)
    if as_json:
        print_json([each.as_json() for each in found])
        return
    for depth, each in enumerate(found):
        click.echo(lines_of(f"{'  ' * depth}{line}" for line in each.lines()))


@click.command()
@click.argument("name", metavar="TEAM/MODEL")
@click.argument("before", metavar="VERSION|DIGEST")
@click.argument("after", metavar="VERSION|DIGEST")
@believed
@REGISTRY
@JSON
def diff(name: str, before: str, after: str, believed: Believed, login_server: str, as_json: bool) -> None:
    """Compare two versions of a model: files, inputs and outputs, evaluation, lineage, stage."""
    from headgate.gate.record import configured_ledger
    from headgate.model.proofs.difference import difference
    from headgate.model.proofs.standing import read

    registry, known = registry_of(login_server), believed.trust(login_server, configured_ledger())
    rows = difference(*(read(registry, name, each, known) for each in (before, after)))
    if as_json:
        print_json([each.as_json() for each in rows])
        return
    wide = max((len(each.what) for each in rows), default=0)
    lines = [f"{each.what:<{wide}}  {each.before or '-'} → {each.after or '-'}" for each in rows]
    click.echo(lines_of(lines) or "the same")


def _nowhere(standing: Standing) -> str:
    """Say why a version stands nowhere."""
    if standing.claimed:
        return f"none: its move to {standing.claimed} was not approved"
    return "none: its statements contradict each other"


def _lines(standing: Standing, used: list[Use]) -> Iterator[str]:
    """Yield the page of a version."""
    model = standing.model
    yield f"{model.name} {model.version} ({model.framework})"
    yield model.digest
    yield f"stage    {standing.stage or _nowhere(standing)}"
    for move in standing.history:
        yield f"         {move.number}. {move.before} → {move.stage} by {move.by}, {_day(move.at)}: {move.reason}"
    if standing.approved_by:
        yield f"approved by {', '.join(standing.approved_by)}"
    for signed in standing.signatures:
        yield f"signed   by {signed.by}, {_day(signed.at)}"
    if not standing.signatures:
        yield "signed   by nobody whose signature counts"
    for kind, attested in standing.attested.items():
        yield f"{kind:<11}by {attested.by}, {_day(attested.at)}"
    yield from (f"missed   {each}" for each in (standing.evaluation.missed if standing.evaluation else ()))
    yield from (f"fault    {each}" for each in standing.faults)
    yield from (f"runs     {each.stack} ({each.place})" for each in used)
    if not used:
        yield "runs     no stack file asks for it"
    for label, tensors in (("input", model.inputs), ("output", model.outputs)):
        yield from (f"{label:<8} {each.name} {each.datatype} {list(each.shape)}" for each in tensors)
    yield from (f"file     {file.path} {file.size} bytes {file.digest}" for file in model.files)


def _day(at: datetime.datetime) -> str:
    return at.date().isoformat()
