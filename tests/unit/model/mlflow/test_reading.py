"""How a version is named, found, described, and told as lineage and evaluation."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from headgate.errors import HeadgateError
from headgate.model import RegistryError
from headgate.model.mlflow.description import describe
from headgate.model.mlflow.provenance import evaluation, lineage
from headgate.model.mlflow.reference import Registered, name_here
from headgate.model.mlflow.registered import Dataset, Run, Version, find
from headgate.model.source import read_source

pytestmark = pytest.mark.unit

COMMIT = "8b5f0c1d2e3a4b5c6d7e8f901a2b3c4d5e6f7081"
TAGS = {
    "mlflow.source.git.commit": COMMIT,
    "mlflow.source.git.repoURL": "https://x-token:s3cret@example.com/fraud?token=s3cret",
    "mlflow.user": "ada",
    "campaign": "spring",
}
DATA = (Dataset("payments", "c095eab4", "training"), Dataset("held-out", "11aa22bb", "eval"))
RUN = Run("run-1", {"C": "1.0"}, {"auc": 0.93, "gap": 0.04}, TAGS, DATA)
VERSION = Version("fraud-score", "3", "mlflow-artifacts:/1", RUN, ("champion",), {"reviewed": "yes"})


def test_a_version_is_named_by_number_or_alias() -> None:
    """With or without our scheme before MLflow's."""
    assert Registered.parse("mlflow://models:/fraud-score/3") == Registered("fraud-score", number="3")
    assert Registered.parse("models:/fraud score@champion") == Registered("fraud score", alias="champion")
    for text in (
        "models:/fraud-score",
        "models:/m/Production",
        "models:/m@",
        "models:/@a",
        "s3://m/3",
        "models:/a/b/3",
    ):
        with pytest.raises(RegistryError, match="not a version of an MLflow registry"):
            Registered.parse(text)


def test_a_version_needs_a_name_of_ours() -> None:
    """MLflow counts versions; a number is no semantic version."""
    assert name_here("fraud/score@1.2.3", "fraud-score", "3") == ("fraud/score", "1.2.3")
    with pytest.raises(RegistryError, match="needs a name and a semantic version here") as caught:
        name_here(None, "fraud-score", "3")
    assert caught.value.fix == "name it: --as TEAM/MODEL@1.2.3"
    for wanted in ("score@1.2.3", "fraud/score@3", "fraud/score"):
        with pytest.raises(RegistryError, match="name it: --as"):
            name_here(wanted, "fraud-score", "3")


def test_a_version_is_read_with_its_run(mlflow: Any) -> None:
    """A metric that is no number is left out; a version without a run has none."""
    row = {"name": "m", "version": "3", "run_id": "run-1", "status": "READY", "aliases": ["b", "a"]}
    mlflow.say("/mlflow/registered-models/alias", {"model_version": row})
    mlflow.say("/mlflow/model-versions/get", {"model_version": {**row, "run_id": ""}})
    mlflow.say("/mlflow/model-versions/get", {"model_version": {**row, "status": "PENDING_REGISTRATION"}})
    mlflow.say("/mlflow/model-versions/get", {"model_version": {"name": "m"}})
    mlflow.say("/mlflow/model-versions/get-download-uri", {"artifact_uri": "mlflow-artifacts:/1"})
    metrics = [{"key": "auc", "value": 0.93}, {"key": "loss", "value": "NaN"}]
    inputs = {"dataset_inputs": [{"dataset": {"name": "payments", "digest": "c0"}}]}
    data = {"metrics": metrics, "params": [{"key": "C", "value": "1"}], "tags": []}
    mlflow.say("/mlflow/runs/get", {"run": {"data": data, "inputs": inputs}})

    run = Run("run-1", {"C": "1"}, {"auc": 0.93}, {}, (Dataset("payments", "c0"),))
    by_alias, by_number = Registered("m", alias="a"), Registered("m", number="3")
    assert find(mlflow.client(), by_alias) == Version("m", "3", "mlflow-artifacts:/1", run, ("a", "b"))
    assert find(mlflow.client(), by_number).run == Run()
    with pytest.raises(RegistryError, match="not done with this version"):
        find(mlflow.client(), by_number)
    with pytest.raises(RegistryError, match="answer is incomplete"):
        find(mlflow.client(), by_number)


def test_what_mlflow_knows_becomes_lineage() -> None:
    """Without credentials in addresses, without the data of evaluations, without who it was."""
    assert lineage("https://mlflow.example", VERSION) == {
        "repository": "https://example.com/fraud",
        "commit": COMMIT,
        "data": [{"name": "payments", "version": "c095eab4"}],
        "run": "run-1",
        "base_model": None,
        "imported": {
            "registry": "https://mlflow.example",
            "model": "fraud-score",
            "version": "3",
            "aliases": ["champion"],
            "params": {"C": "1.0"},
            "metrics": {"auc": 0.93, "gap": 0.04},
            "tags": {"campaign": "spring", "reviewed": "yes"},
        },
    }


def test_what_mlflow_does_not_know_has_to_be_said(tmp_path: Path) -> None:
    """In a file, which can't contradict what is known."""
    bare = replace(VERSION, run=replace(RUN, tags={}, datasets=()))
    with pytest.raises(HeadgateError, match="does not know where this version comes from") as caught:
        lineage("https://mlflow.example", bare)
    assert str(caught.value.fix).startswith("write repository, commit, data into a file")

    file = tmp_path / "lineage.yaml"
    said = {"repository": "https://example.com/fraud", "commit": COMMIT, "data": [{"name": "p", "version": "2"}]}
    file.write_text(yaml.safe_dump(said))
    assert lineage("https://mlflow.example", bare, file)["data"] == [{"name": "p", "version": "2"}]
    with pytest.raises(HeadgateError, match="MLflow says otherwise: data"):
        lineage("https://mlflow.example", VERSION, file)
    file.write_text(yaml.safe_dump({**said, "commit": "8b5f0c1"}))
    with pytest.raises(HeadgateError, match="this is no lineage"):
        lineage("https://mlflow.example", bare, file)


def test_thresholds_are_ours_and_numbers_the_runs(tmp_path: Path) -> None:
    """A `value` that is written stays; a metric that was not logged is named."""
    file = tmp_path / "evaluation.yaml"
    said = {
        "data": {"name": "held-out", "version": "2026-02"},
        "quality": [{"name": "auc", "at_least": 0.9}, {"name": "recall", "at_least": 0.5, "value": 0.7}],
        "fairness": [{"name": "gap", "group": "age", "at_most": 0.1}],
    }
    file.write_text(yaml.safe_dump(said))
    found = evaluation(VERSION, file)
    assert [each["value"] for each in (*found["quality"], *found["fairness"])] == [0.93, 0.7, 0.04]

    file.write_text(yaml.safe_dump({**said, "quality": [{"name": "accuracy", "at_least": 0.9}]}))
    with pytest.raises(HeadgateError, match="the run has no such metric") as caught:
        evaluation(VERSION, file)
    assert (caught.value.found, caught.value.expected) == ("accuracy", "one of: auc, gap")
    file.write_text(yaml.safe_dump({**said, "quality": [{"name": "auc"}]}))
    with pytest.raises(HeadgateError, match="threshold"):
        evaluation(VERSION, file)


def mlmodel(**signature: Any) -> str:
    """Return the text of an `MLmodel` file."""
    said = {side: json.dumps(rows) for side, rows in signature.items()}
    return yaml.safe_dump({"flavors": {"python_function": {}, "onnx": {}}, "signature": said})


def test_mlmodel_tells_framework_and_tensors(tmp_path: Path) -> None:
    """Beside the files, not as one of them; a side with a type that can't be served is left out."""
    tensor = {"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 6]}}
    (tmp_path / "MLmodel").write_text(mlmodel(inputs=[tensor], outputs=[{"type": "datetime", "name": "at"}]))
    (tmp_path / ".hidden").write_text("kept")
    describe(tmp_path, [".hidden", "MLmodel"])
    source = read_source(tmp_path)

    assert [name for name, _ in source.files] == [".hidden", "MLmodel"]
    assert (source.framework, source.outputs) == ("onnx", ())
    assert [each.as_json() for each in source.inputs] == [{"name": "input-0", "datatype": "FP32", "shape": [-1, 6]}]


@pytest.mark.parametrize("text", ["flavors: [", "[]", "flavors: {}\nsignature: {inputs: '{'}", "signature: {}"])
def test_an_mlmodel_that_can_not_be_read_is_refused(tmp_path: Path, text: str) -> None:
    """Nothing is guessed."""
    (tmp_path / "MLmodel").write_text(text)

    with pytest.raises(RegistryError, match="can't be read"):
        describe(tmp_path, ["MLmodel"])


def test_a_description_that_the_model_brought_stays(tmp_path: Path) -> None:
    """It is one of its files."""
    (tmp_path / "model.json").write_text('{"framework": "onnx"}')
    describe(tmp_path, ["model.json"])

    assert (tmp_path / "model.json").read_text() == '{"framework": "onnx"}'
