"""Stand-in container images: real OCI images with a real digest, whose content no container engine here runs.

The runtime's image carries the serving source, so that a Deployment can name its runtime by digest. A program's image
stands for a program that the sandbox starts as a process of its own (its repository's last part names the program:
`opa`). Both depend on nothing but their content, so a digest in a stack file stays right on every machine.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate.model.artifact import EPOCH
from headgate.model.content import END_OF_TAR, BytesContent, tar_header, tar_padding
from headgate.model.descriptor import (
    CREATED,
    IMAGE_CONFIG,
    IMAGE_LAYER,
    TITLE,
    VERSION,
    Descriptor,
    digest_of,
    manifest_of,
)
from headgate.model.errors import RegistryError
from headgate.model.registry import Registry, canonical

RUNTIME = "oip-server"
# Of the image, not of the library: it changes when `runtime.py` does.
RUNTIME_VERSION = "1.0.0"
NOBODY = "65532:65532"
SIMULATED = "simulated-"


@dataclass(frozen=True)
class Image:
    """A linux/amd64 image of one layer, built and not yet anywhere."""

    repository: str
    version: str
    layer: BytesContent
    config: BytesContent

    def manifest(self) -> dict[str, Any]:
        """Return the image's manifest."""
        return manifest_of(
            Descriptor(IMAGE_CONFIG, self.config.digest, self.config.size),
            [Descriptor(IMAGE_LAYER, self.layer.digest, self.layer.size)],
            annotations={CREATED: EPOCH, TITLE: self.repository, VERSION: self.version},
        )

    @property
    def digest(self) -> str:
        """The digest that it has in every registry."""
        return digest_of(canonical(self.manifest()))

    def push(self, registry: Registry) -> str:
        """Upload what is missing, and return the reference by digest."""
        registry.push_content(self.repository, self.layer, IMAGE_LAYER)
        registry.push_content(self.repository, self.config, IMAGE_CONFIG)
        registry.put_manifest(self.repository, self.manifest(), tag=self.version)
        return f"{registry.login_server}/{self.repository}@{self.digest}"


def build_image(repository: str, files: Mapping[str, bytes], config: Mapping[str, Any], version: str) -> Image:
    """Return an image of some files."""
    layer = BytesContent(_layer(files))
    document = {
        "architecture": "amd64",
        "os": "linux",
        "created": EPOCH,
        "config": {**config, "Labels": {"org.opencontainers.image.version": version}},
        "rootfs": {"type": "layers", "diff_ids": [layer.digest]},
    }
    return Image(repository, version, layer, BytesContent(canonical(document)))


def runtime_image(name: str = RUNTIME, version: str = RUNTIME_VERSION) -> Image:
    """Return the serving runtime's image: `runtimes/<name>` with the source in /app."""
    source = Path(__file__).with_name("runtime.py").read_bytes()
    config = {"Entrypoint": ["python", "/app/serve.py"], "User": NOBODY, "WorkingDir": "/app"}
    return build_image(f"runtimes/{name}", {"app/serve.py": source}, config, version)


def program_image(name: str, version: str, repository: str | None = None) -> Image:
    """Return the image of a program that the sandbox runs itself."""
    where = repository or f"runtimes/{name}"
    if where.rpartition("/")[2] != name:
        raise RegistryError("the repository must end in the program's name", found=where, expected=f"…/{name}")
    note = f"{name} {version}: the sandbox runs this program from its own tools; this image only has its digest.\n"
    return build_image(where, {"README": note.encode()}, {"Entrypoint": [f"/{name}"], "User": NOBODY}, version)


def simulated_image(name: str, version: str = RUNTIME_VERSION) -> Image:
    """Return the image of a program that the sandbox only pretends to run, and whose name says so."""
    if not name.startswith(SIMULATED):
        raise RegistryError("what is simulated must say so in its name", found=name, expected=f"{SIMULATED}…")
    note = f"{name} {version}: nothing runs; the sandbox answers, or ends the job, in its place.\n"
    config = {"Entrypoint": [f"/{name}"], "User": NOBODY}
    return build_image(f"runtimes/{name}", {"README": note.encode()}, config, version)


def push_runtime_image(registry: Registry, *, name: str = RUNTIME, version: str = RUNTIME_VERSION) -> str:
    """Push the serving runtime and return its reference by digest."""
    return runtime_image(name, version).push(registry)


def push_program_image(registry: Registry, name: str, *, version: str, repository: str | None = None) -> str:
    """Push a program's image and return its reference by digest."""
    return program_image(name, version, repository).push(registry)


def _layer(files: Mapping[str, bytes]) -> bytes:
    """Return a tar of files, the same on every machine: sorted, without owners or times, not compressed.

    Compression would tie the digest to one compressor's version; a few kilobytes do not need it.
    """
    buffer = io.BytesIO()
    for name in sorted(files):
        buffer.write(tar_header(name, len(files[name])) + files[name] + tar_padding(len(files[name])))
    buffer.write(END_OF_TAR)
    return buffer.getvalue()
