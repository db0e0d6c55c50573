"""Ways round the registry: each a version that looks like one in production, sent to all three gates as they run."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from approving import register_of, released
from attack_table import Attack
from click.testing import CliRunner
from copied_manifest import copy_manifest
from model_shelf import CARD, EVALUATION, LINEAGE, People, agreed
from pulling_gate import Gate

from headgate.approval.promotion import Promotions
from headgate.cli.check import check
from headgate.gate.published import Publisher
from headgate.model import ModelRegistry, Registry
from headgate.model.artifact import ModelVersion
from headgate.model.proofs import signature
from headgate.model.proofs import signers as signers_file
from headgate.model.proofs.attach import Desk
from headgate.model.proofs.bom import bill_of
from headgate.model.proofs.documents import Kind
from headgate.model.proofs.signers import Signers
from headgate.model.proofs.stage import Stage
from headgate.model.proofs.statement import now
from headgate.model.proofs.trust import Trust
from headgate.policy.bundle import Bundle
from headgate.sandbox.layout import StateDir
from headgate.sandbox.rules_key import ensure_rules_key
from tests.component.attacks.conftest import Pack, start_pack

from .test_facts_at_admission import EXAMPLE, NAME, Shop, following, rules_of

pytestmark = pytest.mark.component

APPROVERS = {"amina": "security", "badr": "platform"}
ENVIRONMENT = "prod"
RULES = ("HG-SC-002", "HG-SC-003", "HG-SC-004")
WAYS = {
    "sound": [],
    "by its tag, which can be moved after it was approved": ["HG-SC-002", "HG-SC-003", "HG-SC-004"],
    "by the digest of a version of another repository": ["HG-SC-003", "HG-SC-004"],
    "with the signature of another version": ["HG-SC-004"],
    "signed by a key that is revoked since": ["HG-SC-004"],
    "promoted past those who approve": ["HG-SC-003", "HG-SC-004"],
    "approved for another version": ["HG-SC-003", "HG-SC-004"],
    "archived after it was deployed": ["HG-SC-003"],
    "restricted after it was deployed": ["HG-SC-003"],
}
Refuses = Callable[[str], list[str]]


def signers(people: People, **leaver: Any) -> Signers:
    """Return those whose signatures count; somebody who has left since signed, too."""
    rows = [
        signers_file.entry("trainer", people.trainer.public, ("sign", "attest"), ("followed/*",)),
        signers_file.entry("manager", people.manager.public, ("promote",), ("followed/*",)),
        {**signers_file.entry("leaver", people.stranger.public, ("sign",), ("followed/*",)), **leaver},
    ]
    return Signers.model_validate({"signers": rows}, strict=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where rules, signers and approvers are."""
    made = tmp_path_factory.mktemp("ways")
    (made / "approvers.yaml").write_text(register_of(APPROVERS))
    return made


@pytest.fixture(scope="module")
def shop(running: Any, folder: Path) -> Shop:
    """Return a registry whose facts are judged by the rules of its environment, approvals among them."""
    models, people = ModelRegistry(Registry(running.login_server)), People()
    key = ensure_rules_key(StateDir(folder / "key"))[0]

    def trust() -> Trust:
        rules = Bundle.find(folder / "policies")
        return Trust(made.known, Promotions.of(rules, running.login_server, folder / "approvers.yaml"))

    made = Shop(models, people, signers(people), Publisher(models, lambda: agreed(Signers()), key), key)
    rules_of(made, folder / "policies", ENVIRONMENT)
    made.publisher = Publisher(models, trust, key)
    return made


def pushed(shop: Shop, number: str, signed_by: str = "trainer", *stages: Stage) -> ModelVersion:
    """Push a version with all proofs, signed by somebody or nobody, and take it to production and further."""
    model = shop.models.push(EXAMPLE, NAME, number).model
    desk = Desk(shop.models, shop.people.trainer, shop.known, now())
    for kind, said in ((Kind.CARD, CARD), (Kind.LINEAGE, LINEAGE), (Kind.EVALUATION, EVALUATION)):
        desk.attest(model, kind, said)
    desk.attest(model, Kind.BOM, bill_of(model, None))
    if signed_by:
        key = {"trainer": shop.people.trainer, "leaver": shop.people.stranger}[signed_by]
        Desk(shop.models, key, shop.known, now()).sign(model)
    shop.move(model, Stage.STAGING, Stage.PRODUCTION)
    return model


@pytest.fixture(scope="module")
def ways(shop: Shop) -> dict[str, str]:
    """Lay out all of it, and return by which reference each is asked for."""
    models, people = shop.models, APPROVERS
    numbers = dict(zip(WAYS, (f"10.0.{number}" for number in range(len(WAYS))), strict=True))
    found = {}
    for way, number in numbers.items():
        own = {"with the signature of another version": "", "signed by a key that is revoked since": "leaver"}
        found[way] = pushed(shop, number, own.get(way, "trainer"))
        if way not in ("promoted past those who approve", "approved for another version"):
            released(models, agreed(shop.known), found[way], people)
    sound = found["sound"]
    for way, kind, media in (
        ("with the signature of another version", signature.BUNDLE_TYPE, signature.BUNDLE_TYPE),
        ("approved for another version", "application/vnd.headgate.approval.v1+jws", "application/jose"),
    ):
        for referrer in models.referrers(NAME, sound.digest, kind):
            blob = models.read_statement(NAME, referrer)
            models.attach(NAME, found[way].digest, kind, blob, media)
    copy_manifest(models, found["by the digest of a version of another repository"], EXAMPLE, "followed/other")
    shop.known = signers(shop.people, revoked="the laptop was stolen")
    shop.move(found["archived after it was deployed"], Stage.ARCHIVED)
    shop.move(found["restricted after it was deployed"], Stage.RESTRICTED)
    host = models.registry.login_server
    references = {way: f"{host}/models/{NAME}@{model.digest}" for way, model in found.items()}
    elsewhere = "by the digest of a version of another repository"
    tagged = next(way for way in WAYS if way.startswith("by its tag"))
    return references | {
        elsewhere: references[elsewhere].replace(f"/{NAME}@", "/followed/other@"),
        tagged: f"{host}/models/{NAME}:{numbers[tagged]}",
    }


def pod(reference: str) -> dict[str, Any]:
    """Return a pod that mounts a model."""
    volumes = [{"name": "model", "image": {"reference": reference}}]
    metadata = {"name": "score", "namespace": "team-followed"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"volumes": volumes, "containers": []}}


@pytest.fixture(scope="module")
def told(shop: Shop, ways: dict[str, str], folder: Path) -> dict[str, str]:
    """Return what gates P and U are told: the rules, the registry, and whose word counts there."""
    rows = shop.known.model_dump(mode="json", exclude_none=True)
    (folder / "signers.yaml").write_text(yaml.safe_dump(rows))
    return {
        "HEADGATE_POLICIES": str(folder / "policies"),
        "HEADGATE_REGISTRY": shop.models.registry.login_server,
        "HEADGATE_SIGNERS": str(folder / "signers.yaml"),
        "HEADGATE_MODEL_APPROVERS": str(folder / "approvers.yaml"),
        "HEADGATE_LEDGER": str(folder / "ledger"),
        "HEADGATE_STATE": str(folder),
    }


@pytest.fixture(scope="module")
def at_p(told: dict[str, str], ways: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Refuses:
    """Have `headgate check` judge all of it at once."""
    folder = tmp_path_factory.mktemp("manifests")
    for number, reference in enumerate(ways.values()):
        (folder / f"{number}.yaml").write_text(yaml.safe_dump(pod(reference)))
    line = ["--manifests", str(folder), "--environment", ENVIRONMENT, "--json"]
    document = json.loads(CliRunner().invoke(check, line, standalone_mode=False, env=told).stdout)
    found: dict[str, list[str]] = {way: [] for way in ways}
    for result in document["results"]:
        if result["blocking"] and result["rule"] in RULES:
            file = Path(result["violations"][0]["source"].rpartition(":")[0]).stem
            found[list(ways)[int(file)]].append(result["rule"])
    return lambda way: sorted(found[way])


@pytest.fixture(scope="module")
def at_u(told: dict[str, str], ways: dict[str, str]) -> Iterator[Refuses]:
    """Start the policy pack as an engine does."""

    def refuses(started: Pack, reference: str) -> list[str]:
        document = pod(reference)
        return sorted({each for each in started.refuses(Attack("score", document), document) if each in RULES})

    with start_pack({**os.environ, **told}) as started:
        yield lambda way: refuses(started, ways[way])


@pytest.fixture(scope="module")
def at_a(shop: Shop, ways: dict[str, str], told: dict[str, str], tmp_path_factory: Any) -> Iterator[Refuses]:
    """Start a cluster's gate, which follows the published facts."""

    def refuses(gate: Gate, reference: str) -> list[str]:
        response = gate.review(Attack("score", pod(reference)).review()).json()["response"]
        message = response.get("status", {}).get("message", "")
        return [each for each in RULES if f"[{each}]" in message]

    with following(shop, Path(told["HEADGATE_POLICIES"]), ENVIRONMENT, tmp_path_factory) as gate:
        gate.wait(gate.ready)
        yield lambda way: refuses(gate, ways[way])


@pytest.mark.parametrize("way", WAYS)
def test_no_way_round_the_registry_is_open_at_any_gate(way: str, at_p: Refuses, at_u: Refuses, at_a: Refuses) -> None:
    """Pull request, update and admission refuse it, by the same rules; what all are made after is let in."""
    assert {"P": at_p(way), "U": at_u(way), "A": at_a(way)} == dict.fromkeys("PUA", WAYS[way])
