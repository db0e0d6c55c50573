"""What the gates are told of models: what a run mentions, as verified, for as long as it counts."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest
from model_shelf import CARD, EVALUATION, LINEAGE, NOON, Agreed, People, Shelf, version

from headgate.audit import Entry, Ledger
from headgate.gate.facts import Facts
from headgate.model import RegistryError
from headgate.model.artifact import ModelVersion
from headgate.model.proofs.bom import bill_of
from headgate.model.proofs.documents import Kind, Lineage
from headgate.model.proofs.stage import Stage
from headgate.model.proofs.standing import Standing
from headgate.model.proofs.trust import Leave, Question, Trust
from headgate.plan.view import Operation, Resource
from headgate.policy.bundle import CHECKOUT

pytestmark = pytest.mark.unit

SCHEMA = json.loads((CHECKOUT / "policies" / "schemas" / "facts.json").read_text())


class Registry(Shelf):
    """A shelf that is asked over a network."""

    def __init__(self) -> None:
        super().__init__()
        self.registry = SimpleNamespace(login_server="hg.azurecr.io")
        self.asked: list[str] = []
        self.fault: RegistryError | None = None

    def show(self, name: str, reference: str) -> ModelVersion:
        """Count who asks; a version that is not there ends as in a registry."""
        self.asked.append(f"{name}@{reference}")
        if self.fault:
            raise self.fault
        if reference not in self.models:
            raise RegistryError("the registry does not have it", status=404)
        return self.models[reference]

    def names(self) -> list[str]:
        """Return the names of what it has."""
        return [each.name for each in self.models.values()]


@pytest.fixture(scope="module")
def people() -> People:
    """Return those who sign."""
    return People()


@pytest.fixture
def registry() -> Registry:
    """Return an empty registry."""
    return Registry()


@pytest.fixture
def model(registry: Registry) -> ModelVersion:
    """Return a version of it."""
    return registry.put(version())


def facts(registry: Registry, people: People, **options: Any) -> Facts:
    """Return the facts of a registry, at noon of the day after."""
    clock = options.pop("clock", lambda: NOON + datetime.timedelta(days=1))
    trust = Trust(people.signers(), options.pop("judge", Agreed()))
    return Facts(registry, trust, clock=clock, **options)  # type: ignore[arg-type]


def mentioning(*references: str) -> list[Resource]:
    """Return a workload that mounts models."""
    volumes = [{"image": {"reference": each}} for each in references]
    return [
        Resource("id", "kubernetes", "kubernetes:core/v1:Pod", "pod", Operation.CREATE, {"spec": {"volumes": volumes}})
    ]


def test_a_version_is_told_as_it_was_verified(registry: Registry, model: ModelVersion, people: People) -> None:
    """Who signed, what is attested and when, what was missed, where it stands, and where it ran."""
    desk = people.desk(registry, people.trainer)
    desk.sign(model)
    desk.attest(model, Kind.CARD, CARD)
    low = {**EVALUATION, "quality": [{"name": "auc", "value": 0.5, "at_least": 0.9}]}
    desk.attest(model, Kind.EVALUATION, low)
    people.desk(registry, people.manager).move(Standing(model), Stage.RESTRICTED, "it leaks")

    told = facts(registry, people).about(mentioning(f"hg.azurecr.io/models/fraud/score:1.0.0@{model.digest}"))

    jsonschema.validate(told, SCHEMA)
    at = "2026-03-01T12:00:00.000000Z"
    assert told == {
        "registry": "hg.azurecr.io",
        "at": "2026-03-02T12:00:00.000000Z",
        "until": "2026-03-02T12:10:00.000000Z",
        "models": {
            f"models/fraud/score@{model.digest}": {
                "name": "fraud/score",
                "version": "1.0.0",
                "digest": model.digest,
                "stage": "restricted",
                "revoked": True,
                "signers": ["trainer"],
                "attested": {"card": at, "evaluation": at},
                "missed": ["quality: auc 0.5, at least 0.9"],
                "measures": {"quality": 1, "fairness": 1, "explainability": 1},
                "largest_gap": 0.04,
                "faults": [],
                "deployed": [],
            }
        },
    }


class Counting(Agreed):
    """Agrees, and remembers how many steps it was asked about each time."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def leaves(self, questions: Sequence[Question]) -> list[Leave]:
        """Count, and agree."""
        self.asked.append(len(questions))
        return super().leaves(questions)


def test_approvals_of_all_versions_are_judged_at_once(registry: Registry, people: People) -> None:
    """To ask costs more than to judge; what is known already is not asked about again, nor is a candidate."""
    versions = [registry.put(version(f"1.{number}.0")) for number in range(3)]
    for each, to in zip(versions, (Stage.STAGING, None, Stage.STAGING), strict=True):
        if to:
            people.desk(registry, people.manager).move(Standing(each), to, "it is good")
    judge = Counting()
    asked = facts(registry, people, judge=judge)
    mentioned = mentioning(*(f"hg.azurecr.io/models/fraud/score@{each.digest}" for each in versions))

    told = [asked.about(mentioned)["models"].values() for _ in range(2)]

    assert [[each["stage"] for each in models] for models in told] == [["staging", "candidate", "staging"]] * 2
    assert judge.asked == [2]


def test_what_a_bill_of_materials_names_is_told(registry: Registry, model: ModelVersion, people: People) -> None:
    """So that a deny list can be held against it; files are the version's own."""
    desk = people.desk(registry, people.trainer)
    lineage = Lineage.model_validate({**LINEAGE, "base_model": f"base/llama@{model.digest}"})
    desk.attest(model, Kind.BOM, bill_of(model, lineage))

    told = facts(registry, people).about(mentioning(f"hg.azurecr.io/models/fraud/score@{model.digest}"))

    jsonschema.validate(told, SCHEMA)
    assert [each["ingredients"] for each in told["models"].values()] == [[f"base/llama@{model.digest}"]]


def test_a_version_that_is_not_there_is_not_told(registry: Registry, model: ModelVersion, people: People) -> None:
    """Nor is one that is kept under another model's name: a digest is looked up where it is asked for."""
    references = [f"hg.azurecr.io/models/{name}" for name in (f"fraud/score@sha256:{'f' * 64}", f"a/b@{model.digest}")]

    told = facts(registry, people).about(mentioning(*references))

    assert (told["models"], len(registry.asked)) == ({}, 2)


def test_a_registry_that_does_not_answer_is_told_as_such(
    registry: Registry, model: ModelVersion, people: People
) -> None:
    """What can't be asked is not taken for something that is not there, and not for leave."""
    registry.fault = RegistryError("the registry does not answer", found="connection refused")

    told = facts(registry, people).about(mentioning(f"hg.azurecr.io/models/fraud/score@{model.digest}"))

    jsonschema.validate(told, SCHEMA)
    assert (told["unavailable"], "models" in told) == ("the registry does not answer: connection refused", False)


def test_who_mentions_no_model_asks_nobody(registry: Registry, people: People) -> None:
    """A platform's stack needs no registry: it may be the one that makes it."""
    registry.fault = RegistryError("the registry does not answer")

    assert facts(registry, people).about(mentioning("hg.azurecr.io/runtimes/a@sha256:" + "a" * 64))["models"] == {}


def test_an_answer_is_asked_for_again_before_it_runs_out(
    registry: Registry, model: ModelVersion, people: People
) -> None:
    """An update asks resource by resource, and takes its time: what is revoked meanwhile is seen."""
    times = iter(NOON + datetime.timedelta(minutes=minutes) for minutes in (0, 4, 6))
    asked = facts(registry, people, clock=lambda: next(times))
    resources = mentioning(f"hg.azurecr.io/models/fraud/score@{model.digest}")

    counts = [len(registry.asked) for _ in range(3) if asked.about(resources)]

    assert counts == [1, 1, 2]


def test_an_azure_registry_is_asked_by_the_models_own_name(
    registry: Registry, model: ModelVersion, people: People
) -> None:
    """There a model has no team: every model of the name is looked up."""
    reference = f"azureml://registries/hg/models/score/versions/{model.digest.replace(':', '-')}"

    told = facts(registry, people).about(mentioning(reference))

    assert list(told["models"]) == [f"models/fraud/score@{model.digest}"]


def test_a_ledger_says_where_it_was_deployed(
    registry: Registry, model: ModelVersion, people: People, tmp_path: Path
) -> None:
    """Every stack that ever consisted of it."""
    with Ledger(tmp_path) as ledger:
        for stack in ("fraud-staging", "fraud-dev"):
            ledger.append_documents([Entry("deployment", stack, {"digests": [model.digest]}).as_json()])

    told = facts(registry, people, ledger=tmp_path).about(mentioning(f"hg/models/fraud/score@{model.digest}"))

    assert [each["deployed"] for each in told["models"].values()] == [["fraud-dev", "fraud-staging"]]
