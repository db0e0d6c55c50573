"""What is pushed: a file, or a directory with a `model.json` that says framework, schema and its files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate.model.artifact import TensorSpec, checked_path
from headgate.model.errors import RegistryError

DESCRIPTION = "model.json"
FRAMEWORKS = {".onnx": "onnx"}


@dataclass(frozen=True)
class Source:
    """Files to push, by their path in the volume, and what they are."""

    files: tuple[tuple[str, Path], ...]
    framework: str
    inputs: tuple[TensorSpec, ...] = ()
    outputs: tuple[TensorSpec, ...] = ()


def read_source(path: Path) -> Source:
    """Read a directory or a single file."""
    if path.is_file():
        return Source(((path.name, path),), FRAMEWORKS.get(path.suffix, "unknown"))
    if not path.is_dir():
        raise RegistryError(
            "there is no model",
            where=str(path),
            expected="a file, or a directory with model.json",
            fix="correct the path",
        )
    described = _description(path)
    names = described.get("files") or sorted(
        str(file.relative_to(path))
        for file in path.rglob("*")
        if file.is_file() and not _hidden(file.relative_to(path))
    )
    files = tuple((checked_path(str(name), str(path)), _regular(path, str(name))) for name in sorted(names))
    if not files:
        raise RegistryError(
            "the model's directory is empty",
            where=str(path),
            found="no regular file whose name begins without a dot",
            expected="the model's files, with or without a model.json that describes them",
            fix="name the directory that has them",
        )
    framework = described.get("framework") or next(
        (FRAMEWORKS[file.suffix] for _, file in files if file.suffix in FRAMEWORKS), "unknown"
    )
    return Source(files, str(framework), _tensors(described, "inputs", path), _tensors(described, "outputs", path))


def _description(path: Path) -> dict[str, Any]:
    file = path / DESCRIPTION
    if not file.exists():
        return {}
    try:
        document = json.loads(file.read_text())
    except ValueError as error:
        raise _description_wrong(file, error) from error
    if not isinstance(document, dict):
        raise _description_wrong(file, ValueError(f"a JSON {type(document).__name__}"))
    return document


def _description_wrong(file: Path, error: ValueError) -> RegistryError:
    """Return the error of a description that can't be used, with its line where that is known."""
    line = f":{error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
    return RegistryError(
        "the model's description is no JSON object",
        where=f"{file}{line}",
        found="text that is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error),
        expected='an object such as {"framework": "onnx"}; every field may be left out',
        fix="correct the file, or leave it out",
    )


def _tensors(described: dict[str, Any], key: str, path: Path) -> tuple[TensorSpec, ...]:
    try:
        return tuple(TensorSpec.from_json(row) for row in described.get(key, ()))
    except (KeyError, TypeError, ValueError) as error:
        raise RegistryError(
            f"the model's {key} are wrong",
            where=str(path / DESCRIPTION),
            found=repr(error),
            expected='[{"name": "features", "datatype": "FP32", "shape": [-1, 6]}]',
            fix="correct the file, or leave them out",
        ) from error


def _regular(directory: Path, name: str) -> Path:
    """Return a file that is one: a link could carry anything of the machine into the registry."""
    file = directory / name
    if file.is_symlink() or not file.is_file() or not file.resolve().is_relative_to(directory.resolve()):
        raise RegistryError(
            "a file of the model is missing or is a link",
            where=str(file),
            expected="a regular file in the directory",
            fix="put the file there itself, or correct `files` of model.json",
        )
    return file


def _hidden(relative: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in relative.parts)
