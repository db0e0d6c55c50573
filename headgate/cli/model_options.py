"""What the commands on models share: which registry, which version, whose signatures count, where it is recorded."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headgate.cli.ledger_place import LedgerPlace
from headgate.errors import HeadgateError

if TYPE_CHECKING:
    from headgate.approval.promotion import Promotions
    from headgate.model import ModelRegistry, Registry
    from headgate.model.proofs.attach import Desk
    from headgate.model.proofs.signers import Signers
    from headgate.model.proofs.standing import Standing
    from headgate.model.proofs.trust import Trust

_LOGIN_SERVER = re.compile(r"[A-Za-z0-9.-]+(?P<port>:[0-9]{1,5})?|\[[0-9A-Fa-f:]+\](?P<beside>:[0-9]{1,5})?")
_LAST_PORT = 65535
APPROVERS_VARIABLE = "HEADGATE_MODEL_APPROVERS"
REGISTRY = click.option(
    "--registry",
    "login_server",
    required=True,
    envvar="HEADGATE_REGISTRY",
    metavar="LOGIN_SERVER",
    help="The registry's login server, such as hgplatformsandbox.azurecr.io (or HEADGATE_REGISTRY).",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_SIGNERS = click.option(
    "--signers",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="HEADGATE_SIGNERS",
    help="Whose signatures count (or HEADGATE_SIGNERS).  [default: policies/signers.yaml]",
)
_APPROVERS = click.option(
    "--approvers",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar=APPROVERS_VARIABLE,
    help="Who approves promotions (or HEADGATE_MODEL_APPROVERS).  [default: policies/approvers.yaml]",
)
KEY = click.option(
    "--key",
    "key_file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="HEADGATE_MODEL_KEY",
    help="Your key, of `headgate model key` (or HEADGATE_MODEL_KEY).",
)
LEDGER = click.option("--ledger", type=LedgerPlace(), help="Ledger that records it (or HEADGATE_LEDGER).")


def named(command: Callable[..., Any]) -> Callable[..., Any]:
    """Take a version: NAME@VERSION, or NAME and VERSION."""
    command = click.argument("reference", metavar="[VERSION|DIGEST]", required=False)(command)
    return click.argument("name", metavar="TEAM/MODEL[@VERSION|@DIGEST]")(command)


@dataclass(frozen=True)
class Believed:
    """Files of those whose word counts, where a command was told of others than the rules'."""

    signers: Path | None = None
    approvers: Path | None = None

    @property
    def known(self) -> Signers:
        """Those whose signatures count."""
        from headgate.model.proofs import signers

        return signers.read(_named(self.signers, signers.FILE, "--signers or HEADGATE_SIGNERS"))

    @property
    def proofs(self) -> Trust:
        """Return whose signatures count, for who needs nobody's approval: it takes no rules, and no OPA."""
        from headgate.model.proofs.trust import Trust, Unasked

        return Trust(self.known, Unasked())

    def trust(self, login_server: str, ledger: Path | None = None) -> Trust:
        """Return whose word counts for the versions of a registry; the ledger's order, for when they went up."""
        return self.judged(login_server, ledger)[0]

    def judged(self, login_server: str, ledger: Path | None = None) -> tuple[Trust, Promotions]:
        """Return the same, and who judges approvals."""
        from headgate.approval.promotion import Promotions
        from headgate.approver import register
        from headgate.model.proofs.trust import Trust
        from headgate.policy.bundle import Bundle

        approvers = _named(self.approvers, register.FILE, f"--approvers or {APPROVERS_VARIABLE}")
        judge = Promotions.of(Bundle.find(), login_server, approvers, ledger)
        return Trust(self.known, judge), judge


def believed(command: Callable[..., Any]) -> Callable[..., Any]:
    """Take whose word counts: `believed` instead of the two files."""

    @functools.wraps(command)
    def run(*arguments: Any, signers: Path | None, approvers: Path | None, **options: Any) -> Any:
        return command(*arguments, believed=Believed(signers, approvers), **options)

    return _SIGNERS(_APPROVERS(run))


def _named(file: Path | None, default: str, option: str) -> Path:
    """Return the file that was named, which has to be there, else the one of the rules."""
    from headgate.policy.bundle import Bundle

    if file is not None and not file.is_file():
        raise HeadgateError(
            "there is no such file of people",
            where=str(file),
            expected=f"a file in the form of policies/{default}",
            fix=f"correct {option}",
        )
    return file or Bundle.find().root / default


def version_of(name: str, reference: str | None) -> tuple[str, str]:
    """Return a model's name and one of its versions, however they were written."""
    model, at, inside = name.partition("@")
    if bool(at) == (reference is not None):
        raise click.UsageError("name one version: TEAM/MODEL@1.0.0, TEAM/MODEL@sha256:…, or TEAM/MODEL 1.0.0.")
    found = inside if at else str(reference)
    if found.startswith("sha256:"):
        from headgate.model.descriptor import checked_digest

        checked_digest(found, model)
    return model, found


def client(login_server: str) -> Registry:
    """Return the client of a registry, which a sandbox may have."""
    match = _LOGIN_SERVER.fullmatch(login_server)
    if match is None or int((match["port"] or match["beside"] or ":0")[1:]) > _LAST_PORT:
        raise HeadgateError(
            "this is no registry's login server",
            where="--registry, HEADGATE_REGISTRY",
            found=login_server,
            expected="a name with or without a port, such as hgplatformsandbox.azurecr.io or 127.0.0.1:5000",
            fix="leave out what is before the name, such as https://, and what is behind it",
        )
    from headgate.model import Registry
    from headgate.sandbox.dataplane.registries import sandbox_resolver
    from headgate.sandbox.layout import StateDir

    return Registry(login_server, sandbox_resolver(StateDir.from_environment()))


def registry_of(login_server: str) -> ModelRegistry:
    """Return the models of a registry."""
    from headgate.model import ModelRegistry

    return ModelRegistry(client(login_server))


def desk_of(login_server: str, key_file: Path, believed: Believed) -> Desk:
    """Return where proofs are made: opens the key, which asks for its passphrase."""
    from headgate.cli.passphrase import passphrase
    from headgate.model.proofs.attach import Desk
    from headgate.model.proofs.keys import open_key
    from headgate.model.proofs.statement import now

    return Desk(registry_of(login_server), open_key(key_file, passphrase()), believed.known, now())


def standing_of(login_server: str, name: str, reference: str, believed: Believed) -> Standing:
    """Return a version with all that is proven of it."""
    from headgate.gate.record import configured_ledger
    from headgate.model.proofs.standing import read

    return read(registry_of(login_server), name, reference, believed.trust(login_server, configured_ledger()))


def record_event(ledger: Path | None, action: str, standing: Standing, by: str, **data: Any) -> None:
    """Make what is about to happen to a version an entry of the ledger, where there is one.

    Before it happens: what can't be recorded is not done.
    """
    from headgate.audit import Entry, record
    from headgate.audit.place import published
    from headgate.gate.record import configured_ledger

    chosen = ledger or configured_ledger()
    if chosen is None:
        return
    model = standing.model
    details = {"action": action, "digest": model.digest, "by": by, **data}
    indexes = record(chosen, [Entry(kind="model", subject=f"{model.name}@{model.version}", data=details)])
    if "ground" in data and indexes:
        # Who reads of the step next looks for its entry, and a collector's checkpoint covers it within a second.
        published(chosen, indexes.stop)


def record_approval(ledger: Path | None, standing: Standing, key_name: str, approval: str) -> None:
    """Make an approval an entry of the ledger, among what happened to its version, with the signature."""
    from headgate.approval.document import shown

    claims = shown(approval)
    said = {"approver": claims["approver"], "role": claims["role"], "to": claims["action"].rpartition(" ")[2]}
    # A step that was taken before is seen by it.
    said |= {"ground": claims["tree"], "taken": str(standing.claimed) == said["to"]}
    record_event(ledger, "approve", standing, claims["approver"], **said, key=key_name, signature=approval)


def pushers_of(standing: Standing, ledger: Path | None) -> frozenset[str]:
    """Return who pushed a version, where there is a ledger that says it: they don't approve it either."""
    from headgate.audit.place import is_begun
    from headgate.gate.record import configured_ledger
    from headgate.model.proofs.ledger import pushers

    chosen = ledger or configured_ledger()
    return pushers(standing.model.digest, chosen) if chosen and is_begun(chosen) else frozenset()


def print_json(document: Mapping[str, Any] | list[Any]) -> None:
    """Print data."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
