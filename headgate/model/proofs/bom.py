"""A version's bill of materials as CycloneDX ML-BOM, of what its manifest and lineage say. Nothing in it varies."""

from __future__ import annotations

from typing import Any

from headgate.model.artifact import ModelVersion, TensorSpec
from headgate.model.proofs.documents import Lineage


def bill_of(model: ModelVersion, lineage: Lineage | None) -> dict[str, Any]:
    """Return the bill."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "machine-learning-model",
                "bom-ref": model.digest,
                "name": model.name,
                "version": model.version,
                "purl": f"pkg:oci/{model.name.rpartition('/')[2]}@{model.digest}",
                "modelCard": {"modelParameters": _parameters(model, lineage)},
            }
        },
        "components": [*_files(model), *_base(lineage)],
    }


def _parameters(model: ModelVersion, lineage: Lineage | None) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "architectureFamily": model.framework,
        "inputs": [_tensor(each) for each in model.inputs],
        "outputs": [_tensor(each) for each in model.outputs],
    }
    if lineage:
        rows = [{"type": "dataset", "name": f"{each.name} {each.version}"} for each in lineage.data]
        parameters["datasets"] = rows
    return parameters


def _tensor(spec: TensorSpec) -> dict[str, str]:
    return {"format": f"{spec.name} {spec.datatype} {list(spec.shape)}"}


def _files(model: ModelVersion) -> list[dict[str, Any]]:
    return [
        {
            "type": "file",
            "name": file.path,
            "hashes": [{"alg": "SHA-256", "content": file.digest.removeprefix("sha256:")}],
        }
        for file in model.files
    ]


def _base(lineage: Lineage | None) -> list[dict[str, Any]]:
    if lineage is None or lineage.base_model is None:
        return []
    name, _, digest = lineage.base_model.partition("@")
    return [{"type": "machine-learning-model", "name": name, "version": digest}]
