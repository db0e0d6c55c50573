"""A version's manifest in a repository that is not its own, as one puts it there who may push to that one alone."""

from __future__ import annotations

from pathlib import Path

from headgate.model import ModelRegistry
from headgate.model.artifact import ModelVersion
from headgate.model.content import BytesContent
from headgate.model.descriptor import Descriptor


def copy_manifest(models: ModelRegistry, model: ModelVersion, example: Path, name: str) -> None:
    """Put it beside a version of that other model, which has the same files."""
    here, there = f"models/{model.name}", f"models/{name}"
    document = models.registry.manifest(here, model.digest).document
    models.push(example, name, "1.0.0")
    config = models.registry.blobs.read(here, Descriptor.from_json(document["config"]))
    models.registry.push_content(there, BytesContent(config), document["config"]["mediaType"])
    models.registry.put_manifest(there, document, tag="1.0.1")
