"""What a registry knows, published signed, decides at gates P and U that can't reach the registry."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from model_shelf import CARD, EVALUATION, LINEAGE, People, agreed

from headgate.cli.check_facts import facts_of_environment
from headgate.cli.model import model as model_command
from headgate.errors import HeadgateError
from headgate.gate.published import COUNTS, Publisher
from headgate.model import ModelRegistry, Registry
from headgate.model.artifact import ModelVersion
from headgate.model.content import BytesContent
from headgate.model.descriptor import IMAGE_INDEX, IMAGE_MANIFEST, manifest_of
from headgate.model.proofs import signers as signers_file
from headgate.model.proofs.attach import Desk
from headgate.model.proofs.bom import bill_of
from headgate.model.proofs.documents import Kind
from headgate.model.proofs.signers import Signers
from headgate.model.proofs.stage import Stage
from headgate.model.proofs.standing import STAGE_TYPE, read
from headgate.model.proofs.statement import now
from headgate.model.registry import canonical
from headgate.plan import manifests
from headgate.policy import archive, remote
from headgate.policy.bundle import CHECKOUT, Bundle
from headgate.sandbox.layout import StateDir
from headgate.sandbox.rules_key import ensure_rules_key

pytestmark = pytest.mark.component

NAME = "published/score"
EXAMPLE = CHECKOUT / "examples" / "models" / "fraud-score"
RULES = ("HG-SC-003", "HG-SC-004", "HG-SC-005", "HG-SC-006")


@dataclass(frozen=True)
class Published:
    """A proven version, and the signed facts that say so."""

    registry: Registry
    model: ModelVersion
    publisher: Publisher
    file: Path
    public: Path
    stranger: Path
    policies: Path

    @property
    def tag(self) -> str:
        """Return the reference that gates follow."""
        return f"{self.registry.login_server}/{remote.FACTS}:{remote.NOW}"

    @property
    def pod(self) -> dict[str, Any]:
        """Return a workload that mounts the model."""
        reference = f"{self.registry.login_server}/models/{NAME}@{self.model.digest}"
        volumes = [{"name": "model", "image": {"reference": reference}}]
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "score", "namespace": "team-published"},
            "spec": {"volumes": volumes, "containers": []},
        }


@pytest.fixture(scope="module")
def published(running: Any, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Prove a version and publish what is known, in an environment whose registry this is."""
    folder, people = tmp_path_factory.mktemp("published"), People()
    rows = [
        signers_file.entry("trainer", people.trainer.public, ("sign", "attest"), ("published/*",)),
        signers_file.entry("manager", people.manager.public, ("promote",), ("published/*",)),
    ]
    known = Signers.model_validate({"signers": rows}, strict=False)
    registry = Registry(running.login_server)
    models = ModelRegistry(registry)
    model = models.push(EXAMPLE, NAME, "1.0.0").model
    trainer = Desk(models, people.trainer, known, now())
    trainer.sign(model)
    for kind, said in ((Kind.CARD, CARD), (Kind.LINEAGE, LINEAGE), (Kind.EVALUATION, EVALUATION)):
        trainer.attest(model, kind, said)
    trainer.attest(model, Kind.BOM, bill_of(model, None))
    for stage in (Stage.STAGING, Stage.PRODUCTION):
        Desk(models, people.manager, known, now()).move(read(models, NAME, "1.0.0", agreed(known)), stage, "it passed")
    private, public = ensure_rules_key(StateDir(folder / "key"))
    stranger = ensure_rules_key(StateDir(folder / "stranger"))[1]
    shutil.copytree(CHECKOUT / "policies", folder / "policies")
    file = folder / "policies" / "parameters" / "staging.yaml"
    parameters = yaml.safe_load(file.read_text())
    parameters["registries"]["images"] = [running.login_server]
    file.write_text(yaml.safe_dump(parameters))
    publisher = Publisher(models, lambda: agreed(known), private, output=folder / "facts.tar.gz")
    assert publisher.keep() is not None
    return Published(registry, model, publisher, folder / "facts.tar.gz", public, stranger, folder / "policies")


Check = Callable[..., tuple[int, Any]]


@pytest.fixture
def check(published: Published, tmp_path: Path) -> Check:
    """Return what runs `headgate check` over the workload: its exit code, and outcomes by rule or its error."""
    pod = tmp_path / "pod.yaml"
    pod.write_text(yaml.safe_dump(published.pod))
    environment = {name: each for name, each in os.environ.items() if not name.startswith("HEADGATE_")}

    def checked(*arguments: str, named: str = "staging", **more: str) -> tuple[int, Any]:
        only = [part for rule in RULES for part in ("--only", rule)]
        line = [
            *("--manifests", str(pod), "--environment", named, "--policies", str(published.policies), "--json"),
            *only,
        ]
        done = subprocess.run(
            [sys.executable, "-m", "headgate.cli.main", "check", *line, *arguments],
            env={**environment, "HEADGATE_STATE": str(tmp_path), "HEADGATE_SEEN": str(tmp_path / "seen"), **more},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode == 2:
            return 2, done.stdout + done.stderr
        found = json.loads(done.stdout)["results"]
        return done.returncode, {each["rule"]: (each["outcome"], each["violations"][0]["message"]) for each in found}

    return checked


def test_a_gate_that_reaches_no_registry_judges_by_what_was_published(published: Published, check: Check) -> None:
    """By a file, by the tag, and by variables: what is proven passes."""
    key = str(published.public)

    assert check("--facts", str(published.file), "--facts-key", key) == (0, {})
    assert check("--facts", published.tag, "--facts-key", key) == (0, {})
    assert check(HEADGATE_FACTS=str(published.file), HEADGATE_FACTS_KEY=key) == (0, {})


def test_who_was_told_of_nobody_is_refused(check: Check) -> None:
    """By each rule, in words that say what to name."""
    code, found = check()

    assert (code, {rule: outcome for rule, (outcome, _) in found.items()}) == (1, dict.fromkeys(RULES, "fail"))
    assert all("nobody could be asked" in message and "--facts" in message for _, message in found.values())


def test_facts_of_another_environments_registry_count_for_nothing(published: Published, check: Check) -> None:
    """Production does not believe what staging's registry says."""
    code, found = check("--facts", str(published.file), "--facts-key", str(published.public), named="prod")

    assert (code, set(found)) == (1, set(RULES))
    assert all("none of this environment's" in message for _, message in found.values())


def test_old_facts_are_no_facts(published: Published, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    """An edition that ended refuses, whoever kept it."""
    old = published.file.with_name("old.tar.gz")
    monkeypatch.setattr(published.publisher, "_output", old)
    published.publisher._publish(now() - COUNTS - datetime.timedelta(minutes=1))
    try:
        code, found = check("--facts", str(old), "--facts-key", str(published.public))
    finally:
        published.publisher._publish(now())

    assert (code, set(found)) == (1, set(RULES))
    assert all("counted until" in message for _, message in found.values())


def test_an_edition_that_was_replaced_does_not_come_back(published: Published, check: Check) -> None:
    """Signed, and not over yet: it said what a later one took back. By a file or by the tag, which anybody may move."""
    key = ("--facts-key", str(published.public))
    earlier = published.file.with_name("earlier.tar.gz")
    earlier.write_bytes(published.file.read_bytes())
    published.publisher._publish(now())
    newest = check("--facts", published.tag, *key)
    back, said = check("--facts", str(earlier), *key)
    remote.push_facts(published.registry, earlier.read_bytes())
    try:
        moved, also = check("--facts", published.tag, *key)
    finally:
        published.publisher._publish(now())

    assert (newest, back, moved) == ((0, {}), 2, 2), said
    assert "older than what was believed here before" in said
    assert "older than what was believed here before" in also


@pytest.mark.parametrize("what", ["an earlier edition", "no facts"])
def test_who_publishes_puts_back_what_was_displaced(published: Published, what: str) -> None:
    """At its next look: what clusters can be told of the past lasts as long as that."""
    publisher, earlier = published.publisher, published.file.read_bytes()
    publisher._last = None
    newest, quiet = publisher.keep(), publisher.keep()
    other = archive.sign(archive.of_data({"facts": "none"}, "none"), publisher._key)
    remote.push_facts(published.registry, earlier if what == "an earlier edition" else other)
    back = publisher.keep()

    assert newest is not None
    assert quiet is None
    assert back is not None
    assert back.serial > newest.serial
    assert remote.facts_of_now(published.registry)["serial"] == back.serial  # type: ignore[index]


@pytest.mark.parametrize("wrong", ["another key", "no key", "cut short", "nothing there", "two sources"])
def test_what_can_not_be_believed_is_not_judged(published: Published, check: Check, tmp_path: Path, wrong: str) -> None:
    """Exit code 2, with the cause: never a pass, and never a verdict."""
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(published.file.read_bytes()[:-40])
    file, key = str(published.file), str(published.public)
    arguments, cause = {
        "another key": (("--facts", file, "--facts-key", str(published.stranger)), "can't be believed"),
        "no key": (("--facts", file), "for their signature alone"),
        "cut short": (("--facts", str(cut), "--facts-key", key), "cut short"),
        "nothing there": (("--facts", "nothing.tar.gz", "--facts-key", key), "nothing.tar.gz"),
        "two sources": (("--facts", file, "--facts-key", key, "--registry", "hg.azurecr.io"), "they may differ"),
    }[wrong]
    code, said = check(*arguments)

    assert (code, cause in said) == (2, True), said


def test_the_update_is_told_by_variables_alone(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gate U has no command line; what it is told names the edition, and a key that is missing ends it."""
    rules = Bundle.find(published.policies)
    resources = manifests.from_text(yaml.safe_dump(published.pod), "pod.yaml")
    monkeypatch.delenv("HEADGATE_REGISTRY", raising=False)
    monkeypatch.setenv("HEADGATE_FACTS", published.tag)
    monkeypatch.setenv("HEADGATE_FACTS_KEY", str(published.public))
    asked = facts_of_environment(rules, None)
    assert asked is not None
    told = asked.about(resources)

    assert list(told["models"]) == [f"models/{NAME}@{published.model.digest}"]
    assert (told["registry"], isinstance(told["serial"], int)) == (published.registry.login_server, True)
    monkeypatch.delenv("HEADGATE_FACTS_KEY")
    with pytest.raises(HeadgateError, match="for their signature alone"):
        facts_of_environment(rules, None)


def test_what_others_push_beside_models_keeps_nobody_from_being_told(published: Published) -> None:
    """Things that are no models, manifests of another form, repositories of other names, statements without content."""
    registry, model = published.registry, published.model
    whole = registry.manifest(model.repository, model.digest).document
    layer = whole["layers"][0]
    odd = [
        {**whole, "artifactType": "application/vnd.example"},
        {**whole, "layers": [{**layer, "annotations": {**layer["annotations"], "dev.headgate.file": None}}]},
        {**whole, "config": registry.push_content(model.repository, BytesContent(b"[" * 100_000), "x").as_json()},
    ]
    stored = [registry.put_manifest(model.repository, each, tag=f"9.0.{at}") for at, each in enumerate(odd)]
    rows = [{"mediaType": IMAGE_MANIFEST, "digest": model.digest, "size": len(canonical(whole))}]
    index = {"schemaVersion": 2, "mediaType": IMAGE_INDEX, "manifests": rows}
    registry.put_manifest(model.repository, index, tag="9.1.0")
    for name in ("models/one", "models/a/b/c", "models/published/score.v2"):
        registry.push_empty_config(name)
        registry.put_manifest(
            name, {**whole, "layers": [], "config": registry.push_empty_config(name).as_json()}, "1.0.0"
        )
    empty = manifest_of(
        registry.push_empty_config(model.repository), [], artifact_type=STAGE_TYPE, subject=stored[0].descriptor
    )
    registry.put_manifest(model.repository, empty)

    told = published.publisher.keep()

    assert told is not None
    assert NAME in published.publisher._models.names()
    found = [each["version"] for each in published.publisher.document(now())["models"].values() if each["name"] == NAME]
    assert found == ["1.0.0"]
    line = ["list", "--name", NAME, "--stages", "--registry", registry.login_server]
    listed = CliRunner().invoke(model_command, line, standalone_mode=False).output.splitlines()
    assert [row.split(maxsplit=3)[3] for row in listed if " 9." in row] == ["no model version"] * 4


def test_a_statement_that_carries_nothing_is_a_fault_of_its_version(published: Published) -> None:
    """Told with its place, and no end of who reads it."""
    models = ModelRegistry(published.registry)
    model = models.push(EXAMPLE, "published/empty", "1.0.0").model
    stored = published.registry.manifest(model.repository, model.digest)
    empty = manifest_of(
        published.registry.push_empty_config(model.repository), [], artifact_type=STAGE_TYPE, subject=stored.descriptor
    )
    made = published.registry.put_manifest(model.repository, empty)
    rows = [{"mediaType": IMAGE_MANIFEST, "digest": made.descriptor.digest, "size": made.descriptor.size}]
    index = {"schemaVersion": 2, "mediaType": IMAGE_INDEX, "manifests": [{**rows[0], "artifactType": STAGE_TYPE}]}
    published.registry.put_manifest(model.repository, index, tag=model.digest.replace(":", "-"))

    (fault,) = read(models, model.name, model.digest, published.publisher._trusted).faults
    assert (str(fault.wrong), fault.proof, fault.referrer) == ("unreadable", "stage", made.descriptor.digest)
