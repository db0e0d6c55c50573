"""`headgate check --cluster` with published facts: models that run and may not any more are told of, by their rules."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from model_shelf import CARD, EVALUATION, LINEAGE, People, Shelf, agreed, version

from headgate.gate.facts import COUNTS
from headgate.model.artifact import ModelVersion
from headgate.model.facts import fact, key
from headgate.model.proofs.attach import Desk
from headgate.model.proofs.bom import bill_of
from headgate.model.proofs.documents import Kind
from headgate.model.proofs.signers import Signers
from headgate.model.proofs.signers import entry as row_of
from headgate.model.proofs.stage import Stage
from headgate.model.proofs.standing import gathered, judged
from headgate.model.proofs.statement import now, written
from headgate.policy import archive
from headgate.policy.bundle import CHECKOUT
from headgate.sandbox.control import RegionEndpoints
from headgate.sandbox.kube import KubeClient
from headgate.sandbox.layout import StateDir
from headgate.sandbox.rules_key import ensure_rules_key
from tests.component.region.steps import apply, named, until

pytestmark = pytest.mark.component

NAMESPACE = "team-models"
HOST = "hgplatformstaging.azurecr.io"
RULES = ("HG-SC-003", "HG-SC-004", "HG-SC-005", "HG-SC-006")
PRODUCTION = (Stage.STAGING, Stage.PRODUCTION)
# How each came to run, what became of it since, and what is told of it.
RUNNING: dict[str, tuple[tuple[Stage, ...], list[tuple[str, str]]]] = {
    "sound": (PRODUCTION, []),
    "archived": ((*PRODUCTION, Stage.ARCHIVED), [("HG-SC-003", "stands at archived")]),
    "restricted": ((*PRODUCTION, Stage.RESTRICTED), [("HG-SC-003", "is restricted: it must not run anywhere")]),
    "demoted": ((*PRODUCTION, Stage.CANDIDATE), [("HG-SC-003", "stands at candidate")]),
    "signed-by-a-leaver": (PRODUCTION, [("HG-SC-004", "revoked key: signed by leaver")]),
    "gone-from-the-registry": ((), [(rule, "is not in the registry") for rule in RULES]),
}


def people_and_leaver(people: People, **leaver: Any) -> Signers:
    """Return whose signatures count, and one who has signed and may have been revoked since."""
    known = people.signers().model_dump(mode="json", exclude_none=True)["signers"]
    gone = {**row_of("leaver", people.stranger.public, ("sign", "attest"), ("fraud/*",)), **leaver}
    return Signers.model_validate({"signers": [*known, gone]}, strict=False)


def prove(shelf: Shelf, people: People, signers: Signers, model: ModelVersion, name: str) -> None:
    """Sign and attest a version, and move it."""
    signer = people.stranger if name == "signed-by-a-leaver" else people.trainer
    Desk(shelf, signer, signers, now()).sign(model)  # type: ignore[arg-type]
    desk = Desk(shelf, people.trainer, signers, now())  # type: ignore[arg-type]
    for kind, said in ((Kind.CARD, CARD), (Kind.LINEAGE, LINEAGE), (Kind.EVALUATION, EVALUATION)):
        desk.attest(model, kind, said)
    desk.attest(model, Kind.BOM, bill_of(model, None))
    for stage in RUNNING[name][0]:
        standing = judged([gathered(shelf, model.name, model.digest, agreed(signers))], agreed(signers))[0]  # type: ignore[arg-type]
        Desk(shelf, people.manager, signers, now()).move(standing, stage, "a test")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def models() -> dict[str, ModelVersion]:
    """Return what runs."""
    return {name: version(f"1.{number}.0") for number, name in enumerate(RUNNING)}


@pytest.fixture(scope="module")
def told(models: dict[str, ModelVersion], tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Publish what a registry knows of all but one, and return the file and the public key."""
    folder, shelf, people = tmp_path_factory.mktemp("facts"), Shelf(), People()
    there = {name: shelf.put(model) for name, model in models.items() if name != "gone-from-the-registry"}
    for name, model in there.items():
        prove(shelf, people, people_and_leaver(people), model, name)
    trust = agreed(people_and_leaver(people, revoked="the laptop was stolen"))
    found = judged([gathered(shelf, each.name, each.digest, trust) for each in there.values()], trust)  # type: ignore[arg-type]
    document = {
        "registry": HOST,
        "serial": 1,
        "at": written(now()),
        "until": written(now() + COUNTS),
        "models": {key(each): fact(each) for each in found},
    }
    private, public = ensure_rules_key(StateDir(folder))
    (folder / "facts.tar.gz").write_bytes(archive.sign(archive.of_data({"facts": document}, "facts 1"), private))
    return str(folder / "facts.tar.gz"), str(public)


@pytest.fixture
def running(kube: KubeClient, models: dict[str, ModelVersion]) -> Iterator[None]:
    """Run them, as they were admitted once."""
    apply(kube, named("Namespace", NAMESPACE))
    until(lambda: bool(kube.list("v1", "ServiceAccount", NAMESPACE)["items"]))
    for name, model in models.items():
        volume = {"name": "model", "image": {"reference": f"{HOST}/models/{model.name}@{model.digest}"}}
        pod = {"containers": [{"name": "c", "image": f"{HOST}/runtimes/a@{model.digest}"}], "volumes": [volume]}
        template = {"metadata": {"labels": {"app": name}}, "spec": pod}
        wanted = {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template}
        apply(kube, named("Deployment", name, NAMESPACE, "apps/v1", spec=wanted))
    until(lambda: len(kube.list("v1", "Pod", NAMESPACE)["items"]) == len(models))
    yield
    kube.delete("v1", "Namespace", NAMESPACE)


@pytest.mark.usefixtures("running")
def test_what_runs_and_may_not_any_more_is_told_of_once_at_what_asks_for_it(
    region: RegionEndpoints, told: tuple[str, str], tmp_path: Path
) -> None:
    """Archived, restricted, sent back, signed by a key that is revoked since, gone: by the rule that says so."""
    only = [part for rule in RULES for part in ("--only", rule)]
    line = ["--cluster", region.kubeconfig_path, "--environment", "staging", "--json", *only]
    own = {"HEADGATE_SEEN": str(tmp_path / "seen"), "HEADGATE_LEDGER": str(tmp_path / "ledger")}
    done = subprocess.run(
        [sys.executable, "-m", "headgate.cli.main", "check", *line, "--facts", told[0], "--facts-key", told[1]],
        cwd=CHECKOUT,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    found: dict[str, list[tuple[str, str]]] = {}
    for each in json.loads(done.stdout)["results"]:
        kind, namespace, name = each["resource"].rsplit("/", 2)
        if namespace == NAMESPACE:
            assert (kind.rpartition("/")[2], each["blocking"]) == ("Deployment", True), each
            found.setdefault(name, []).append((each["rule"], each["violations"][0]["message"]))

    expected = {name: said for name, (_, said) in RUNNING.items() if said}
    assert {name: [rule for rule, _ in sorted(said)] for name, said in found.items()} == {
        name: [rule for rule, _ in said] for name, said in expected.items()
    }
    texts = {name: list(zip(sorted(found[name]), said, strict=True)) for name, said in expected.items()}
    assert [pair for pairs in texts.values() for pair in pairs if pair[1][1] not in pair[0][1]] == []
