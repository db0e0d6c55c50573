"""Saved plans of the real CLI: the same change has the same digest, any other another one, and no secret is told."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from headgate.engine.plan import Planner
from headgate.plan.digest import PlanForm, Secrets, ciphertexts, form_of

from .conftest import STACK, Trial

pytestmark = pytest.mark.component

PROGRAM = """
import json, pathlib, pulumi
wanted = json.loads(pathlib.Path(__file__).parents[1].joinpath("wanted.json").read_text())
made = {}
for name, value in wanted.items():
    value = pulumi.Output.secret(value) if name.startswith("secret") else value
    made[name] = pulumi.CustomResource("kubernetes:core/v1:ConfigMap", name, {
        "metadata": {"namespace": "default", "name": name}, "data": {"value": value},
    })
if made:
    first = next(iter(made.values()))
    pulumi.CustomResource("kubernetes:core/v1:ConfigMap", "late", {
        "metadata": {"namespace": "default", "name": "late"}, "data": {"value": first.id},
    })
"""
ROOT = f"urn:pulumi:{STACK}::headgate::kubernetes:core/v1:ConfigMap::"


def form(planner: Planner, key: str) -> tuple[PlanForm, Mapping[str, str]]:
    """Return the form of a new plan, and what was opened for it."""
    with planner.plan() as plan:
        texts = planner.open(ciphertexts(plan.document, plan.state))
        return form_of(plan.document, plan.state, Secrets(planner.open_key(key), texts), stack=STACK), texts


def test_a_plan_keeps_its_digest_until_the_change_is_another(trial: Trial) -> None:
    """Planned twice it is the same; another secret is another, and neither is to be read."""
    (trial.project / "infra" / "__main__.py").write_text(PROGRAM)
    trial.want(a="1", secret="correct-horse-battery")
    planner = Planner.of(STACK, trial.project, trial.state)
    key = planner.new_key()

    first, opened = form(planner, key)
    again, _ = form(planner, key)
    trial.want(a="1", secret="another-horse-battery")
    swapped, _ = form(planner, key)

    shown = json.dumps(first.as_json())
    assert (first.digest == again.digest, first.digest == swapped.digest) == (True, False)
    assert (list(opened.values()), "correct-horse" in shown, key in shown) == (
        ['"correct-horse-battery"'],
        False,
        False,
    )
    assert first.resources[f"{ROOT}late"]["inputs"]["data"]["value"] == {"$unknown": [f"{ROOT}a"]}
    assert first.resources[f"{ROOT}secret"]["operations"] == ["create"]
    differing = {urn for urn, each in swapped.resources.items() if each != first.resources[urn]}
    assert differing == {f"{ROOT}secret"}


def test_a_plan_over_a_state_has_the_whole_of_what_is_asked_for(trial: Trial) -> None:
    """What is kept, changed and deleted, with the secrets that the state has."""
    (trial.project / "infra" / "__main__.py").write_text(PROGRAM)
    trial.want(a="1", b="1", secret="correct-horse-battery")
    trial.deploy()
    trial.want(a="2", secret="correct-horse-battery")
    planner = Planner.of(STACK, trial.project, trial.state)

    found, _ = form(planner, planner.new_key())

    assert {urn.removeprefix(ROOT): each["operations"] for urn, each in found.resources.items() if ROOT in urn} == {
        "a": ["update"],
        "b": ["delete"],
        "late": ["same"],
        "secret": ["same"],
    }
    assert found.resources[f"{ROOT}a"]["inputs"]["data"] == {"value": "2"}
    assert set(found.resources[f"{ROOT}secret"]["inputs"]["data"]["value"]) == {"$secret"}
