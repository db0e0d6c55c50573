"""What MLflow's own `MLmodel` file says of a model, as the description that a push reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from headgate.model.errors import RegistryError
from headgate.model.source import DESCRIPTION

MLMODEL = "MLmodel"
# Every model has this one beside its own.
_GENERIC = "python_function"
_TYPES = {
    "bool": "BOOL",
    "boolean": "BOOL",
    "uint8": "UINT8",
    "uint16": "UINT16",
    "uint32": "UINT32",
    "uint64": "UINT64",
    "int8": "INT8",
    "int16": "INT16",
    "int32": "INT32",
    "integer": "INT32",
    "int64": "INT64",
    "long": "INT64",
    "float16": "FP16",
    "float32": "FP32",
    "float": "FP32",
    "float64": "FP64",
    "double": "FP64",
    "string": "BYTES",
    "str": "BYTES",
    "object": "BYTES",
    "binary": "BYTES",
}


def describe(folder: Path, files: list[str]) -> None:
    """Write the description beside the files, not as one of them; one that the model brought itself stays."""
    if DESCRIPTION in files:
        return
    document = {**description(folder), "files": files}
    (folder / DESCRIPTION).write_text(json.dumps(document))


def description(folder: Path) -> dict[str, Any]:
    """Return framework, inputs and outputs, as far as the `MLmodel` file tells them."""
    file = folder / MLMODEL
    if not file.is_file():
        return {}
    try:
        said = yaml.safe_load(file.read_text(encoding="utf-8"))
        flavors = [name for name in said["flavors"] if name != _GENERIC]
        signature = said.get("signature") or {}
        tensors = {side: _tensors(json.loads(signature.get(side) or "[]"), side) for side in ("inputs", "outputs")}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, yaml.YAMLError) as error:
        raise RegistryError(
            "MLflow's description of the model can't be read", where=MLMODEL, found=repr(error)
        ) from error
    return {"framework": min(flavors, default=_GENERIC), **tensors}


def _tensors(rows: list[Mapping[str, Any]], side: str) -> list[dict[str, Any]]:
    """Return a side of a signature; nothing where a column has a type that the inference protocol does not know."""
    found = [_tensor(row, f"{side[:-1]}-{number}") for number, row in enumerate(rows)]
    known = [each for each in found if each is not None]
    return known if len(known) == len(found) else []


def _tensor(row: Mapping[str, Any], unnamed: str) -> dict[str, Any] | None:
    tensor = row.get("tensor-spec") or {}
    datatype = _TYPES.get(str(tensor.get("dtype") if tensor else row.get("type")))
    if datatype is None:
        return None
    return {"name": row.get("name") or unnamed, "datatype": datatype, "shape": tensor.get("shape", [-1])}
