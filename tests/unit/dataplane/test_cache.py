"""Models on a region's disk: pulled once, shared, never believed without verification."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from headgate.model import Registry, RegistryError, UnusableReferenceError
from headgate.model.layers import file_digest
from headgate.model.versions import Built
from headgate.sandbox.dataplane.cache import ModelCache

pytestmark = pytest.mark.unit


def cache_of(registry: Any, directory: Path) -> ModelCache:
    """Return a cache in front of a registry."""
    return ModelCache(directory, lambda _: cast(Registry, registry))


def test_a_model_is_pulled_once_and_then_comes_from_disk(registry: Any, example: Built, tmp_path: Path) -> None:
    """The second pod, and a data plane that starts again, ask the registry for nothing."""
    reference = registry.add(example)
    first = cache_of(registry, tmp_path).ensure(reference)
    registry.away = True

    again = cache_of(registry, tmp_path).ensure(reference)

    assert (again, again.digest) == (first, example.model.digest)
    assert {name: file_digest(path) for name, path in again.files.items()} == {
        file.path: file.digest for file in example.model.files
    }
    assert again.size == sum(file.size for file in example.model.files)


def test_versions_share_the_files_that_are_equal(registry: Any, example: Built, tmp_path: Path) -> None:
    """A blob's name is its digest: the same weights lie there once."""
    from headgate.model import build
    from headgate.sandbox.layout import CHECKOUT

    other = build(CHECKOUT / "examples/models/fraud-score", "fraud/fraud-score", "1.0.1")
    cache = cache_of(registry, tmp_path)
    cache.ensure(registry.add(example))
    before = len(registry.blobs.downloads)

    cache.ensure(registry.add(other))

    assert len(registry.blobs.downloads) == before


@pytest.mark.parametrize("broken", ["model.onnx", "manifest", "config"])
def test_what_was_changed_on_disk_is_pulled_again(registry: Any, example: Built, tmp_path: Path, broken: str) -> None:
    """Weights, manifest or configuration: each is verified at each use."""
    reference = registry.add(example)
    cache = cache_of(registry, tmp_path)
    files = {file.path: file.digest for file in example.model.files}
    digest = {"manifest": example.model.digest, "config": example.config.digest, **files}[broken]
    cache.ensure(reference)
    path = tmp_path / "sha256" / digest.removeprefix("sha256:")
    true = path.read_bytes()
    path.write_bytes(b'{"forged": true}')

    found = cache.ensure(reference)

    assert path.read_bytes() == true
    assert found.version == example.model


def test_a_forged_file_on_disk_is_not_used_while_the_registry_is_away(
    registry: Any, example: Built, tmp_path: Path
) -> None:
    """Better no pod than a pod with other weights."""
    reference = registry.add(example)
    cache = cache_of(registry, tmp_path)
    cache.ensure(reference)
    (tmp_path / "sha256" / example.model.digest.removeprefix("sha256:")).write_bytes(b"forged")
    registry.away = True

    with pytest.raises(RegistryError, match="does not answer"):
        cache.ensure(reference)


@pytest.mark.parametrize("reference", ["reg.example/models/a/b:1.0.0", "reg.example/models/a/b", "nonsense"])
def test_a_reference_without_a_digest_is_unusable(registry: Any, tmp_path: Path, reference: str) -> None:
    """The registry is not even asked."""
    with pytest.raises(UnusableReferenceError):
        cache_of(registry, tmp_path).ensure(reference)
    assert registry.asked == 0
