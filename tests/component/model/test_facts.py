"""What a real registry knows of a model reaches the rules, and decides."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from approving import register_of, released
from click.testing import CliRunner
from copied_manifest import copy_manifest
from model_shelf import CARD, EVALUATION, LINEAGE, People, agreed

from headgate.cli.check import check
from headgate.model import ModelRegistry
from headgate.model.artifact import ModelVersion
from headgate.model.proofs import signers as signers_file
from headgate.model.proofs.attach import Desk
from headgate.model.proofs.bom import bill_of
from headgate.model.proofs.documents import Kind
from headgate.model.proofs.signers import Signers
from headgate.model.proofs.stage import Stage
from headgate.model.proofs.standing import read
from headgate.model.proofs.statement import now
from headgate.policy.bundle import CHECKOUT

pytestmark = pytest.mark.component

NAME = "facts/score"
PEOPLE = {"amina": "security", "badr": "platform"}
RULES = ("HG-SC-003", "HG-SC-004", "HG-SC-005", "HG-SC-006")
EXAMPLE = CHECKOUT / "examples" / "models" / "fraud-score"
Judge = Callable[..., dict[str, str]]


@pytest.fixture(scope="module")
def people() -> People:
    """Return those who sign."""
    return People()


@pytest.fixture(scope="module")
def known(people: People) -> Signers:
    """Return whose signatures count."""
    rows = [
        signers_file.entry("trainer", people.trainer.public, ("sign", "attest"), ("facts/*",)),
        signers_file.entry("manager", people.manager.public, ("promote",), ("facts/*",)),
    ]
    return Signers.model_validate({"signers": rows}, strict=False)


def proven(models: ModelRegistry, people: People, known: Signers, number: str) -> ModelVersion:
    """Push a version, and take it to production."""
    model = models.push(EXAMPLE, NAME, number).model
    trainer, manager = (Desk(models, key, known, now()) for key in (people.trainer, people.manager))
    trainer.sign(model)
    for kind, said in ((Kind.CARD, CARD), (Kind.LINEAGE, LINEAGE), (Kind.EVALUATION, EVALUATION)):
        trainer.attest(model, kind, said)
    trainer.attest(model, Kind.BOM, bill_of(model, None))
    for stage in (Stage.STAGING, Stage.PRODUCTION):
        manager.move(read(models, NAME, number, agreed(known)), stage, "it passed")
    return model


@pytest.fixture
def judge(running: Any, known: Signers, tmp_path: Path) -> Judge:
    """Return what judges a workload that mounts a model, and tells the outcome of each rule on models."""

    def judged(model: ModelVersion, registry: str | None = running.login_server, name: str = NAME) -> dict[str, str]:
        reference = f"hgplatformstaging.azurecr.io/models/{name}@{model.digest}"
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "score", "namespace": "team-facts"},
            "spec": {"volumes": [{"name": "model", "image": {"reference": reference}}], "containers": []},
        }
        (tmp_path / "pod.yaml").write_text(yaml.safe_dump(pod))
        rows = known.model_dump(mode="json", exclude_none=True)
        (tmp_path / "signers.yaml").write_text(yaml.safe_dump(rows))
        line = ["--manifests", str(tmp_path / "pod.yaml"), "--environment", "staging", "--json"]
        line += ["--signers", str(tmp_path / "signers.yaml"), *(["--registry", registry] if registry else [])]
        line += [part for rule in RULES for part in ("--only", rule)]
        (tmp_path / "approvers.yaml").write_text(register_of(PEOPLE))
        environment = {
            "HEADGATE_STATE": str(tmp_path),
            "HEADGATE_MODEL_APPROVERS": str(tmp_path / "approvers.yaml"),
        }
        result = CliRunner().invoke(check, line, standalone_mode=False, env=environment)
        assert result.exception is None, result.output
        document = json.loads(result.stdout)
        found = {each["rule"]: each["outcome"] for each in document["results"]}
        # Passes are counted, not listed.
        assert document["summary"]["pass"] == len(RULES) - len(found)
        return {rule: found.get(rule, "pass") for rule in RULES}

    return judged


def test_a_version_with_all_its_proofs_passes_until_it_is_restricted(
    models: ModelRegistry, people: People, known: Signers, judge: Judge
) -> None:
    """The next check after a revocation sees it; before two people have approved it, no stage counts."""
    model = proven(models, people, known, "1.0.0")
    assert judge(model) == {**dict.fromkeys(RULES, "pass"), "HG-SC-003": "fail", "HG-SC-004": "fail"}
    released(models, agreed(known), model, PEOPLE)
    assert judge(model) == dict.fromkeys(RULES, "pass")

    Desk(models, people.manager, known, now()).move(
        read(models, NAME, "1.0.0", agreed(known)), Stage.RESTRICTED, "it leaks"
    )

    assert judge(model) == {**dict.fromkeys(RULES, "pass"), "HG-SC-003": "fail"}


def test_what_was_only_pushed_fails_each_rule(models: ModelRegistry, judge: Judge) -> None:
    """A candidate, unsigned, undescribed, not evaluated."""
    model = models.push(EXAMPLE, NAME, "2.0.0").model

    assert judge(model) == dict.fromkeys(RULES, "fail")


def test_a_digest_in_another_repository_is_not_that_model(
    models: ModelRegistry, people: People, known: Signers, judge: Judge
) -> None:
    """Copying the manifest of a proven version elsewhere takes its proofs nowhere."""
    model = proven(models, people, known, "3.0.0")
    copy_manifest(models, model, EXAMPLE, "facts/other")

    assert judge(model, name="facts/other") == dict.fromkeys(RULES, "fail")


def test_a_registry_that_is_down_closes_and_so_does_none_at_all(
    models: ModelRegistry, people: People, known: Signers, judge: Judge
) -> None:
    """Neither is taken for a pass."""
    model = proven(models, people, known, "4.0.0")

    assert judge(model, "127.0.0.1:9") == dict.fromkeys(RULES, "fail")
    assert judge(model, None) == dict.fromkeys(RULES, "fail")
