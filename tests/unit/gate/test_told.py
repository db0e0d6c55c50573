"""What gates P and U are told by signed facts: what is asked for of the newest edition, believed as a whole or not."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from model_shelf import NOON

from benchmarks.simulated_facts import simulated_fact
from headgate.errors import HeadgateError
from headgate.gate.told import LOOKS, Told
from headgate.model import RegistryError
from headgate.plan.view import Operation, Resource
from headgate.policy import archive

pytestmark = pytest.mark.unit

DIGEST, OTHER = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"


def edition(serial: int = 1, **changes: Any) -> dict[str, Any]:
    """Return an edition about two models."""
    return {
        "registry": "hg.azurecr.io",
        "serial": serial,
        "at": "2026-03-01T12:00:00.000000Z",
        "until": "2026-03-01T12:15:00.000000Z",
        "models": {
            f"models/fraud/{name}@{digest}": simulated_fact(f"fraud/{name}", digest, NOON)
            for name, digest in (("score", DIGEST), ("device", OTHER))
        },
        **changes,
    }


@dataclass
class Place:
    """Where editions are found; what is said in it is believed, since signatures are another's business."""

    content: Any = field(default_factory=edition)
    now: datetime.datetime = NOON
    looks: int = 0

    def fetch(self) -> bytes:
        """Return the edition, or fail as was asked."""
        self.looks += 1
        if isinstance(self.content, Exception):
            raise self.content
        return json.dumps({"facts": self.content}).encode()


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return the place."""
    monkeypatch.setattr(archive, "data_of", lambda content, _key: json.loads(content))
    return Place()


@pytest.fixture
def told(place: Place) -> Told:
    """Return the gate's side of it."""
    return Told(place.fetch, Path("key"), "facts.tar.gz", clock=lambda: place.now)


def mounting(*references: str) -> list[Resource]:
    """Return a pod that mounts models."""
    volumes = [{"image": {"reference": each}} for each in references]
    return [
        Resource("a", "kubernetes", "kubernetes:core/v1:Pod", "a", Operation.CREATE, {"spec": {"volumes": volumes}})
    ]


HERE = f"hg.azurecr.io/models/fraud/score@{DIGEST}"


def test_a_run_is_told_of_the_models_that_it_asks_for_and_no_others(told: Told) -> None:
    """With whose edition it is, and until when it counts; an Azure Machine Learning registry leaves the team out."""
    azure = f"azureml://registries/hg/models/device/versions/sha256-{'b' * 64}"
    models = {reference: sorted(told.about(mounting(reference))["models"]) for reference in (HERE, azure, "x:1")}

    assert models == {HERE: [f"models/fraud/score@{DIGEST}"], azure: [f"models/fraud/device@{OTHER}"], "x:1": []}
    assert {name: each for name, each in told.about([]).items() if name != "models"} == {
        name: each for name, each in edition().items() if name != "models"
    }


def test_what_can_not_be_had_is_told_as_such(place: Place, told: Told) -> None:
    """So the rules deny, and say why."""
    place.content = RegistryError("nobody answers", where="hg.azurecr.io")

    assert told.about(mounting(HERE)) == {
        "unavailable": "no signed facts at facts.tar.gz (nobody answers: hg.azurecr.io)"
    }


def test_a_long_update_looks_again_and_never_goes_back(place: Place, told: Told) -> None:
    """A newer edition counts from the next look on; an older one, or none, leaves the one that there is."""
    serials = []
    for content in (edition(5), edition(6), edition(4), RegistryError("away"), {"no": "facts"}, edition(7)):
        place.content = content
        serials.append(told.about([])["serial"])
        place.now += LOOKS

    assert (serials, place.looks) == ([5, 6, 6, 6, 6, 7], 6)
    assert (told.about([])["serial"], told.about([])["serial"], place.looks) == (7, 7, 7)


@pytest.mark.parametrize(
    "wrong",
    [
        {"until": None},
        {"until": 1772366400},
        {"until": "tomorrow"},
        {"serial": "9"},
        {"models": []},
        {"models": {"models/fraud/score@x": {"name": "fraud/score"}}},
        {"models": {"models/fraud/score@x": {**simulated_fact("fraud/score", DIGEST, NOON), "revoked": "no"}}},
        {"unavailable": "x"},
    ],
    ids=lambda wrong: json.dumps(wrong)[:40],
)
def test_an_edition_is_believed_whole_or_not_at_all(place: Place, told: Told, wrong: dict[str, Any]) -> None:
    """Rego does not fire on what is missing or of another type: it must not get that far."""
    place.content = {key: each for key, each in edition(**wrong).items() if each is not None}

    with pytest.raises(HeadgateError, match="can't be believed, so nothing was judged") as caught:
        told.about(mounting(HERE))
    assert "signed, but no facts" in str(caught.value)


def test_what_is_signed_and_says_something_else_is_no_edition(
    place: Place, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rules, for one, which the same tools sign."""
    monkeypatch.setattr(archive, "data_of", lambda _content, _key: {"catalogue": {}})

    with pytest.raises(HeadgateError, match="signed, but no facts: KeyError"):
        told.about([])
