"""Stand-in container images: real OCI images with a real digest, whose content no container engine here runs.

`push_runtime_image` packs the serving source, so that a Deployment can name its runtime by digest.
`push_program_image` makes an image for a program that the sandbox starts as a process of its own (its repository's
last part names the program: `opa`).
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headgate.model.artifact import EPOCH
from headgate.model.content import END_OF_TAR, BytesContent, tar_header, tar_padding
from headgate.model.descriptor import CREATED, IMAGE_CONFIG, IMAGE_LAYER, IMAGE_MANIFEST, TITLE
from headgate.model.errors import RegistryError
from headgate.model.registry import Registry, canonical

RUNTIME = "oip-server"


def push_runtime_image(registry: Registry, source: Path, *, version: str, name: str = RUNTIME) -> str:
    """Push `runtimes/<name>` from a source tree and return its reference by digest."""
    files = {
        f"app/{file.relative_to(source)}": file.read_bytes()
        for file in sorted(source.rglob("*.py"))
        if "__pycache__" not in file.parts
    }
    if not files:
        raise RegistryError("there is no serving source", where=str(source), expected="a directory with Python files")
    config = {"Entrypoint": ["python", "/app"], "User": "65532:65532", "WorkingDir": "/app"}
    return push_image(registry, f"runtimes/{name}", files, config, version)


def push_program_image(registry: Registry, name: str, *, version: str, repository: str | None = None) -> str:
    """Push the image of a program that the sandbox runs itself, and return its reference by digest."""
    where = repository or f"runtimes/{name}"
    if where.rpartition("/")[2] != name:
        raise RegistryError("the repository must end in the program's name", found=where, expected=f"…/{name}")
    note = f"{name} {version}: the sandbox runs this program from its own tools; this image only has its digest.\n"
    config = {"Entrypoint": [f"/{name}"], "User": "65532:65532"}
    return push_image(registry, where, {"README": note.encode()}, config, version)


def push_image(
    registry: Registry, repository: str, files: Mapping[str, bytes], config: Mapping[str, Any], version: str
) -> str:
    """Push a linux/amd64 image of one layer under a tag, and return its reference by digest."""
    layer = BytesContent(_layer(files))
    image = {
        "architecture": "amd64",
        "os": "linux",
        "created": EPOCH,
        "config": {**config, "Labels": {"org.opencontainers.image.version": version}},
        "rootfs": {"type": "layers", "diff_ids": [layer.digest]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": IMAGE_MANIFEST,
        "config": registry.push_content(repository, BytesContent(canonical(image)), IMAGE_CONFIG).as_json(),
        "layers": [registry.push_content(repository, layer, IMAGE_LAYER).as_json()],
        "annotations": {CREATED: EPOCH, TITLE: repository, "org.opencontainers.image.version": version},
    }
    stored = registry.put_manifest(repository, manifest, tag=version)
    return f"{registry.login_server}/{repository}@{stored.descriptor.digest}"


def _layer(files: Mapping[str, bytes]) -> bytes:
    """Return a tar of files, the same on every machine: sorted, without owners or times, not compressed.

    Compression would tie the digest to one compressor's version; a few kilobytes do not need it.
    """
    buffer = io.BytesIO()
    for name in sorted(files):
        buffer.write(tar_header(name, len(files[name])) + files[name] + tar_padding(len(files[name])))
    buffer.write(END_OF_TAR)
    return buffer.getvalue()
