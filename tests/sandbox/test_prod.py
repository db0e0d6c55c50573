"""A whole production environment in the sandbox: deployed, unchanged by a second update, protected, and destroyed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.prod import EXAMPLE, MODELS, PLATFORM, TEAM, Deployed, Prod, prod
from headgate import engine
from headgate.sandbox.control import Control
from headgate.sandbox.smoke import smoke
from headgate.stack import PlatformStack

pytestmark = pytest.mark.stress


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prod]:
    """Run a sandbox with nothing in it."""
    with prod(tmp_path_factory.mktemp("prod")) as made:
        yield made


@pytest.fixture(scope="module")
def deployed(environment: Prod) -> dict[str, Deployed]:
    """Deploy the platform, push the models, deploy the team."""
    platform = environment.up(PLATFORM)
    environment.push_models()
    return {PLATFORM: platform, TEAM: environment.up(TEAM)}


def test_all_layers_of_production_are_deployed(deployed: dict[str, Deployed]) -> None:
    """Everything is created in one update each, and nothing else happens."""
    assert {stack: set(made.changes) for stack, made in deployed.items()} == {PLATFORM: {"create"}, TEAM: {"create"}}
    assert deployed[PLATFORM].resources > 100
    assert deployed[TEAM].resources > 60


@pytest.mark.parametrize("stack", [PLATFORM, TEAM])
def test_a_second_update_finds_nothing_to_do(environment: Prod, deployed: dict[str, Deployed], stack: str) -> None:
    """Whatever is in production, the program says the same again."""
    again = environment.up(stack)

    assert dict(again.changes) == {"same": deployed[stack].resources}


@pytest.mark.parametrize("model", MODELS)
def test_every_model_answers_through_the_front_door(
    environment: Prod, deployed: dict[str, Deployed], model: str
) -> None:
    """As a client of production would ask."""
    request = json.loads((EXAMPLE / "samples.json").read_text())[1]["request"]
    endpoint = str(engine.outputs(PLATFORM, state=environment.state)["endpoint"])
    url = endpoint if endpoint.startswith("https://") else f"https://{endpoint}"

    answer = smoke(url, model, request, state=environment.state, patience=120)

    assert answer.ok, answer.error


def test_production_is_taken_down_only_after_its_protection(environment: Prod, deployed: dict[str, Deployed]) -> None:
    """Destroying is refused; with protection and lock taken off by configuration, in an update, it leaves nothing."""
    for stack in (TEAM, PLATFORM):
        refused = environment.destroy(stack)
        assert refused.returncode != 0
        assert "protect" in refused.text() + refused.stderr

    # A refusal comes when the engine reaches what is protected; what hangs on that is gone by then, and comes back
    # first, the clusters' kinds before the team's objects of these kinds.
    for stack in (PLATFORM, TEAM):
        environment.edit(stack, unguarded(stack))
        environment.up(stack)
    for stack in (TEAM, PLATFORM):
        destroyed = environment.destroy(stack)
        assert destroyed.returncode == 0, destroyed.text()[-3000:] + destroyed.stderr[-3000:]
    assert Control(environment.state).regions() == []


def unguarded(stack: str) -> Any:
    """Return the change of a stack file that takes protection off."""
    taken_off = {"protect": False}
    if stack == PLATFORM and "lock" in PlatformStack.model_fields:
        taken_off["lock"] = False
    return lambda settings: settings.update(taken_off)
