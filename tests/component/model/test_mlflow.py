"""A version of a real MLflow server becomes one of a real registry, by the command."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3
import yaml
from click.testing import CliRunner

from headgate.audit import LedgerReader
from headgate.audit.canonical import parse
from headgate.cli.model import model as model_command
from headgate.errors import HeadgateError
from headgate.model import ModelRegistry
from headgate.model.content import FileLayer
from headgate.model.proofs import signers
from headgate.model.proofs.keys import new_key
from lint import environment

pytestmark = [pytest.mark.component, pytest.mark.stress]

TRAINING = Path(__file__).with_name("mlflow_training.py")
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "PYTHONPATH": ""}
COMMIT = "8b5f0c1d2e3a4b5c6d7e8f901a2b3c4d5e6f7081"
PASSPHRASE = "correct horse battery"


@dataclass(frozen=True)
class Mlflow:
    """A server with one registered model, of two versions."""

    uri: str
    artifacts: Path
    runs: list[str]


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mlflow]:
    """Start MLflow's own server, and train."""
    folder = tmp_path_factory.mktemp("mlflow")
    program = environment.program("mlflow", "mlflow")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    uri, artifacts = f"http://127.0.0.1:{port}", folder / "artifacts"
    stores = ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(artifacts)]
    command = [str(program), "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1", *stores]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env={**os.environ, **QUIET}, cwd=folder, start_new_session=True
        )
    try:
        wait = urllib3.Retry(total=120, backoff_factor=0.2, backoff_max=1)
        urllib3.PoolManager().request("GET", f"{uri}/health", retries=wait)
        yield Mlflow(uri, artifacts, trained(program, uri, folder))
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def trained(program: Path, uri: str, folder: Path) -> list[str]:
    """Train with MLflow's own client; beside the model, a file in a folder with a name that an address must quote."""
    notes = folder / "notes of spring + summer.txt"
    notes.write_text("notes\n" * 1000)
    command = [str(program.with_name("python")), str(TRAINING), uri, str(notes)]
    answer = subprocess.run(command, env={**os.environ, **QUIET}, cwd=folder, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr[-2000:]
    runs: list[str] = json.loads(answer.stdout.strip().splitlines()[-1])
    return runs


@dataclass(frozen=True)
class Desk:
    """The command as somebody uses it whose word counts."""

    folder: Path
    login_server: str
    uri: str

    def run(self, reference: str, name: str, *more: str) -> Any:
        """Import, and return what is told."""
        line = ["import", reference, "--as", name, "--tracking-uri", self.uri, "--registry", self.login_server]
        line += ["--key", str(self.folder / "key"), "--signers", str(self.folder / "signers.yaml")]
        line += ["--ledger", str(self.folder / "ledger"), "--json", *more]
        environ = {"HEADGATE_KEY_PASSPHRASE_FILE": str(self.folder / "passphrase")}
        result = CliRunner().invoke(model_command, line, env=environ, standalone_mode=False)
        if result.exception:
            raise result.exception
        return json.loads(result.stdout)

    def lineage(self, name: str) -> Any:
        """Return what is attested of where a version comes from."""
        line = ["lineage", name, "--registry", self.login_server, "--signers", str(self.folder / "signers.yaml")]
        result = CliRunner().invoke(model_command, [*line, "--json"], standalone_mode=False)
        assert result.exception is None, result.output
        return json.loads(result.stdout)[0]["lineage"]


@pytest.fixture
def desk(mlflow: Mlflow, running: Any, tmp_path: Path) -> Desk:
    """Make a key whose word counts."""
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    public = new_key(tmp_path / "key", PASSPHRASE)
    row = signers.entry("trainer", public, ("sign", "attest"), ("fraud/*",))
    (tmp_path / "signers.yaml").write_text(yaml.safe_dump({"signers": [row]}))
    return Desk(tmp_path, running.login_server, mlflow.uri)


def test_a_version_is_imported_with_all_that_mlflow_knows_of_it(
    desk: Desk, mlflow: Mlflow, models: ModelRegistry
) -> None:
    """Files to the byte, framework and tensors from `MLmodel`, lineage and evaluation; again, and nothing happens."""
    thresholds = desk.folder / "evaluation.yaml"
    said = {"data": {"name": "held-out", "version": "2026-02"}, "quality": [{"name": "auc", "at_least": 0.9}]}
    thresholds.write_text(yaml.safe_dump(said))
    first = desk.run("mlflow://models:/fraud-score@champion", "fraud/imported@1.0.0", "--evaluation", str(thresholds))
    again = desk.run("mlflow://models:/fraud-score/1", "fraud/imported@1.0.0", "--evaluation", str(thresholds))

    assert (first["created"], first["attested"], first["framework"]) == (True, ["lineage", "evaluation"], "sklearn")
    assert (again["created"], again["attested"], again["digest"]) == (False, [], first["digest"])
    assert [(each["name"], each["datatype"]) for each in first["inputs"]] == [("amount", "FP64"), ("age", "INT64")]
    models.verify("fraud/imported", "1.0.0")
    pulled = models.pull("fraud/imported", "1.0.0", desk.folder / "out")
    logged = next(path.parent for path in mlflow.artifacts.rglob("MLmodel") if mlflow.runs[0] in path.read_text())
    files = {str(path.relative_to(logged)): path.read_bytes() for path in logged.rglob("*") if path.is_file()}
    assert {each.path: (desk.folder / "out" / each.path).read_bytes() for each in pulled.files} == files
    assert {"extra_files/notes of spring + summer.txt", "model.pkl", "MLmodel"} <= set(files)

    lineage = desk.lineage("fraud/imported@1.0.0")
    digest = lineage["data"][0].pop("version")
    assert len(digest) == 8
    assert lineage == {
        "repository": "https://example.com/fraud",
        "commit": COMMIT,
        "data": [{"name": "payments"}],
        "run": mlflow.runs[0],
        "base_model": None,
        "imported": {
            "registry": mlflow.uri,
            "model": "fraud-score",
            "version": "1",
            "aliases": ["champion"],
            "params": {"C": "1.0"},
            "metrics": {"auc": 0.93},
            "tags": {"campaign": "spring", "reviewed": "yes"},
        },
    }
    entries = [parse(entry) for _, entry in LedgerReader(desk.folder / "ledger").entries()]
    assert [each["data"]["action"] for each in entries] == ["import", "attest", "attest"]


def test_what_is_imported_is_read_from_disk_once(
    desk: Desk, models: ModelRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To send it: it was hashed as it was written. Of what the registry has nothing is read again."""
    read, chunks = [0], FileLayer._file_chunks

    def counted(layer: FileLayer, start: int, most: int) -> Iterator[bytes]:
        for chunk in chunks(layer, start, most):
            read[0] += len(chunk)
            yield chunk

    monkeypatch.setattr(FileLayer, "_file_chunks", counted)
    desk.run("models:/fraud-score/1", "fraud/read-once@1.0.0")
    first = read[0]
    desk.run("models:/fraud-score/1", "fraud/read-once@1.0.0")

    size = sum(each.size for each in models.show("fraud/read-once", "1.0.0").files)
    assert (first, read[0]) == (size, size)


def test_other_content_under_a_version_that_exists_is_refused(desk: Desk, models: ModelRegistry) -> None:
    """A second version of MLflow's is another version here."""
    desk.run("models:/fraud-score/1", "fraud/refused@1.0.0")
    with pytest.raises(HeadgateError, match="a version never changes"):
        desk.run("models:/fraud-score/2", "fraud/refused@1.0.0")

    desk.run("models:/fraud-score/2", "fraud/refused@1.0.1")
    assert [version for version, _ in models.versions("fraud/refused")] == ["1.0.0", "1.0.1"]


def test_what_is_not_there_is_said(desk: Desk, mlflow: Mlflow, models: ModelRegistry) -> None:
    """No such model, version or alias; and artifacts that were deleted. Nothing is pushed."""
    found = {}
    for reference in ("models:/nothing/1", "models:/fraud-score/9", "models:/fraud-score@other"):
        with pytest.raises(HeadgateError) as refused:
            desk.run(reference, "fraud/absent@1.0.0")
        found[reference] = (refused.value.what, refused.value.expected)
    there = "an alias: champion (1); or a version: the newest is 2"
    assert found == {
        "models:/nothing/1": ("MLflow has no such model", None),
        "models:/fraud-score/9": ("this model has no such version in MLflow", there),
        "models:/fraud-score@other": ("this model has no such alias in MLflow", there),
    }

    logged = next(path.parent for path in mlflow.artifacts.rglob("MLmodel") if mlflow.runs[1] in path.read_text())
    shutil.move(logged, desk.folder / "moved")
    try:
        with pytest.raises(HeadgateError, match="no artifacts in MLflow"):
            desk.run("models:/fraud-score/2", "fraud/absent@1.0.0")
    finally:
        shutil.move(desk.folder / "moved", logged)
    assert models.versions("fraud/absent") == []
