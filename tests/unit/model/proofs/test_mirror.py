"""A version's copy in an Azure Machine Learning registry, which is simulated here: what is asked, written, recorded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from model_shelf import NOON, People, Shelf, agreed
from simulated_ml_registry import SUBSCRIPTION, SimulatedMlRegistry

from headgate.audit import LedgerReader
from headgate.cli import model_mirror
from headgate.cli.model import model as model_command
from headgate.errors import HeadgateError
from headgate.model import azure_ml
from headgate.model.artifact import ModelVersion
from headgate.model.azure_ml import Mirror, said
from headgate.model.proofs.stage import Stage
from headgate.model.proofs.standing import Standing, read

pytestmark = pytest.mark.unit


@pytest.fixture
def registry() -> Iterator[SimulatedMlRegistry]:
    """Return an empty one."""
    made = SimulatedMlRegistry()
    yield made
    made.close()


def standing_of(shelf: Shelf, model: ModelVersion, people: People) -> Standing:
    """Return what is proven of a version."""
    return read(shelf, model.name, model.digest, agreed(people.signers()), NOON)  # type: ignore[arg-type]


@pytest.fixture
def standing(shelf: Shelf, proven: ModelVersion, people: People) -> Standing:
    """Return a version in staging."""
    people.desk(shelf, people.manager).move(standing_of(shelf, proven, people), Stage.STAGING, "it is good")
    return standing_of(shelf, proven, people)


def test_a_version_is_copied_under_its_digest_with_its_proofs_named(
    registry: SimulatedMlRegistry, standing: Standing, tmp_path: Path
) -> None:
    """Its files go where the registry lends a place; a second time they stay, and what is said is written anew."""
    (tmp_path / "model.onnx").write_bytes(b"weights")
    described = said(standing, "hg.azurecr.io")
    first = registry.client().put(standing, tmp_path, described)
    again = registry.client().put(standing, tmp_path, described | {"headgate.stage": "production"})

    model, version = azure_ml.names(standing)
    path = f"hgmodels/models/{model}"
    assert first == again == f"azureml://registries/hgmodels/models/{model}/versions/{version}"
    assert version == standing.model.digest.replace(":", "-")
    assert registry.uploaded == [("https://store/container?sig=s", model, ["model.onnx"])]
    assert registry.asked == [
        ("GET", f"{path}/versions/{version}"),
        ("PUT", path),
        ("POST", f"{path}/versions/{version}/startPendingUpload"),
        ("PUT", f"{path}/versions/{version}"),
        ("GET", f"{path}/versions/{version}"),
        ("GET", f"{path}/versions/{version}"),
        ("PUT", f"{path}/versions/{version}"),
        ("GET", f"{path}/versions/{version}"),
    ]
    kept = registry.versions[f"{path}/versions/{version}"]["properties"]
    assert kept["modelUri"] == f"https://store/container/{model}"
    assert kept["properties"] == described | {"headgate.stage": "production"}
    assert described["headgate.digest"] == standing.model.digest
    assert {"headgate.signed-by", "headgate.card-by", "headgate.evaluation-by", "headgate.lineage-by"} <= set(described)


def test_a_version_that_somebody_else_put_there_is_left_alone(
    registry: SimulatedMlRegistry, standing: Standing, tmp_path: Path
) -> None:
    """And what Azure refuses is told in its words."""
    model, version = azure_ml.names(standing)
    registry.versions[f"hgmodels/models/{model}/versions/{version}"] = {"properties": {"modelUri": "https://x"}}
    with pytest.raises(HeadgateError, match="can't be mirrored") as other:
        registry.client().put(standing, tmp_path, {})
    registry.refuses = 403
    with pytest.raises(HeadgateError, match="can't be mirrored") as refused:
        registry.client().put(standing, tmp_path, {})

    assert other.value.found == "a version of this name of nobody knows what"
    assert refused.value.found == "403 you may not"
    assert registry.uploaded == []


@pytest.mark.parametrize("address", ["azureml://hgmodels", "https://hgmodels", "azureml://registries/a/models/b"])
def test_what_is_no_registry_is_refused(address: str) -> None:
    """Before anything is read."""
    with pytest.raises(HeadgateError, match="no registry of Azure"):
        Mirror.of(address, SUBSCRIPTION, "rg")


@pytest.mark.parametrize("fails", [False, True])
def test_the_command_records_before_it_copies(
    registry: SimulatedMlRegistry, standing: Standing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    """And a failure, too; where it is from is told beside the files."""
    registry.refuses = 500 if fails else 0
    pulled: list[Any] = []
    models = SimpleNamespace(pull=lambda *arguments: pulled.append(arguments))
    monkeypatch.setattr(model_mirror, "registry_of", lambda _server: models)
    monkeypatch.setattr("headgate.model.proofs.standing.read", lambda *_arguments: standing)
    monkeypatch.setattr(azure_ml, "entra_token", lambda: lambda: "token")
    monkeypatch.setattr(azure_ml, "AzureMl", lambda *_arguments: registry.client())
    command = ["mirror", f"{standing.model.name}@{standing.model.version}", "--to", "azureml://registries/hgmodels"]
    command += ["--subscription", SUBSCRIPTION, "--resource-group", "rg", "--registry", "hg.azurecr.io"]
    result = CliRunner().invoke(model_command, [*command, "--ledger", str(tmp_path / "l")], standalone_mode=False)
    reader = LedgerReader(tmp_path / "l")
    entries = [reader.document(entry) for _, entry in reader.entries()]

    assert isinstance(result.exception, HeadgateError) is fails
    assert [each["data"]["action"] for each in entries] == (["mirror", "mirror-failed"] if fails else ["mirror"])
    assert {each["data"]["to"] for each in entries} == {"azureml://registries/hgmodels"}
    assert pulled[0][:2] == (standing.model.name, standing.model.digest)
    assert len(registry.versions) == (0 if fails else 2)


def test_what_is_not_proven_or_not_promoted_is_not_copied(shelf: Shelf, proven: ModelVersion, people: People) -> None:
    """A candidate is none that anybody deploys, whoever signed it."""
    with pytest.raises(HeadgateError, match="is not mirrored") as error:
        model_mirror._require_proven(standing_of(shelf, proven, people))

    assert "stage candidate" in str(error.value.found)
    assert int(error.value.exit_code) == 1
