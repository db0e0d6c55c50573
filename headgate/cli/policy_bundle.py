"""`headgate policy bundle`: the rules as one signed file, which gates pull by digest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from headgate.errors import HeadgateError

if TYPE_CHECKING:
    from headgate.model import Registry

_KEY = click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    envvar="HEADGATE_RULES_KEY",
    help="Public key of who signs the rules, PEM (or HEADGATE_RULES_KEY).",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_DEFAULT = Path("rules.tar.gz")


@click.group()
def bundle() -> None:
    """Build, sign, push, pull and verify the rules as one file."""


@bundle.command()
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), default=_DEFAULT, show_default=True, help="File."
)
@click.option("--policies", type=click.Path(file_okay=False), help="The rules (default: policies/).")
@_JSON
def build(output: Path, policies: str | None, as_json: bool) -> None:
    """Build the rules: equal trees give equal bytes."""
    from headgate.policy import archive
    from headgate.policy.bundle import Bundle

    content = archive.build(Bundle.find(policies))
    output.write_bytes(content)
    _said({"file": str(output), "digest": _digest(content), "revision": archive.revision(content)}, as_json)


@bundle.command()
@_FILE
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="Private key, PEM, of curve P-256: `openssl ecparam -name prime256v1 -genkey -noout`.",
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Signed file.  [default: FILE itself]")
@_JSON
def sign(file: Path, key: Path, output: Path | None, as_json: bool) -> None:
    """Sign a built FILE (ES256); a signature that is there already is replaced."""
    from headgate.policy import archive

    content = archive.sign(file.read_bytes(), key)
    target = output or file
    target.write_bytes(content)
    _said({"file": str(target), "digest": _digest(content), "revision": archive.revision(content)}, as_json)


@bundle.command()
@_FILE
@click.option(
    "--registry", "login_server", required=True, envvar="HEADGATE_REGISTRY", metavar="LOGIN_SERVER", help="Registry."
)
@click.option("--repository", default="policy/rules", show_default=True, help="Repository in it.")
@click.option("--tag", help="A name for people; gates take the digest.")
@_JSON
def push(file: Path, login_server: str, repository: str, tag: str | None, as_json: bool) -> None:
    """Push a signed FILE, and print its reference by digest. What is not signed is refused."""
    from headgate.policy import archive, remote

    content = file.read_bytes()
    reference = remote.push(_registry(login_server), content, repository, tag)
    if as_json:
        click.echo(json.dumps({"reference": str(reference), "revision": archive.revision(content)}, indent=2))
    else:
        click.echo(str(reference))


@bundle.command()
@click.argument("reference", metavar="REFERENCE@DIGEST")
@_KEY
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write the bundle to.")
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), help="New directory for the rules.")
@_JSON
def pull(reference: str, key: Path, output: Path | None, folder: Path | None, as_json: bool) -> None:
    """Pull a bundle by digest, and keep it only if its signature is right: as a file, or as rules for --policies."""
    from headgate.policy import archive

    if output is None and folder is None:
        raise click.UsageError("name where to keep it: --output FILE, --to DIRECTORY, or both.")
    content = content_of(reference)
    revision = archive.verify(content, key)
    if folder is not None:
        _empty(folder)
        archive.unpack(content, key, folder)
    if output is not None:
        output.write_bytes(content)
    _said({"reference": reference, "digest": _digest(content), "revision": revision}, as_json)


@bundle.command()
@click.argument("what", metavar="FILE|REFERENCE@DIGEST")
@_KEY
@_JSON
def verify(what: str, key: Path, as_json: bool) -> None:
    """Say whether a bundle is what the owner of a key signed."""
    from headgate.policy import archive

    content = content_of(what)
    _said({"verified": what, "digest": _digest(content), "revision": archive.verify(content, key)}, as_json)


def content_of(what: str) -> bytes:
    """Return a bundle's bytes: of a file, or of the registry that a reference names."""
    from headgate.model.descriptor import Reference
    from headgate.policy import remote

    if Path(what).is_file():
        return Path(what).read_bytes()
    reference = Reference.parse(what)
    return remote.pull(_registry(reference.registry), reference)


def _registry(login_server: str) -> Registry:
    from headgate.model import Registry
    from headgate.sandbox.dataplane.registries import sandbox_resolver
    from headgate.sandbox.layout import StateDir

    return Registry(login_server, sandbox_resolver(StateDir.from_environment()))


def _empty(folder: Path) -> None:
    """Refuse a directory that holds something: rules that nobody signed would stay among the others."""
    if folder.exists() and any(folder.iterdir()):
        raise HeadgateError(
            "the directory is not empty",
            where=str(folder),
            expected="a new directory: what lay there would be taken for signed rules",
            fix="name another, or remove it",
        )


def _digest(content: bytes) -> str:
    from headgate.model.descriptor import digest_of

    return digest_of(content)


def _said(values: dict[str, str], as_json: bool) -> None:
    """Print what came of it: one value a line, for people; a digest is never wrapped."""
    if as_json:
        click.echo(json.dumps(values, indent=2))
        return
    for name, value in values.items():
        click.echo(f"{name:<9} {value}")
