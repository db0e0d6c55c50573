"""A model reaches a pod only as the digest that the pod names, pulled and verified; otherwise the pod says why."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headgate.model import ModelRegistry, build
from headgate.sandbox.control import Control, RegionEndpoints
from headgate.sandbox.layout import StateDir

pytestmark = pytest.mark.component

Wait = Callable[[Callable[[], Any], str], Any]


def waiting(served: Any) -> dict[str, str]:
    """Return why the first container waits."""
    for pod in served.pods():
        for row in pod["status"].get("containerStatuses") or ():
            found: dict[str, str] = row["state"].get("waiting") or {}
            if found.get("reason") == "ErrImagePull":
                return found
    return {}


def test_a_pod_becomes_ready_when_its_digest_is_pushed_and_not_before(
    served: Any, models: ModelRegistry, wait: Wait, example: Path
) -> None:
    """Until then it shows ErrImagePull with the registry's answer, as on a real node."""
    digest = build(example, f"late/{served.name}", "1.0.0").model.digest
    served.deploy(f"{models.registry.login_server}/models/late/{served.name}@{digest}")
    why = wait(lambda: waiting(served), "ErrImagePull")
    assert "the registry does not have it" in why["message"]
    assert digest in why["message"]
    assert not served.ready(1)

    models.push(example, f"late/{served.name}", "1.0.0")

    wait(lambda: served.ready(1), "the pod is ready")
    (pod,) = served.pods()
    assert pod["metadata"]["annotations"]["sandbox.headgate.dev/volumes"] == "ready"
    assert "sandbox.headgate.dev/volumes-message" not in pod["metadata"]["annotations"]


@pytest.mark.parametrize("suffix", [":1.0.0", ""])
def test_a_model_named_without_a_digest_is_refused(
    served: Any, models: ModelRegistry, wait: Wait, example: Path, suffix: str
) -> None:
    """A tag can be moved; the pod says that a digest is wanted."""
    models.push(example, f"tag/{served.name}", "1.0.0")
    served.deploy(f"{models.registry.login_server}/models/tag/{served.name}{suffix}")

    why = wait(lambda: waiting(served), "ErrImagePull")

    assert "must name its model by digest" in why["message"]
    assert not served.ready(1)


def test_a_container_image_that_does_not_exist_keeps_the_pod_from_starting(
    served: Any, models: ModelRegistry, wait: Wait, example: Path
) -> None:
    """The model alone is not enough."""
    pushed = models.push(example, f"image/{served.name}", "1.0.0")
    missing = f"{models.registry.login_server}/runtimes/none@sha256:{'0' * 64}"
    served.deploy(pushed.reference, image=missing)

    why = wait(lambda: waiting(served), "ErrImagePull")

    assert "does not have the container image" in why["message"]


def test_a_registry_that_the_sandbox_does_not_have_is_not_looked_for_elsewhere(
    served: Any, models: ModelRegistry, wait: Wait, example: Path
) -> None:
    """Nothing reaches out of the sandbox."""
    pushed = models.push(example, f"elsewhere/{served.name}", "1.0.0")
    served.deploy(pushed.reference.replace(models.registry.login_server, "elsewhere.example"))

    why = wait(lambda: waiting(served), "ErrImagePull")

    assert "no registry of the sandbox has this name" in why["message"]


def test_a_tampered_blob_never_reaches_a_pod(
    served: Any, models: ModelRegistry, wait: Wait, sandbox: StateDir, tmp_path: Path, example: Path
) -> None:
    """Whoever writes the registry's storage can stop a model, not change it."""
    shutil.copytree(example, tmp_path / "m")
    (tmp_path / "m" / "samples.json").write_text(f'["honest {served.name}"]')
    pushed = models.push(tmp_path / "m", f"tampered/{served.name}", "1.0.0")
    layer = next(file.layer for file in pushed.model.files if file.path == "samples.json")
    hexadecimal = layer.digest.removeprefix("sha256:")
    storage = sandbox.root / "registry-component/docker/registry/v2/blobs/sha256"
    blob = storage / hexadecimal[:2] / hexadecimal / "data"
    blob.write_bytes(blob.read_bytes().replace(b"honest", b"forged"))

    served.deploy(pushed.reference)

    assert "not what its digest says" in wait(lambda: waiting(served), "ErrImagePull")["message"]
    assert not served.ready(1)


def test_a_model_that_was_changed_on_the_nodes_disk_is_pulled_again(
    served: Any,
    models: ModelRegistry,
    wait: Wait,
    sandbox: StateDir,
    region: RegionEndpoints,
    control: Control,
    example: Path,
) -> None:
    """The cache is verified at each use: the next pod gets the true content."""
    pushed = models.push(example, f"disk/{served.name}", "1.0.0")
    served.deploy(pushed.reference)
    wait(lambda: served.ready(1), "the pod is ready")
    file = next(file for file in pushed.model.files if file.path == "model.onnx")
    cached = sandbox.region(region.cluster) / "volumes/sha256" / file.digest.removeprefix("sha256:")
    true = cached.read_bytes()
    cached.write_bytes(b"forged")

    served.deploy(pushed.reference, replicas=2)
    wait(lambda: served.ready(2), "both pods are ready")

    assert cached.read_bytes() == true
