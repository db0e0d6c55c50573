"""`headgate model push | pull | digest | push-runtime | push-program`: content, into a registry and out of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from headgate.cli.model_options import (
    JSON,
    LEDGER,
    REGISTRY,
    client,
    named,
    print_json,
    record_event,
    registry_of,
    version_of,
)

_NAME = click.option("--name", required=True, metavar="TEAM/MODEL", help="For example fraud/fraud-score.")
_SOURCE = click.argument("path", type=click.Path(exists=True, path_type=Path))


@click.command()
@_SOURCE
@_NAME
@click.option("--version", required=True, help="A semantic version; once pushed it never changes.")
@REGISTRY
@LEDGER
@JSON
def push(path: Path, name: str, version: str, login_server: str, ledger: Path | None, as_json: bool) -> None:
    """Push a file, or a directory with model.json, as a version of a model."""
    from headgate.audit.entry import current_actor
    from headgate.model.proofs.standing import Standing

    pushed = registry_of(login_server).push(path, name, version)
    # After it: what its digest is, is known once all of it was read. Until it is proven, a version counts for nothing.
    record_event(ledger, "push", Standing(pushed.model), current_actor(), new=pushed.created)
    if as_json:
        print_json({"reference": pushed.reference, "created": pushed.created, **pushed.model.as_json()})
        return
    click.echo(f"{name} {version}: {'pushed' if pushed.created else 'already there, the same'}")
    # The reference goes into a stack file: one line, never wrapped.
    click.echo(pushed.reference)


@click.command()
@named
@click.option("--to", "target", type=click.Path(path_type=Path), required=True, help="Directory to write into.")
@REGISTRY
@JSON
def pull(name: str, reference: str | None, target: Path, login_server: str, as_json: bool) -> None:
    """Download a version, verified; files that are there and right are kept."""
    found = registry_of(login_server).pull(*version_of(name, reference), target)
    if as_json:
        print_json(found.as_json())
    else:
        click.echo(f"{found.name} {found.version}: {len(found.files)} files in {target}\n{found.digest}")


@click.command()
@_SOURCE
@_NAME
@click.option("--version", required=True, help="A semantic version.")
@JSON
def digest(path: Path, name: str, version: str, as_json: bool) -> None:
    """Print the digest that a push would give, without a registry: for a stack file in the same pull request."""
    from headgate.model import build

    built = build(path, name, version)
    print_json(built.model.as_json()) if as_json else click.echo(built.model.digest)


@click.command("push-runtime")
@click.option("--name", default="oip-server", show_default=True, help="Pushed as runtimes/NAME.")
@REGISTRY
@JSON
def push_runtime(name: str, login_server: str, as_json: bool) -> None:
    """Push the serving runtime as an image: a stand-in that has a digest, since no container engine runs here."""
    from headgate.model import runtime_image

    _told(runtime_image(name).push(client(login_server)), as_json)


@click.command("push-program")
@click.argument("name")
@click.option("--version", required=True, help="Version of the program, as the toolchain pins it.")
@click.option("--repository", help="Repository; its last part is NAME.  [default: runtimes/NAME]")
@REGISTRY
@JSON
def push_program(name: str, version: str, repository: str | None, login_server: str, as_json: bool) -> None:
    """Push the image of a program that the sandbox runs itself, such as opa: a stand-in that has a digest."""
    from headgate.model import program_image

    _told(program_image(name, version, repository).push(client(login_server)), as_json)


def _told(reference: str, as_json: bool) -> None:
    document: dict[str, Any] = {"reference": reference}
    print_json(document) if as_json else click.echo(reference)
