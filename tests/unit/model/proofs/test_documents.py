"""Forms of what is attested: refused before they are signed, with file and line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from model_shelf import CARD, EVALUATION, LINEAGE, version

from headgate.errors import HeadgateError
from headgate.model.proofs.bom import bill_of
from headgate.model.proofs.documents import Evaluation, Kind, Lineage, read_file

pytestmark = pytest.mark.unit

MODEL = version()


@pytest.mark.parametrize(("kind", "said"), [(Kind.CARD, CARD), (Kind.LINEAGE, LINEAGE), (Kind.EVALUATION, EVALUATION)])
def test_a_complete_document_is_taken_as_it_is(tmp_path: Path, kind: Kind, said: dict[str, Any]) -> None:
    """Nothing is added, and nothing falls away."""
    file = tmp_path / "said.yaml"
    file.write_text(yaml.safe_dump(said))

    assert read_file(kind, file, MODEL) == said


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Kind.CARD, {**CARD, "owners": []}),
        (Kind.CARD, {**CARD, "surprise": 1}),
        (Kind.LINEAGE, {**LINEAGE, "commit": "main"}),
        (Kind.LINEAGE, {key: value for key, value in LINEAGE.items() if key != "base_model"}),
        (Kind.EVALUATION, {**EVALUATION, "quality": [{"name": "auc", "value": 0.9}]}),
        (Kind.EVALUATION, {**EVALUATION, "quality": []}),
    ],
)
def test_an_incomplete_document_is_refused(tmp_path: Path, kind: Kind, said: dict[str, Any]) -> None:
    """A measure without a threshold passes nothing, and a branch is no commit."""
    file = tmp_path / "said.yaml"
    file.write_text(yaml.safe_dump(said))

    with pytest.raises(HeadgateError, match=r"said\.yaml"):
        read_file(kind, file, MODEL)


def test_thresholds_are_kept_from_both_sides() -> None:
    """The bound itself is good enough."""
    said = {
        **EVALUATION,
        "quality": [
            {"name": "at bound", "value": 0.9, "at_least": 0.9, "at_most": 0.9},
            {"name": "below", "value": 0.5, "at_least": 0.9},
            {"name": "above", "value": 120, "at_most": 100},
        ],
    }

    assert Evaluation.model_validate(said).missed == [
        "quality: below 0.5, at least 0.9",
        "quality: above 120, at most 100",
    ]


def test_a_bill_of_materials_names_the_model_its_files_data_and_base(tmp_path: Path) -> None:
    """What is made here is what is taken here."""
    base = "hg.azurecr.io/models/fraud/base@sha256:" + "b" * 64
    bill = bill_of(MODEL, Lineage.model_validate({**LINEAGE, "base_model": base}))
    file = tmp_path / "bom.json"
    file.write_text(json.dumps(bill))

    assert read_file(Kind.BOM, file, MODEL) == bill
    assert [(each["type"], each["name"]) for each in bill["components"]] == [
        ("file", "model.json"),
        ("file", "weights/a.bin"),
        ("machine-learning-model", "hg.azurecr.io/models/fraud/base"),
    ]


@pytest.mark.parametrize(
    "change",
    [{"bomFormat": "SPDX"}, {"specVersion": "1.4"}, {"metadata": {}}, {"metadata": {"component": {"name": "other"}}}],
)
def test_a_bill_of_another_model_or_form_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    """The bill has to be this version's."""
    file = tmp_path / "bom.json"
    file.write_text(json.dumps({**bill_of(MODEL, None), **change}))

    with pytest.raises(HeadgateError, match="not a bill of materials of this version"):
        read_file(Kind.BOM, file, MODEL)
