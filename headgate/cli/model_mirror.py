"""`headgate model mirror`: a proven version, copied to an Azure Machine Learning registry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from headgate.cli.model_options import (
    JSON,
    LEDGER,
    REGISTRY,
    Believed,
    believed,
    named,
    print_json,
    record_event,
    registry_of,
    version_of,
)

if TYPE_CHECKING:
    from headgate.model.proofs.standing import Standing


@click.command()
@named
@click.option("--to", "target", required=True, metavar="azureml://registries/NAME", help="The registry to copy to.")
@click.option("--subscription", required=True, envvar="AZURE_SUBSCRIPTION_ID", help="Its subscription's id.")
@click.option("--resource-group", required=True, help="Its resource group.")
@believed
@REGISTRY
@LEDGER
@JSON
def mirror(
    name: str,
    reference: str | None,
    target: str,
    subscription: str,
    resource_group: str,
    believed: Believed,
    login_server: str,
    ledger: Path | None,
    as_json: bool,
) -> None:
    """Copy a version to an Azure Machine Learning registry, under its digest.

    Only one that verifies and stands in staging or production. Beside its files is written where it is from, its stage,
    and who signed and attested it; what counts stays what the first registry says. Again, it writes that anew.
    """
    from headgate import temporary
    from headgate.audit.entry import current_actor
    from headgate.gate.record import configured_ledger
    from headgate.model import azure_ml
    from headgate.model.proofs.standing import read

    destination = azure_ml.Mirror.of(target, subscription, resource_group)
    models = registry_of(login_server)
    standing = read(models, *version_of(name, reference), believed.trust(login_server, configured_ledger()))
    _require_proven(standing)
    registry = azure_ml.AzureMl(destination, azure_ml.entra_token(), azure_ml.to_blobs)
    by = current_actor()
    record_event(ledger, "mirror", standing, by, to=target)
    try:
        with temporary.folder("mirror") as folder:
            models.pull(standing.model.name, standing.model.digest, folder)
            address = registry.put(standing, folder, azure_ml.said(standing, login_server))
    except Exception:
        record_event(ledger, "mirror-failed", standing, by, to=target)
        raise
    if as_json:
        print_json({"name": standing.model.name, "digest": standing.model.digest, "mirror": address})
    else:
        click.echo(f"{standing.model.name} {standing.model.version}: {address}")


def _require_proven(standing: Standing) -> None:
    """Refuse what does not verify, or stands nowhere from which one deploys."""
    from headgate.errors import Exit, HeadgateError
    from headgate.model.proofs.stage import Stage

    found = [str(each) for each in standing.problems]
    if standing.stage not in (Stage.STAGING, Stage.PRODUCTION):
        found.append(f"stage {standing.stage or 'unknown: its statements contradict each other'}")
    if found:
        raise HeadgateError(
            f"{standing.model.name} {standing.model.version} is not mirrored",
            where=standing.model.digest,
            found="\n            ".join(found),
            expected="a version that verifies, in staging or production",
            fix="`headgate model show` tells what it lacks",
            exit_code=Exit.VIOLATIONS,
        )
