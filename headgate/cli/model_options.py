"""What the commands on models share: which registry, which version, whose signatures count, where it is recorded."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headgate.errors import HeadgateError

if TYPE_CHECKING:
    from headgate.model import ModelRegistry, Registry
    from headgate.model.proofs.attach import Desk
    from headgate.model.proofs.signers import Signers
    from headgate.model.proofs.standing import Standing

REGISTRY = click.option(
    "--registry",
    "login_server",
    required=True,
    envvar="HEADGATE_REGISTRY",
    metavar="LOGIN_SERVER",
    help="The registry's login server, such as hgplatformsandbox.azurecr.io (or HEADGATE_REGISTRY).",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
SIGNERS = click.option(
    "--signers",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="HEADGATE_SIGNERS",
    help="Whose signatures count (or HEADGATE_SIGNERS).  [default: policies/signers.yaml]",
)
KEY = click.option(
    "--key",
    "key_file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="HEADGATE_MODEL_KEY",
    help="Your key, of `headgate model key` (or HEADGATE_MODEL_KEY).",
)
LEDGER = click.option(
    "--ledger", type=click.Path(file_okay=False, path_type=Path), help="Ledger that records it (or HEADGATE_LEDGER)."
)


def named(command: Callable[..., Any]) -> Callable[..., Any]:
    """Take a version: NAME@VERSION, or NAME and VERSION."""
    command = click.argument("reference", metavar="[VERSION|DIGEST]", required=False)(command)
    return click.argument("name", metavar="TEAM/MODEL[@VERSION|@DIGEST]")(command)


def version_of(name: str, reference: str | None) -> tuple[str, str]:
    """Return a model's name and one of its versions, however they were written."""
    model, at, inside = name.partition("@")
    if bool(at) == (reference is not None):
        raise click.UsageError("name one version: TEAM/MODEL@1.0.0, TEAM/MODEL@sha256:…, or TEAM/MODEL 1.0.0.")
    return model, inside if at else str(reference)


def client(login_server: str) -> Registry:
    """Return the client of a registry, which a sandbox may have."""
    from headgate.model import Registry
    from headgate.sandbox.dataplane.registries import sandbox_resolver
    from headgate.sandbox.layout import StateDir

    return Registry(login_server, sandbox_resolver(StateDir.from_environment()))


def registry_of(login_server: str) -> ModelRegistry:
    """Return the models of a registry."""
    from headgate.model import ModelRegistry

    return ModelRegistry(client(login_server))


def signers_of(file: Path | None) -> Signers:
    """Return whose signatures count: of the file that was named, else of the rules."""
    from headgate.model.proofs import signers
    from headgate.policy.bundle import Bundle

    if file is not None and not file.is_file():
        raise HeadgateError(
            "there is no such file of signers",
            where=str(file),
            expected="a file in the form of policies/signers.yaml",
            fix="correct --signers or HEADGATE_SIGNERS",
        )
    return signers.read(file or Bundle.find().root / signers.FILE)


def desk_of(login_server: str, key_file: Path, signers: Path | None) -> Desk:
    """Return where proofs are made: opens the key, which asks for its passphrase."""
    from headgate.cli.passphrase import passphrase
    from headgate.model.proofs.attach import Desk
    from headgate.model.proofs.keys import open_key
    from headgate.model.proofs.statement import now

    known = signers_of(signers)
    return Desk(registry_of(login_server), open_key(key_file, passphrase()), known, now())


def standing_of(login_server: str, name: str, reference: str, signers: Path | None) -> Standing:
    """Return a version with all that is proven of it."""
    from headgate.model.proofs.standing import read

    return read(registry_of(login_server), name, reference, signers_of(signers))


def record_event(ledger: Path | None, action: str, standing: Standing, by: str, **data: Any) -> None:
    """Make what is about to happen to a version an entry of the ledger, where there is one.

    Before it happens: what can't be recorded is not done.
    """
    from headgate.audit import Entry, record
    from headgate.gate.record import configured_ledger

    chosen = ledger or configured_ledger()
    if chosen is None:
        return
    model = standing.model
    details = {"action": action, "digest": model.digest, "by": by, **data}
    record(chosen, [Entry(kind="model", subject=f"{model.name}@{model.version}", data=details)])


def print_json(document: Mapping[str, Any] | list[Any]) -> None:
    """Print data."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
