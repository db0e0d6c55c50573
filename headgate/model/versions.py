"""Model versions in a registry: push once, list, show, verify, pull. A version's tag, once given, never moves."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate.errors import HeadgateError
from headgate.model import artifact, news, referrers
from headgate.model.artifact import ModelFile, ModelVersion
from headgate.model.blobs import check
from headgate.model.content import BytesContent, FileLayer, Passing
from headgate.model.descriptor import IMAGE_CONFIG, IMAGE_LAYER, Descriptor, digest_of
from headgate.model.errors import IntegrityError, UnfitError
from headgate.model.fetch import fetch
from headgate.model.layers import HashedStream, digest_in_layer, file_digest
from headgate.model.registry import Registry, canonical
from headgate.model.source import read_source

MODELS = "models/"
# Whether a large file is there already is guessed by so many versions, places of the file, and bytes at each.
_VERSIONS_COMPARED, _PARTS_COMPARED, _COMPARED = 5, 8, 4096


@dataclass(frozen=True)
class Pushed:
    """What a push made or found: the reference to put into a stack file."""

    reference: str
    digest: str
    created: bool
    model: ModelVersion


@dataclass(frozen=True)
class Built:
    """A version ready to push. Making one needs no registry, so a digest can be known first."""

    model: ModelVersion
    layers: tuple[FileLayer, ...]
    config: BytesContent
    manifest: Mapping[str, Any]


@dataclass(frozen=True)
class Draft:
    """A version whose files nobody need have read yet."""

    model: ModelVersion
    layers: tuple[FileLayer, ...]

    @classmethod
    def of(cls, path: Path, name: str, version: str, passed: Sequence[Passing] = ()) -> Draft:
        """Return what a file or directory is to become; `passed` are the hashes of files as they were written."""
        source, known = read_source(path), {each.name: each for each in passed}
        named = artifact.checked_name(name), artifact.checked_version(version)
        layers = tuple(FileLayer(file, inside, known.get(inside)) for inside, file in source.files)
        return cls(ModelVersion(*named, source.framework, source.inputs, source.outputs), layers)

    def built(self) -> Built:
        """Return the version; what was not read yet is read for its digest."""
        model, layers = self.model, self.layers
        config = BytesContent(artifact.image_config(model, layers))
        document = artifact.manifest(model, Descriptor(IMAGE_CONFIG, config.digest, config.size), layers)
        read = artifact.read_version(document, config.data, digest_of(canonical(document)))
        return Built(read, layers, config, document)


def build(path: Path, name: str, version: str, passed: Sequence[Passing] = ()) -> Built:
    """Build a version from a file or directory."""
    return Draft.of(path, name, version, passed).built()


class ModelRegistry:
    """The model versions of one registry."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def push(self, path: Path, name: str, version: str) -> Pushed:
        """Push a file or directory as `version`; the same content again is a no-op, other content is refused.

        A large file is read once: it is hashed while it is sent.
        """
        draft = Draft.of(path, name, version)
        if self.registry.digest(draft.model.repository, version) is None:
            self._send_unread(draft)
        return self.publish(draft.built())

    def _send_unread(self, draft: Draft) -> None:
        """Send the large files that no earlier version has, as far as one can tell without reading them."""
        repository, blobs = draft.model.repository, self.registry.blobs
        large = [layer for layer in draft.layers if blobs.is_large(layer)]
        known = self._layers_before(repository) if large else []
        for layer in large:
            alike = [each for each in known if each.size == layer.size]
            # To send what is there takes longer than to read it for its digest.
            if not any(self._seems_the_same(repository, each, layer) for each in alike):
                blobs.send(repository, layer)

    def _layers_before(self, repository: str) -> list[Descriptor]:
        """Return what the newest versions of a model consist of."""
        newest = sorted(self._tags(repository), key=_order)[-_VERSIONS_COMPARED:]
        rows = [row for tag in newest for row in self.registry.manifest(repository, tag).document.get("layers", ())]
        return [Descriptor.from_json(row, repository) for row in rows]

    def _seems_the_same(self, repository: str, there: Descriptor, layer: FileLayer) -> bool:
        """Compare some of both: weights that were trained anew have the same size, and other bytes all over."""
        places = [layer.size * part // _PARTS_COMPARED for part in range(1, _PARTS_COMPARED)]
        found = ((self.registry.blobs.piece(repository, there, at, _COMPARED), at) for at in places)
        return all(piece in (None, layer.piece(at, _COMPARED)) for piece, at in found)

    def publish(self, built: Built, before: Callable[[], None] = lambda: None) -> Pushed:
        """Push a version that was built; `before` is called when something is about to be written."""
        model, registry, version = built.model, self.registry, built.model.version
        standing = registry.digest(model.repository, version)
        self._refuse_change(model, standing)
        if standing is None:
            before()
            for layer in built.layers:
                registry.push_content(model.repository, layer, IMAGE_LAYER)
            registry.push_content(model.repository, built.config, IMAGE_CONFIG)
            registry.put_manifest(model.repository, built.manifest, tag=version)
            # A registry can't make a tag conditional: read back, so that two racing pushes can't both believe they won.
            self._refuse_change(model, registry.digest(model.repository, version))
            news.announce(registry, model.name)
        reference = f"{registry.login_server}/{model.repository}@{model.digest}"
        return Pushed(reference, model.digest, standing is None, model)

    def _refuse_change(self, model: ModelVersion, standing: str | None) -> None:
        if standing in (None, model.digest):
            return
        raise HeadgateError(
            "this version exists with other content, and a version never changes",
            where=f"{self.registry.login_server}/{model.repository}:{model.version}",
            found=str(standing),
            expected=model.digest,
            fix="push under a new version",
        )

    def names(self) -> list[str]:
        """Return the names of the models that the registry holds."""
        found = (name.removeprefix(MODELS) for name in self.registry.repositories() if name.startswith(MODELS))
        return [name for name in found if artifact.is_name(name)]  # what has another name holds no models

    def versions(self, name: str) -> list[tuple[str, str]]:
        """Return (version, digest) of one model, oldest first."""
        repository = MODELS + artifact.checked_name(name)
        return [
            (tag, self.registry.digest(repository, tag) or "") for tag in sorted(self._tags(repository), key=_order)
        ]

    def _tags(self, repository: str) -> list[str]:
        """Return the tags that are versions: those of statements about one begin with its digest."""
        return [tag for tag in self.registry.tags(repository) if not tag.startswith("sha256-")]

    def show(self, name: str, reference: str) -> ModelVersion:
        """Return one version, by its version or its digest; a tag that was moved to another one is refused."""
        found = self.read(MODELS + artifact.checked_name(name), reference)
        if not reference.startswith("sha256:") and (found.name, found.version) != (name, reference):
            raise UnfitError(
                "the tag names another version than it says",
                where=f"{self.registry.login_server}/{MODELS}{name}:{reference}",
                found=f"{found.name} {found.version}, {found.digest}",
                expected=f"{name} {reference}",
                fix="name the version by its digest, and find out who moved the tag",
            )
        return found

    def read(self, repository: str, reference: str) -> ModelVersion:
        """Read a version's manifest and configuration, both verified by digest."""
        stored = self.registry.manifest(repository, reference)
        if not isinstance(stored.document.get("config"), dict):
            raise UnfitError("not a model version", where=stored.descriptor.digest, expected="a manifest of an image")
        config = self.registry.blobs.read(repository, Descriptor.from_json(stored.document["config"], repository))
        return artifact.read_version(stored.document, config, stored.descriptor.digest)

    def verify(self, name: str, reference: str) -> ModelVersion:
        """Download everything again and check every digest, the files' inside their layers too."""
        model = self.show(name, reference)
        for file in model.files:
            self._verify_file(MODELS + name, file)
        return model

    def _verify_file(self, repository: str, file: ModelFile) -> None:
        layer = HashedStream(self.registry.blobs.stream_whole(repository, file.layer))
        try:
            found = digest_in_layer(layer, file)
        except tarfile.TarError as error:
            found = f"no tar archive ({error})"
        layer.drain()
        check(file.layer, layer.length, layer.hexdigest, repository)
        if found != file.digest:
            raise IntegrityError(
                "a file is not what the manifest says",
                where=f"{repository}: {file.path}",
                found=found,
                expected=file.digest,
            )

    def pull(self, name: str, reference: str, target: Path) -> ModelVersion:
        """Download a version into a directory, verified; files that are there and right are kept."""
        model = self.show(name, reference)
        for file in model.files:
            self.fetch_file(MODELS + name, file, target / file.path)
        return model

    def fetch_file(self, repository: str, file: ModelFile, target: Path) -> None:
        """Bring one file to `target`, unless it is there and right."""
        if target.is_file() and file_digest(target) == file.digest:
            return
        fetch(self.registry.blobs, repository, file, target)

    def attach(
        self,
        name: str,
        reference: str,
        artifact_type: str,
        blob: bytes,
        media_type: str,
        *,
        title: str = "statement",
        created: str | None = None,
    ) -> Descriptor:
        """Attach a statement to a version: a signature, a card, an evaluation."""
        repository = MODELS + artifact.checked_name(name)
        subject = self.registry.manifest(repository, reference).descriptor
        attached = referrers.attach(
            self.registry,
            repository,
            subject,
            artifact_type,
            blob,
            media_type=media_type,
            title=title,
            created=created,
        )
        news.announce(self.registry, name)
        return attached

    def read_statement(self, name: str, referrer: Descriptor) -> bytes:
        """Return a statement's content, verified."""
        return referrers.read(self.registry, MODELS + artifact.checked_name(name), referrer)

    def referrers(self, name: str, digest: str, artifact_type: str | None = None) -> list[Descriptor]:
        """Return the statements about a version."""
        return referrers.referrers(self.registry, MODELS + artifact.checked_name(name), digest, artifact_type)


def _order(version: str) -> tuple[tuple[int, ...], bool, str]:
    numbers, dash, suffix = version.partition("-")
    parts = numbers.split(".")
    return tuple(int(part) for part in parts if part.isdigit()), not dash, suffix
