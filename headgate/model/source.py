"""What is pushed: a file, or a directory with a `model.json` that says framework, schema and its files."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate.model.artifact import TensorSpec, checked_path
from headgate.model.errors import RegistryError

DESCRIPTION = "model.json"
_LONGEST = 64
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
    names = _named(described, path / DESCRIPTION) or _lying(path)
    files = tuple((checked_path(name, str(path)), _regular(path, name)) for name in sorted(names))
    if not files:
        raise RegistryError(
            "the model's directory is empty",
            where=str(path),
            found="no regular file whose name begins without a dot",
            expected="the model's files, with or without a model.json that describes them",
            fix="name the directory that has them",
        )
    framework = _framework(described, path / DESCRIPTION) or next(
        (FRAMEWORKS[file.suffix] for _, file in files if file.suffix in FRAMEWORKS), "unknown"
    )
    return Source(files, framework, _tensors(described, "inputs", path), _tensors(described, "outputs", path))


def _description(path: Path) -> dict[str, Any]:
    file = path / DESCRIPTION
    if not file.exists():
        return {}
    try:
        document = json.loads(file.read_text())
    except OSError as error:
        raise _unreadable(file, error) from error
    except RecursionError:
        raise _description_wrong(file, ValueError("nested too deeply")) from None
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
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise RegistryError(
            f"the model's {key} are wrong",
            where=str(path / DESCRIPTION),
            found=repr(error),
            expected='[{"name": "features", "datatype": "FP32", "shape": [-1, 6]}]',
            fix="correct the file, or leave them out",
        ) from error


def _named(described: dict[str, Any], file: Path) -> list[str]:
    """Return the files that a description names; none where it leaves that to what lies there."""
    names = described.get("files")
    if names is None:
        return []
    is_list = isinstance(names, list) and all(isinstance(name, str) for name in names)
    if not is_list or len(set(names)) != len(names):
        raise RegistryError(
            "the model's files are wrong",
            where=str(file),
            found=f"`files`: {names!r:.80}",
            expected='a list of paths, each once: ["model.onnx", "vocabulary.txt"]',
            fix="correct the file, or leave them out",
        )
    return [str(name) for name in names]


def _framework(described: dict[str, Any], file: Path) -> str:
    """Return the framework that a description names, if it does: a word, which people and rules read."""
    name = described.get("framework")
    if name is None or (isinstance(name, str) and name.isprintable() and len(name) <= _LONGEST):
        return name or ""
    raise RegistryError(
        "the model's framework is wrong",
        where=str(file),
        found=f"`framework`: {name!r:.80}",
        expected=f"a word of at most {_LONGEST} characters, such as onnx",
        fix="correct the file, or leave it out",
    )


def _lying(directory: Path) -> list[str]:
    """Return whatever lies in a directory but hidden files: what can't be pushed is refused, and never left out."""

    def refuse(error: OSError) -> None:
        raise _unreadable(directory, error) from error

    found: list[str] = []
    for folder, folders, files in os.walk(directory, onerror=refuse):
        here = Path(folder)
        # A link to a folder is no folder: nothing behind it would come along.
        links = [name for name in folders if (here / name).is_symlink()]
        found += [str((here / name).relative_to(directory)) for name in (*files, *links)]
    return [name for name in found if not _hidden(Path(name))]


def _unreadable(path: Path, error: OSError) -> RegistryError:
    """Return the error of what this user may not read."""
    return RegistryError(
        "the model can't be read",
        where=str(error.filename or path),
        found=error.strerror or str(error),
        expected="files and folders that you may read",
        fix="correct the owner or the mode",
    )


def _regular(directory: Path, name: str) -> Path:
    """Return a file that is one: a link could carry anything of the machine into the registry."""
    file = directory / name
    if not _is_text(name):
        raise RegistryError(
            "the name of a file of the model is no text",
            where=str(directory),
            found=repr(name),
            expected="UTF-8",
            fix="rename the file",
        )
    if file.is_symlink() or not file.is_file() or not file.resolve().is_relative_to(directory.resolve()):
        raise RegistryError(
            "a file of the model is missing, or is a link or a pipe",
            where=str(file),
            expected="a regular file in the directory",
            fix="put the file there itself, or name the files that count in `files` of model.json",
        )
    return file


def _is_text(name: str) -> bool:
    """Say whether a file's name can be written down."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _hidden(relative: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in relative.parts)
