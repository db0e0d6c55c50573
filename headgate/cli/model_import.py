"""`headgate model import`: a version of an MLflow registry becomes one of this registry, with where it came from."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headgate.cli.model_options import (
    JSON,
    KEY,
    LEDGER,
    REGISTRY,
    Believed,
    believed,
    desk_of,
    print_json,
    record_event,
)

if TYPE_CHECKING:
    from headgate.model import Pushed
    from headgate.model.mlflow.registered import Version
    from headgate.model.mlflow.server import TrackingServer
    from headgate.model.proofs.attach import Desk
    from headgate.model.proofs.documents import Kind

_FILE = click.Path(dir_okay=False, exists=True, path_type=Path)
_GIGABYTE = 10**9


@click.command("import")
@click.argument("reference", metavar="mlflow://models:/NAME/VERSION|mlflow://models:/NAME@ALIAS")
@click.option(
    "--tracking-uri",
    required=True,
    envvar="MLFLOW_TRACKING_URI",
    metavar="URL",
    help="The MLflow tracking server, such as https://mlflow.example.com (or MLFLOW_TRACKING_URI).",
)
@click.option("--as", "wanted", metavar="TEAM/MODEL@VERSION", help="What it is called here: MLflow only counts.")
@click.option("--lineage", type=_FILE, help="What MLflow does not know of its lineage, YAML or JSON.")
@click.option("--evaluation", type=_FILE, help="Thresholds, YAML or JSON; a `value` left out is the run's metric.")
@click.option("--max-size", default=100, show_default=True, metavar="GB", help="Refuse a version that is larger.")
@KEY
@believed
@REGISTRY
@LEDGER
@JSON
def import_(
    reference: str,
    tracking_uri: str,
    wanted: str | None,
    lineage: Path | None,
    evaluation: Path | None,
    max_size: int,
    key_file: Path,
    believed: Believed,
    login_server: str,
    ledger: Path | None,
    as_json: bool,
) -> None:
    """Import a version from an MLflow registry, as a candidate, and attest where it came from.

    Its artifacts are pushed as they are. Run, code, data, parameters, metrics, tags and aliases become its lineage,
    signed by you. Importing the same again changes nothing.
    """
    from headgate.model.mlflow.provenance import evaluation as evaluated
    from headgate.model.mlflow.provenance import lineage as descended
    from headgate.model.mlflow.reference import Registered, name_here
    from headgate.model.mlflow.registered import find
    from headgate.model.mlflow.server import TrackingServer
    from headgate.model.proofs.documents import Kind

    asked = Registered.parse(reference)
    server = TrackingServer(tracking_uri)
    version = find(server, asked)
    name, number = name_here(wanted, version.name, version.number)
    # All that is to be said is known and sound before the first byte is brought.
    said = {Kind.LINEAGE: descended(server.uri, version, lineage)}
    if evaluation:
        said[Kind.EVALUATION] = evaluated(version, evaluation)
    desk = desk_of(login_server, key_file, believed)
    work = _Import(desk, server, version, ledger)
    pushed = work.push(name, number, max_size * _GIGABYTE)
    _tell(pushed, version, work.attest(pushed, said), desk, as_json)


@dataclass(frozen=True)
class _Import:
    """One version on its way."""

    desk: Desk
    server: TrackingServer
    version: Version
    ledger: Path | None

    def push(self, name: str, number: str, max_bytes: int) -> Pushed:
        """Bring the files, and push them as `headgate model push` does."""
        from headgate.model import ModelVersion, build
        from headgate.model.mlflow import artifacts
        from headgate.model.mlflow.description import describe
        from headgate.model.proofs.signers import Role
        from headgate.model.proofs.standing import Standing

        self.desk.check(ModelVersion(name, number, "", (), ()), Role.ATTEST)
        root = artifacts.root_of(self.server, self.version.artifacts)
        files = artifacts.listed(self.server, root, max_bytes)
        with tempfile.TemporaryDirectory(prefix="headgate-import-") as folder:
            passed = artifacts.bring(self.server, root, files, Path(folder))
            describe(Path(folder), [each.path for each in files])
            built = build(Path(folder), name, number, passed)
            return self.desk.models.publish(built, lambda: self._record("import", Standing(built.model), self._origin))

    def attest(self, pushed: Pushed, said: Mapping[Kind, dict[str, Any]]) -> list[str]:
        """Attest what nobody has said yet, and return what that was."""
        from headgate.model.proofs.standing import read
        from headgate.model.proofs.trust import Trust, Unasked

        model = pushed.model
        standing = read(self.desk.models, model.name, model.digest, Trust(self.desk.signers, Unasked()))
        new = [
            kind
            for kind in said
            if kind not in standing.attested or dict(standing.attested[kind].predicate) != said[kind]
        ]
        for kind in new:
            self._record("attest", standing, {"kind": str(kind)})
            self.desk.attest(model, kind, said[kind])
        return [str(kind) for kind in new]

    @property
    def _origin(self) -> dict[str, Any]:
        version = self.version
        return {
            "registry": self.server.uri,
            "model": version.name,
            "version": version.number,
            "run": version.run.id,
        }

    def _record(self, action: str, standing: Any, data: dict[str, Any]) -> None:
        record_event(self.ledger, action, standing, self.desk.key.public.id, **data)


def _tell(pushed: Pushed, version: Version, attested: list[str], desk: Desk, as_json: bool) -> None:
    model = pushed.model
    if as_json:
        said = {"reference": pushed.reference, "created": pushed.created, "attested": attested}
        print_json({**said, "imported": {"model": version.name, "version": version.number}, **model.as_json()})
        return
    state = "imported" if pushed.created else "already there, the same"
    click.echo(f"{model.name} {model.version}: {state} (MLflow's {version.name} {version.number})")
    click.echo(f"attested {', '.join(attested)} as {desk.name}" if attested else "nothing new to attest")
    # The reference goes into a stack file: one line, never wrapped.
    click.echo(pushed.reference)
