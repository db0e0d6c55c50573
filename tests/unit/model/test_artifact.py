"""A version's manifest: reproducible, usable as an image volume, and closed to names that lead elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from headgate.model import RegistryError, TensorSpec, build
from headgate.model.artifact import MODEL_TYPE, checked_name, checked_version, read_version
from headgate.sandbox.layout import CHECKOUT

pytestmark = pytest.mark.unit

EXAMPLE = CHECKOUT / "examples" / "models" / "fraud-score"


def test_the_example_has_the_digest_that_the_stack_files_name() -> None:
    """A stack file names what was judged: the example must not change without it."""
    stacks = [
        yaml.safe_load(path.read_text())["config"]["headgate:team"]
        for path in sorted((CHECKOUT / "stacks").glob("Pulumi.fraud-*.yaml"))
    ]
    named = {model["digest"] for stack in stacks for model in stack["models"] if model["version"] == "1.0.0"}

    assert {build(EXAMPLE, "fraud/fraud-score", "1.0.0").model.digest} == named


def test_a_container_runtime_can_mount_a_version() -> None:
    """It is an OCI image: its configuration lists each layer's diff_id, which for plain tars is the digest."""
    built = build(EXAMPLE, "fraud/fraud-score", "1.0.0")

    config = json.loads(built.config.data)
    assert built.manifest["artifactType"] == MODEL_TYPE
    assert built.manifest["config"]["mediaType"] == "application/vnd.oci.image.config.v1+json"
    assert {row["mediaType"] for row in built.manifest["layers"]} == {"application/vnd.oci.image.layer.v1.tar"}
    assert config["rootfs"]["diff_ids"] == [row["digest"] for row in built.manifest["layers"]]


def test_a_version_says_what_it_is() -> None:
    """Name, version, framework, schema and files come back from manifest and configuration."""
    model = build(EXAMPLE, "fraud/fraud-score", "1.0.0").model

    assert (model.name, model.version, model.framework) == ("fraud/fraud-score", "1.0.0", "onnx")
    assert model.inputs == (TensorSpec("features", "FP32", (-1, 6)),)
    assert model.outputs == (TensorSpec("score", "FP32", (-1, 1)),)
    assert [file.path for file in model.files] == ["model.json", "model.onnx", "samples.json"]


def test_another_version_number_is_another_digest() -> None:
    """Version and name are content: a retagged manifest can't pose as another version."""
    digests = {build(EXAMPLE, name, version).model.digest for name in ("a/b", "a/c") for version in ("1.0.0", "1.0.1")}

    assert len(digests) == 4


@pytest.mark.parametrize("path", ["../up", "/etc/passwd", "a/../../b", "a//b", "", "./a", "a\\b", "a\0b"])
def test_a_manifest_whose_file_leaves_the_volume_is_refused(path: str) -> None:
    """A manifest from elsewhere can't write outside the directory that it is unpacked into."""
    built = build(EXAMPLE, "fraud/fraud-score", "1.0.0")
    document = json.loads(json.dumps(built.manifest))
    document["layers"][0]["annotations"]["dev.headgate.file"] = path

    with pytest.raises(RegistryError, match="leaves the model's directory"):
        read_version(document, built.config.data, "sha256:" + "0" * 64)


def test_an_image_that_is_no_model_is_refused() -> None:
    """Only the artifact type says that something is a model."""
    built = build(EXAMPLE, "fraud/fraud-score", "1.0.0")

    with pytest.raises(RegistryError, match="not a model version"):
        read_version({**built.manifest, "artifactType": "other"}, built.config.data, "sha256:" + "0" * 64)


def test_a_configuration_without_a_description_is_refused() -> None:
    """A model that does not say what it is can't be served."""
    built = build(EXAMPLE, "fraud/fraud-score", "1.0.0")

    with pytest.raises(RegistryError, match="incomplete"):
        read_version(built.manifest, b'{"config": {}}', "sha256:" + "0" * 64)


@pytest.mark.parametrize("name", ["fraud", "fraud/score/x", "Fraud/score", "fraud/", "/score", "fraud/-a", "a/b\n"])
def test_a_name_is_a_team_and_a_model(name: str) -> None:
    """Whatever else could name another team's repository is refused."""
    with pytest.raises(RegistryError):
        checked_name(name)


@pytest.mark.parametrize("version", ["1", "1.0", "v1.0.0", "01.0.0", "1.0.0+build", "latest", "1.0.0-", "1.0.0\n"])
def test_a_version_is_semantic(version: str) -> None:
    """A moving tag such as `latest` is no version."""
    with pytest.raises(RegistryError):
        checked_version(version)


def test_a_link_in_the_directory_is_refused(tmp_path: Path) -> None:
    """A link could carry any file of the machine into the registry."""
    (tmp_path / "model.onnx").symlink_to("/etc/hostname")

    with pytest.raises(RegistryError):
        build(tmp_path, "a/b", "1.0.0")


@pytest.mark.parametrize(
    "description",
    ["{", "[]", '{"files": ["gone"]}', '{"files": ["../x"]}', '{"inputs": [{"name": "x"}]}'],
)
def test_a_wrong_description_is_refused(tmp_path: Path, description: str) -> None:
    """`model.json` is read strictly, with the file's name in the message."""
    (tmp_path / "model.json").write_text(description)

    with pytest.raises(RegistryError, match=str(tmp_path)):
        build(tmp_path, "a/b", "1.0.0")


def test_hidden_files_stay_out(tmp_path: Path) -> None:
    """Without a list of files, what an editor or git leaves is not pushed."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("x")
    (tmp_path / ".env").write_text("secret")
    (tmp_path / "m.onnx").write_bytes(b"m")

    assert [file.path for file in build(tmp_path, "a/b", "1.0.0").model.files] == ["m.onnx"]
