"""A model version as an OCI image manifest that both ORAS-like tools and a kubelet's image volume can use.

Each file is one tar layer of its own (so that versions share unchanged files, and a container runtime can unpack
them); name, version, framework and schema stand in the image configuration's labels. `artifactType` says that it is a
model. The layers are not compressed: weights hardly shrink, a digest must not depend on a compressor's version, and
the layer's digest is then also its `diff_id`. Nothing that varies (time, owner, order) enters, so equal content has
an equal digest on every machine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from headgate.model.content import FileLayer
from headgate.model.descriptor import CREATED, IMAGE_CONFIG, IMAGE_LAYER, TITLE, VERSION, Descriptor, manifest_of
from headgate.model.errors import UnfitError
from headgate.model.registry import canonical

MODEL_TYPE = "application/vnd.headgate.model.v1"
LABEL = "dev.headgate.model"
FILE = "dev.headgate.file"
FILE_DIGEST = "dev.headgate.file.digest"
FILE_SIZE = "dev.headgate.file.size"
EPOCH = "1970-01-01T00:00:00Z"

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# Build metadata (`+…`) is left out of semantic versions: a tag can't hold it.
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?")


def is_name(name: str) -> bool:
    """Say whether a model can have a name."""
    parts = name.split("/")
    return len(parts) == 2 and all(_NAME.fullmatch(part) for part in parts)


def checked_name(name: str) -> str:
    """Return a model's name when it is `team/model`."""
    if is_name(name):
        return name
    raise UnfitError(
        "not a model's name",
        found=name,
        expected="TEAM/MODEL in lower case, such as fraud/fraud-score",
        fix="pass --name",
    )


def checked_version(version: str) -> str:
    """Return a version when it is semantic and fits a tag."""
    if _VERSION.fullmatch(version) and len(version) <= 100:
        return version
    raise UnfitError(
        "not a semantic version",
        found=version,
        expected="MAJOR.MINOR.PATCH, such as 1.4.0 or 2.0.0-rc.1",
        fix="pass --version",
    )


@dataclass(frozen=True)
class TensorSpec:
    """An input or output: name, Open Inference Protocol data type, shape with -1 for what varies."""

    name: str
    datatype: str
    shape: tuple[int, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the form of the protocol's metadata."""
        return {"name": self.name, "datatype": self.datatype, "shape": list(self.shape)}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> TensorSpec:
        """Read the protocol's form."""
        return cls(str(row["name"]), str(row["datatype"]), tuple(int(size) for size in row["shape"]))


@dataclass(frozen=True)
class ModelFile:
    """One file of a version: its path in the volume, its own digest, and the layer that carries it."""

    path: str
    digest: str
    size: int
    layer: Descriptor


@dataclass(frozen=True)
class ModelVersion:
    """A version as its manifest and configuration say."""

    name: str
    version: str
    framework: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    digest: str = ""
    files: tuple[ModelFile, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def repository(self) -> str:
        """Where versions of this model live."""
        return f"models/{self.name}"

    def description(self) -> dict[str, Any]:
        """Return what the configuration's label holds."""
        return {
            "name": self.name,
            "version": self.version,
            "framework": self.framework,
            "inputs": [tensor.as_json() for tensor in self.inputs],
            "outputs": [tensor.as_json() for tensor in self.outputs],
        }

    def as_json(self) -> dict[str, Any]:
        """Return everything, for `--json`."""
        files = [{"path": f.path, "digest": f.digest, "size": f.size, "layer": f.layer.digest} for f in self.files]
        return {**self.description(), "digest": self.digest, "files": files}


def image_config(version: ModelVersion, layers: Sequence[FileLayer]) -> bytes:
    """Return the image configuration: what a container runtime checks, and the model's description as a label."""
    document = {
        "architecture": "amd64",
        "os": "linux",
        "created": EPOCH,
        "config": {"Labels": {LABEL: canonical(version.description()).decode()}},
        "rootfs": {"type": "layers", "diff_ids": [layer.digest for layer in layers]},
    }
    return canonical(document)


def layer_descriptor(layer: FileLayer) -> Descriptor:
    """Return what points at a file's layer; the title ends in .tar because that is what a plain download gives."""
    notes = {
        TITLE: f"{layer.name}.tar",
        FILE: layer.name,
        FILE_DIGEST: layer.file_digest,
        FILE_SIZE: str(layer.file_size),
    }
    return Descriptor(IMAGE_LAYER, layer.digest, layer.size, notes)


def manifest(version: ModelVersion, config: Descriptor, layers: Sequence[FileLayer]) -> dict[str, Any]:
    """Return the manifest of a version."""
    return manifest_of(
        Descriptor(IMAGE_CONFIG, config.digest, config.size),
        map(layer_descriptor, layers),
        artifact_type=MODEL_TYPE,
        annotations={CREATED: EPOCH, TITLE: version.name, VERSION: version.version},
    )


def read_version(document: Mapping[str, Any], config: bytes, digest: str) -> ModelVersion:
    """Read a version from its manifest and configuration; anything that is no model of ours is refused."""
    if document.get("artifactType") != MODEL_TYPE:
        raise UnfitError(
            "not a model version", where=digest, found=str(document.get("artifactType")), expected=MODEL_TYPE
        )
    try:
        label = json.loads(config)["config"]["Labels"][LABEL]
        described = json.loads(label)
        return ModelVersion(
            name=checked_name(described["name"]),
            version=checked_version(described["version"]),
            framework=str(described["framework"]),
            inputs=tuple(TensorSpec.from_json(row) for row in described["inputs"]),
            outputs=tuple(TensorSpec.from_json(row) for row in described["outputs"]),
            digest=digest,
            files=tuple(_file(row, digest) for row in document["layers"]),
            annotations=dict(document.get("annotations") or {}),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        # Whoever may push writes these: one version of another form must not end what reads them all.
        raise UnfitError("a model's manifest is incomplete", where=digest, found=repr(error)) from error


def _file(row: Mapping[str, Any], digest: str) -> ModelFile:
    layer = Descriptor.from_json(row, digest)
    path = layer.annotations[FILE]
    return ModelFile(
        checked_path(path, digest), layer.annotations[FILE_DIGEST], int(layer.annotations[FILE_SIZE]), layer
    )


def checked_path(path: str, where: str) -> str:
    """Return a file's path when it stays inside the volume."""
    parts = path.split("/")
    if path and not path.startswith("/") and not {"", ".", ".."} & set(parts) and "\0" not in path and "\\" not in path:
        return path
    raise UnfitError("a file's path leaves the model's directory", where=where, found=path)
