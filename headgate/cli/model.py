"""`headgate model`: push, list, show, verify and pull model versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from headgate.model import ModelRegistry, ModelVersion, Registry, build, program_image, runtime_image
from headgate.model.images import RUNTIME
from headgate.sandbox.dataplane.registries import sandbox_resolver
from headgate.sandbox.layout import StateDir

registry_option = click.option(
    "--registry",
    "login_server",
    required=True,
    envvar="HEADGATE_REGISTRY",
    metavar="LOGIN_SERVER",
    help="The registry's login server, such as hgplatformsandbox.azurecr.io (or HEADGATE_REGISTRY).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def model() -> None:
    """Push, list and verify model versions."""


@model.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--name", required=True, metavar="TEAM/MODEL", help="For example fraud/fraud-score.")
@click.option("--version", required=True, help="A semantic version; once pushed it never changes.")
@registry_option
@json_option
def push(path: Path, name: str, version: str, login_server: str, as_json: bool) -> None:
    """Push a file, or a directory with model.json, as a version of a model."""
    pushed = _registry(login_server).push(path, name, version)
    if as_json:
        _print_json({"reference": pushed.reference, "created": pushed.created, **pushed.model.as_json()})
        return
    console = Console()
    console.print(f"{name} {version}: {'pushed' if pushed.created else 'already there, the same'}")
    # The reference goes into a stack file: one line, never wrapped.
    console.print(pushed.reference, soft_wrap=True, highlight=False)


@model.command("list")
@click.option("--name", metavar="TEAM/MODEL", help="Only this model.")
@registry_option
@json_option
def list_(name: str | None, login_server: str, as_json: bool) -> None:
    """List models and their versions, with digests."""
    registry = _registry(login_server)
    names = [name] if name else registry.names()
    rows = [{"name": each, "version": tag, "digest": d} for each in names for tag, d in registry.versions(each)]
    if as_json:
        _print_json(rows)
        return
    # Plain columns: a digest must be copied whole, whatever the terminal's width.
    wide = max((len(row["name"]) for row in rows), default=0)
    lines = [f"{row['name']:<{wide}}  {row['version']:<12}  {row['digest']}" for row in rows]
    click.echo("\n".join(lines) or f"no models in {login_server}")


@model.command()
@click.argument("name", metavar="TEAM/MODEL")
@click.argument("reference", metavar="VERSION|DIGEST")
@registry_option
@json_option
def show(name: str, reference: str, login_server: str, as_json: bool) -> None:
    """Show a version: framework, inputs, outputs, files and their digests."""
    _show(_registry(login_server).show(name, reference), as_json)


@model.command()
@click.argument("name", metavar="TEAM/MODEL")
@click.argument("reference", metavar="VERSION|DIGEST")
@registry_option
@json_option
def verify(name: str, reference: str, login_server: str, as_json: bool) -> None:
    """Download a version again and check every digest, of layers and of the files in them."""
    found = _registry(login_server).verify(name, reference)
    if as_json:
        _print_json({"verified": True, **found.as_json()})
        return
    size = sum(file.size for file in found.files)
    Console(soft_wrap=True).print(
        f"{name} {found.version}: {len(found.files)} files, {size} bytes, every digest is right", found.digest
    )


@model.command()
@click.argument("name", metavar="TEAM/MODEL")
@click.argument("reference", metavar="VERSION|DIGEST")
@click.option("--to", "target", type=click.Path(path_type=Path), required=True, help="Directory to write into.")
@registry_option
@json_option
def pull(name: str, reference: str, target: Path, login_server: str, as_json: bool) -> None:
    """Download a version, verified; files that are there and right are kept."""
    _show(_registry(login_server).pull(name, reference, target), as_json)


@model.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--name", required=True, metavar="TEAM/MODEL", help="For example fraud/fraud-score.")
@click.option("--version", required=True, help="A semantic version.")
@json_option
def digest(path: Path, name: str, version: str, as_json: bool) -> None:
    """Print the digest that a push would give, without a registry: for a stack file in the same pull request."""
    built = build(path, name, version)
    _print_json(built.model.as_json()) if as_json else click.echo(built.model.digest)


@model.command("push-runtime")
@click.option("--name", default=RUNTIME, show_default=True, help="Pushed as runtimes/NAME.")
@registry_option
@json_option
def push_runtime(name: str, login_server: str, as_json: bool) -> None:
    """Push the serving runtime as an image: a stand-in that has a digest, since no container engine runs here."""
    reference = runtime_image(name).push(_client(login_server))
    _print_json({"reference": reference}) if as_json else click.echo(reference)


@model.command("push-program")
@click.argument("name")
@click.option("--version", required=True, help="Version of the program, as the toolchain pins it.")
@click.option("--repository", help="Repository; its last part is NAME.  [default: runtimes/NAME]")
@registry_option
@json_option
def push_program(name: str, version: str, repository: str | None, login_server: str, as_json: bool) -> None:
    """Push the image of a program that the sandbox runs itself, such as opa: a stand-in that has a digest."""
    reference = program_image(name, version, repository).push(_client(login_server))
    _print_json({"reference": reference}) if as_json else click.echo(reference)


def _client(login_server: str) -> Registry:
    return Registry(login_server, sandbox_resolver(StateDir.from_environment()))


def _registry(login_server: str) -> ModelRegistry:
    return ModelRegistry(_client(login_server))


def _print_json(document: Any) -> None:
    click.echo(json.dumps(document, indent=2))


def _show(version: ModelVersion, as_json: bool) -> None:
    if as_json:
        _print_json(version.as_json())
        return
    console = Console(soft_wrap=True, highlight=False)
    console.print(f"{version.name} {version.version} ({version.framework})")
    console.print(version.digest)
    for label, tensors in (("input", version.inputs), ("output", version.outputs)):
        for tensor in tensors:
            console.print(f"{label:<7} {tensor.name} {tensor.datatype} {list(tensor.shape)}", markup=False)
    for file in version.files:
        console.print(f"file    {file.path} {file.size} bytes {file.digest}", markup=False)
