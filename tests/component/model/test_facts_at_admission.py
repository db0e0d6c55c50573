"""What a real registry knows of a model, published signed, decides at a cluster's gate: while it is new, and after."""

from __future__ import annotations

import contextlib
import datetime
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from model_shelf import CARD, EVALUATION, LINEAGE, People, agreed
from pulling_gate import Gate, start_gate

from components.kubernetes import admission_config
from headgate.cli.sandbox_gate import _activated
from headgate.gate.published import COUNTS, Publisher
from headgate.model import ModelRegistry, Registry
from headgate.model.artifact import ModelVersion
from headgate.model.proofs import signers as signers_file
from headgate.model.proofs.attach import Desk
from headgate.model.proofs.bom import bill_of
from headgate.model.proofs.documents import Kind
from headgate.model.proofs.signers import Signers
from headgate.model.proofs.stage import Stage
from headgate.model.proofs.standing import read
from headgate.model.proofs.statement import now
from headgate.policy import archive, remote
from headgate.policy.bundle import CHECKOUT, Bundle
from headgate.sandbox.layout import StateDir
from headgate.sandbox.rules_key import ensure_rules_key

pytestmark = pytest.mark.component

NAME = "followed/score"
EXAMPLE = CHECKOUT / "examples" / "models" / "fraud-score"
RULES = ("HG-SC-003", "HG-SC-004", "HG-SC-005", "HG-SC-006")
REPLICA_SETS = "system:serviceaccount:kube-system:replicaset-controller"
ARGO = "system:serviceaccount:argo-rollouts:argo-rollouts"


@dataclass
class Shop:
    """A registry with models, those who prove them, and who tells the clusters."""

    models: ModelRegistry
    people: People
    known: Signers
    publisher: Publisher
    key: Path

    def push(self, number: str) -> ModelVersion:
        """Push a version, and prove all of it."""
        model = self.models.push(EXAMPLE, NAME, number).model
        desk = Desk(self.models, self.people.trainer, self.known, now())
        desk.sign(model)
        for kind, said in ((Kind.CARD, CARD), (Kind.LINEAGE, LINEAGE), (Kind.EVALUATION, EVALUATION)):
            desk.attest(model, kind, said)
        desk.attest(model, Kind.BOM, bill_of(model, None))
        return model

    def move(self, model: ModelVersion, *stages: Stage) -> None:
        """Move a version, a stage after the other, and tell the clusters."""
        for stage in stages:
            desk = Desk(self.models, self.people.manager, self.known, now())
            desk.move(read(self.models, NAME, model.digest, agreed(self.known)), stage, "a test")
        assert self.publisher.keep() is not None

    def fall_silent(self) -> None:
        """Have the newest that the clusters were told be too old."""
        document = self.publisher.document(now() - 2 * COUNTS)
        remote.push_facts(self.models.registry, archive.sign(archive.of_data({"facts": document}, "old"), self.key))

    def speak_again(self) -> None:
        """Tell the clusters the same, as of now."""
        document = self.publisher.document(now())
        remote.push_facts(self.models.registry, archive.sign(archive.of_data({"facts": document}, "new"), self.key))


@pytest.fixture(scope="module")
def shop(running: Any, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Return the registry, with whose signatures count there."""
    people = People()
    rows = [
        signers_file.entry("trainer", people.trainer.public, ("sign", "attest"), ("followed/*",)),
        signers_file.entry("manager", people.manager.public, ("promote",), ("followed/*",)),
    ]
    known = Signers.model_validate({"signers": rows}, strict=False)
    models = ModelRegistry(Registry(running.login_server))
    key = ensure_rules_key(StateDir(tmp_path_factory.mktemp("facts")))[0]
    return Shop(models, people, known, Publisher(models, lambda: agreed(known), key), key)


@pytest.fixture(scope="module")
def gate(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    """Start a gate that follows the facts; in this registry's environment only production may run."""
    policies = rules_of(shop, tmp_path_factory.mktemp("rules") / "policies", "sandbox")
    with following(shop, policies, "sandbox", tmp_path_factory) as started:
        yield started


def rules_of(shop: Shop, policies: Path, environment: str) -> Path:
    """Lay out rules by which the shop's registry is an environment's, and only production may run there."""
    shutil.copytree(CHECKOUT / "policies", policies)
    file = policies / "parameters" / f"{environment}.yaml"
    parameters = yaml.safe_load(file.read_text())
    host = shop.models.registry.login_server
    registries = {"images": [host], "models": [], "workspaces": []}
    parameters |= {"registries": registries, "models": {"stages": ["production"]}}
    file.write_text(yaml.safe_dump(parameters))
    return policies


@contextlib.contextmanager
def following(shop: Shop, policies: Path, environment: str, factory: pytest.TempPathFactory) -> Iterator[Gate]:
    """Start a gate that follows the rules and facts of the shop's registry."""
    bundle, host = Bundle.find(policies), shop.models.registry.login_server
    private, public = ensure_rules_key(StateDir(factory.mktemp("state")))
    rules = remote.push(shop.models.registry, archive.sign(archive.build(bundle), private), f"policy/{environment}")
    assert shop.publisher.keep() or remote.facts_of_now(shop.models.registry)
    parts = [
        admission_config.signed_rules(str(rules), public.read_text()),
        admission_config.signed_facts(f"{host}/{remote.FACTS}:{remote.NOW}", _public(shop.key)),
    ]
    started = start_gate(factory.mktemp("gate"), bundle.admission_local(environment), environment, parts)
    try:
        started.wait(started.ready)
        yield started
    finally:
        started.close()


def _public(private: Path) -> str:
    return private.with_suffix(".pub").read_text()


def asked(shop: Shop, model: ModelVersion, *, user: str = "deployer", before: ModelVersion | None = None) -> Any:
    """Return a review of a pod that mounts a model: new, or (with `before`) one that mounted another."""

    def pod(version: ModelVersion) -> dict[str, Any]:
        reference = f"{shop.models.registry.login_server}/models/{NAME}@{version.digest}"
        owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "score", "uid": "1", "controller": True}
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "score", "namespace": "team-followed", "ownerReferences": [owner]},
            "spec": {"volumes": [{"name": "model", "image": {"reference": reference}}], "containers": []},
        }

    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "1",
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "name": "score",
            "namespace": "team-followed",
            "operation": "UPDATE" if before else "CREATE",
            "userInfo": {"username": user},
            "object": pod(model),
            "oldObject": pod(before) if before else None,
        },
    }


def said(gate: Gate, review: Any) -> tuple[list[str], list[str]]:
    """Return which rules on models deny a request, and which let it go on and say so."""
    response = gate.review(review).json()["response"]
    denied, told = response.get("status", {}).get("message", ""), " ".join(response.get("warnings", []))
    return [each for each in RULES if f"[{each}]" in denied], [each for each in RULES if f"[{each}]" in told]


def test_a_cluster_follows_what_the_registry_knows_of_a_model(gate: Gate, shop: Shop) -> None:
    """Unknown, then a candidate, then in production; restricted, it is not even rescheduled."""
    model = shop.push("1.0.0")
    before = said(gate, asked(shop, model))
    shop.move(model, Stage.STAGING)
    gate.wait(lambda: said(gate, asked(shop, model)) == (["HG-SC-003"], []))
    shop.move(model, Stage.PRODUCTION)
    gate.wait(lambda: said(gate, asked(shop, model)) == ([], []))
    shop.move(model, Stage.RESTRICTED)
    gate.wait(lambda: said(gate, asked(shop, model)) == (["HG-SC-003"], []))

    assert (before, said(gate, asked(shop, model, user=REPLICA_SETS))) == ((list(RULES), []), (["HG-SC-003"], []))


def test_an_archived_model_that_runs_goes_on_and_is_told_of(gate: Gate, shop: Shop) -> None:
    """Who deploys it anew is refused; what Kubernetes makes of a template that was judged is not."""
    model = shop.push("2.0.0")
    shop.move(model, Stage.STAGING, Stage.PRODUCTION, Stage.ARCHIVED)
    gate.wait(lambda: said(gate, asked(shop, model)) == (["HG-SC-003"], []))

    assert said(gate, asked(shop, model, user=REPLICA_SETS)) == ([], ["HG-SC-003"])


def test_old_facts_deny_what_is_new_and_let_go_on_what_runs_unless_it_is_restricted(gate: Gate, shop: Shop) -> None:
    """Scaling and failing over need no registry; a digest that was put beside another one is new."""
    model, other, bad = (shop.push(number) for number in ("3.0.0", "3.0.1", "3.0.2"))
    shop.move(model, Stage.STAGING, Stage.PRODUCTION)
    shop.move(other, Stage.STAGING, Stage.PRODUCTION)
    shop.move(bad, Stage.STAGING, Stage.RESTRICTED)
    gate.wait(lambda: said(gate, asked(shop, other)) == ([], []))
    shop.fall_silent()
    gate.wait(lambda: said(gate, asked(shop, model)) == (list(RULES), []))

    found = {
        "scaled": said(gate, asked(shop, model, user=REPLICA_SETS)),
        "changed, with the same model": said(gate, asked(shop, model, before=model)),
        "changed, with another model": said(gate, asked(shop, other, before=model)),
        "made by somebody else's controller": said(gate, asked(shop, model, user=ARGO)),
        "restricted": said(gate, asked(shop, bad, user=REPLICA_SETS)),
    }
    shop.speak_again()
    gate.wait(lambda: said(gate, asked(shop, model)) == ([], []))

    assert found == {
        "scaled": ([], []),
        "changed, with the same model": ([], []),
        "changed, with another model": (list(RULES), []),
        "made by somebody else's controller": (list(RULES), []),
        "restricted": (["HG-SC-003"], []),
    }


def test_a_gate_tells_which_edition_it_decides_by(gate: Gate, shop: Shop) -> None:
    """Among its measurements: by them it is waited for, and an alert tells of one that hears nothing new."""
    edition = Publisher(shop.models, lambda: agreed(shop.known), shop.key).keep()
    assert edition is not None

    gate.wait(lambda: _activated(gate.port) == edition.serial)


def test_facts_that_another_has_signed_are_not_believed(gate: Gate, shop: Shop, tmp_path: Path) -> None:
    """What was believed before stays, until it is too old."""
    model = shop.push("4.0.0")
    shop.move(model, Stage.STAGING, Stage.RESTRICTED)
    gate.wait(lambda: said(gate, asked(shop, model)) == (["HG-SC-003"], []))
    document = shop.publisher.document(now())
    document["models"][f"models/{NAME}@{model.digest}"] |= {"stage": "production", "revoked": False}
    stranger = ensure_rules_key(StateDir(tmp_path))[0]
    remote.push_facts(shop.models.registry, archive.sign(archive.of_data({"facts": document}, "forged"), stranger))
    gate.wait(lambda: "Bundle load failed" in gate.said)

    assert said(gate, asked(shop, model)) == (["HG-SC-003"], [])


def test_facts_are_made_anew_when_something_is_new_or_half_of_their_time_is_over(shop: Shop) -> None:
    """Otherwise a gate has nothing to pull."""
    times = [now()]
    publisher = Publisher(shop.models, lambda: agreed(shop.known), shop.key, clock=lambda: times[-1])
    editions = [publisher.keep(), publisher.keep()]
    times.append(times[0] + COUNTS / 2 + datetime.timedelta(seconds=1))
    editions.append(publisher.keep())

    assert [edition and edition.until for edition in editions] == [times[0] + COUNTS, None, times[1] + COUNTS]
