"""A mirrored version's files, from a real registry into real blobs (Azurite), by the address that a registry lends.

What lends it, Azure's management interface, is simulated.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import azurite
import pytest
from azure.storage.blob import ContainerClient, ContainerSasPermissions, generate_container_sas
from model_shelf import People, agreed
from simulated_ml_registry import SimulatedMlRegistry

from headgate.errors import HeadgateError
from headgate.model import ModelRegistry, Registry, azure_ml
from headgate.model.proofs import signers as signers_file
from headgate.model.proofs.attach import Desk
from headgate.model.proofs.signers import Signers
from headgate.model.proofs.standing import read
from headgate.model.proofs.statement import now
from headgate.policy.bundle import CHECKOUT

# Azurite is a package of npm, which a machine without it would have to fetch.
pytestmark = [pytest.mark.component, pytest.mark.stress]
NAME = "mirrored/score"
EXAMPLE = CHECKOUT / "examples" / "models" / "fraud-score"


@pytest.fixture
def container(tmp_path: Path) -> Iterator[ContainerClient]:
    """Return a container of a real store."""
    (tmp_path / "store").mkdir()
    with (
        azurite.running(tmp_path / "store") as connection,
        ContainerClient.from_connection_string(connection, "lent") as made,
    ):
        made.create_container()
        yield made


def lent(container: ContainerClient, **rights: bool) -> str:
    """Return the address of a container with leave to do something there, for an hour."""
    signature = generate_container_sas(
        azurite.ACCOUNT,
        container.container_name,
        account_key=azurite.KEY,
        permission=ContainerSasPermissions(**rights),
        expiry=datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1),
    )
    return f"{container.url}?{signature}"


def test_the_files_are_there_byte_for_byte_and_only_with_leave_to_write(
    running: Any, container: ContainerClient, tmp_path: Path
) -> None:
    """Pulled from the registry that counts, streamed to the lent place; a place that may only be read takes nothing."""
    people, models = People(), ModelRegistry(Registry(running.login_server))
    row = signers_file.entry("trainer", people.trainer.public, ("sign",), ("mirrored/*",))
    known = Signers.model_validate({"signers": [row]}, strict=False)
    model = models.push(EXAMPLE, NAME, "1.0.0").model
    Desk(models, people.trainer, known, now()).sign(model)
    standing = read(models, NAME, model.digest, agreed(known))
    models.pull(NAME, model.digest, tmp_path / "pulled")
    registry = SimulatedMlRegistry()
    try:
        registry.lends = lent(container, read=True, list=True)
        with pytest.raises(HeadgateError, match="can't be uploaded"):
            registry.client(azure_ml.to_blobs).put(standing, tmp_path / "pulled", {})
        refused = list(container.list_blob_names())
        registry.lends = lent(container, create=True, write=True)
        address = registry.client(azure_ml.to_blobs).put(standing, tmp_path / "pulled", {})
    finally:
        registry.close()
    there = {name: container.download_blob(name).readall() for name in container.list_blob_names()}

    assert (refused, address.rpartition("/")[2]) == ([], model.digest.replace(":", "-"))
    assert there == {f"score/{each.path}": (EXAMPLE / each.path).read_bytes() for each in model.files}
