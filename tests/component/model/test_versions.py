"""Model versions in a real registry: pushed once, verified, never changed, found out when tampered with."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from headgate.cli.model import model as model_command
from headgate.errors import HeadgateError
from headgate.model import IntegrityError, ModelRegistry, Reference, Registry, RegistryError, program_image
from headgate.model.artifact import FILE_DIGEST
from headgate.sandbox.layout import CHECKOUT

pytestmark = pytest.mark.component

EXAMPLE = CHECKOUT / "examples" / "models" / "fraud-score"


def stored_blob(storage: Path, digest: str) -> Path:
    """Return where the registry keeps a blob."""
    hexadecimal = digest.removeprefix("sha256:")
    return storage / "docker/registry/v2/blobs/sha256" / hexadecimal[:2] / hexadecimal / "data"


def test_a_pushed_version_is_listed_shown_verified_and_pulled(models: ModelRegistry, tmp_path: Path) -> None:
    """What comes back is what was pushed, to the byte."""
    pushed = models.push(EXAMPLE, "round/trip", "1.0.0")

    assert pushed.created
    assert "round/trip" in models.names()
    assert models.versions("round/trip") == [("1.0.0", pushed.digest)]
    assert models.show("round/trip", "1.0.0") == pushed.model
    assert models.verify("round/trip", pushed.digest) == pushed.model
    models.pull("round/trip", "1.0.0", tmp_path)
    for file in ("model.onnx", "model.json", "samples.json"):
        assert (tmp_path / file).read_bytes() == (EXAMPLE / file).read_bytes()


def test_pushing_the_same_again_changes_nothing(models: ModelRegistry) -> None:
    """A pipeline may run twice."""
    first = models.push(EXAMPLE, "same/again", "1.0.0")
    second = models.push(EXAMPLE, "same/again", "1.0.0")

    assert (first.created, second.created, first.digest) == (True, False, second.digest)


def test_a_version_never_changes(models: ModelRegistry, tmp_path: Path) -> None:
    """Other content under a version that exists is refused, and the version stays as it was."""
    standing = models.push(EXAMPLE, "never/changes", "1.0.0")
    shutil.copytree(EXAMPLE, tmp_path / "m")
    (tmp_path / "m" / "samples.json").write_text("[]")

    with pytest.raises(HeadgateError, match="push under a new version"):
        models.push(tmp_path / "m", "never/changes", "1.0.0")
    assert models.versions("never/changes") == [("1.0.0", standing.digest)]


def test_versions_are_listed_in_their_order(models: ModelRegistry) -> None:
    """1.10.0 comes after 1.9.0, and a release after its candidates."""
    for version in ("1.10.0", "1.9.0", "1.10.0-rc.1"):
        models.push(EXAMPLE, "in/order", version)

    assert [version for version, _ in models.versions("in/order")] == ["1.9.0", "1.10.0-rc.1", "1.10.0"]


def test_a_tampered_blob_is_found_by_verify_and_pull(models: ModelRegistry, running: Any, tmp_path: Path) -> None:
    """Whoever can write the registry's storage still can't change a model unseen."""
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "weights.bin").write_bytes(b"honest weights" * 100)
    pushed = models.push(tmp_path / "m", "tampered/blob", "1.0.0")
    blob = stored_blob(running.storage, pushed.model.files[0].layer.digest)
    blob.write_bytes(blob.read_bytes().replace(b"honest", b"forged"))

    with pytest.raises(IntegrityError, match="not what its digest says"):
        models.verify("tampered/blob", "1.0.0")
    with pytest.raises(IntegrityError):
        models.pull("tampered/blob", "1.0.0", tmp_path / "out")
    assert not (tmp_path / "out" / "weights.bin").exists()


def test_a_tampered_manifest_is_found(models: ModelRegistry, running: Any) -> None:
    """A manifest fetched by digest is checked against it."""
    pushed = models.push(EXAMPLE, "tampered/manifest", "1.0.0")
    blob = stored_blob(running.storage, pushed.digest)
    blob.write_bytes(blob.read_bytes().replace(b"1.0.0", b"6.6.6"))

    with pytest.raises(HeadgateError):
        models.show("tampered/manifest", pushed.digest)


def test_a_manifest_that_lies_about_a_file_is_found(models: ModelRegistry, registry: Registry) -> None:
    """The digest of the file inside the layer is checked too, not only the layer's."""
    pushed = models.push(EXAMPLE, "lying/manifest", "1.0.0")
    document = json.loads(registry.manifest("models/lying/manifest", pushed.digest).raw)
    document["layers"][0]["annotations"][FILE_DIGEST] = "sha256:" + "0" * 64
    forged = registry.put_manifest("models/lying/manifest", document)

    with pytest.raises(IntegrityError, match="not what the manifest says"):
        models.verify("lying/manifest", forged.descriptor.digest)


def test_what_is_not_there_is_said_so(models: ModelRegistry) -> None:
    """An unknown model and version end in 404 with the command that lists what there is."""
    with pytest.raises(RegistryError, match="headgate model list") as caught:
        models.show("nobody/knows", "1.0.0")

    assert caught.value.not_found
    assert models.versions("nobody/knows") == []


def test_statements_are_attached_and_found_by_their_type(models: ModelRegistry) -> None:
    """Referrers work on a registry without the referrers API, twice the same is once, and are no versions."""
    pushed = models.push(EXAMPLE, "with/statements", "1.0.0")
    card = models.attach("with/statements", "1.0.0", "application/vnd.card", b"# card", "text/markdown")
    models.attach("with/statements", "1.0.0", "application/vnd.card", b"# card", "text/markdown")
    signature = models.attach("with/statements", "1.0.0", "application/vnd.signature", b"sig", "text/plain")

    found = models.referrers("with/statements", pushed.digest)

    assert {row.digest for row in found} == {card.digest, signature.digest}
    assert models.referrers("with/statements", pushed.digest, "application/vnd.signature") == [signature]
    assert models.read_statement("with/statements", signature) == b"sig"
    assert models.versions("with/statements") == [("1.0.0", pushed.digest)]


def test_an_image_has_in_a_registry_the_digest_that_it_was_built_with(registry: Registry) -> None:
    """What a stack file names before the push is what the registry has after it."""
    image = program_image("opa", "1.22.0")

    reference = Reference.parse(image.push(registry))

    assert reference == Reference(registry.login_server, "runtimes/opa", None, image.digest)
    assert registry.digest("runtimes/opa", image.digest) == image.digest


def test_the_command_line_pushes_lists_shows_verifies_and_pulls(running: Any, tmp_path: Path) -> None:
    """Each command's JSON names the same digest, and `digest` knew it before."""

    def run(*arguments: str) -> object:
        result = CliRunner().invoke(model_command, [*arguments, "--json"], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return json.loads(result.output)

    at = ("--registry", running.login_server)
    name = ("--name", "by/command", "--version", "2.1.0")
    known = run("digest", str(EXAMPLE), *name)
    pushed = run("push", str(EXAMPLE), *name, *at, "--ledger", str(tmp_path.with_name("ledger")))
    listed = run("list", "--name", "by/command", *at)

    assert pushed == {
        **known,
        "created": True,
        "reference": f"{running.login_server}/models/by/command@{known['digest']}",
    }
    assert listed == [{"name": "by/command", "version": "2.1.0", "digest": known["digest"]}]
    shown = run("show", "by/command@2.1.0", *at)
    assert isinstance(shown, dict)
    assert (shown.pop("proofs")["stage"], shown.pop("uses"), shown) == ("candidate", [], known)
    assert run("verify", "by/command", "2.1.0", "--content", *at) == {"verified": True, **known}
    assert run("pull", "by/command", "2.1.0", "--to", str(tmp_path), *at) == known
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.json", "model.onnx", "samples.json"]


def test_a_tag_that_was_moved_to_another_version_is_refused(models: ModelRegistry, tmp_path: Path) -> None:
    """By whoever asks for the version; by its digest it is there as ever."""
    old = models.push(EXAMPLE, "moved/tag", "1.0.0")
    document = models.registry.manifest("models/moved/tag", old.digest).document
    models.registry.put_manifest("models/moved/tag", document, tag="2.0.0")

    for ask in (models.show, models.verify, lambda name, tag: models.pull(name, tag, tmp_path)):
        with pytest.raises(RegistryError, match="names another version") as told:
            ask("moved/tag", "2.0.0")
        assert told.value.found == f"moved/tag 1.0.0, {old.digest}"
    assert models.show("moved/tag", old.digest) == old.model
    assert list(tmp_path.iterdir()) == []
