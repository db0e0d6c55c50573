"""The record of a version that goes back, on its way from a stack to the object that rules judge."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from headgate.stack import load_stack
from headgate.stack.strategy import Rollback
from tests.unit.infra.test_stacks import PLATFORM

pytestmark = pytest.mark.unit

BACK = Rollback(of="1.3.0", date="2026-01-31", reason="scores drift since Monday")


@pytest.mark.parametrize(("stack", "of"), [("fraud-prod", "models"), ("assistant-prod", "language_models")])
def test_the_record_stands_on_each_object_of_its_model(
    run: Any, monkeypatch: pytest.MonkeyPatch, stack: str, of: str
) -> None:
    """In each region, and on no other model's."""

    def loaded(*arguments: Any) -> Any:
        found = load_stack(*arguments)
        if not found.name.is_platform:
            models = [each.model_copy(update={"rollback": BACK}) for each in getattr(found.team, of)]
            return replace(found, config=found.team.model_copy(update={of: models}))
        return found

    monkeypatch.setattr("infra.settings.load_stack", loaded)
    program = run(stack, platform=PLATFORM)
    records = {
        inputs["metadata"]["name"]: inputs["metadata"]["annotations"].get("headgate.dev/rollback")
        for kind, inputs in program.resources.values()
        if kind.endswith(":Rollout")
    }
    expected = {each.name for each in getattr(load_stack(stack).team, of)}

    assert {name for name, record in records.items() if record} == expected
    assert {records[name] for name in expected} == {"2026-01-31 from 1.3.0: scores drift since Monday"}


def test_the_record_stands_on_the_model_at_a_site_too(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes back in the regions goes back at the site: the gates ask there for the same reason."""

    def loaded(*arguments: Any) -> Any:
        found = load_stack(*arguments)
        if found.name.is_platform:
            return found
        models = [each.model_copy(update={"rollback": BACK}) for each in found.team.models]
        return replace(found, config=found.team.model_copy(update={"models": models}))

    monkeypatch.setattr("infra.settings.load_stack", loaded)
    shared = {**PLATFORM, "registry": "hgplatformdev.azurecr.io", "sites": {"plant-a": "plant"}}
    program = run("vision-dev", platform=shared)
    records = {
        inputs["metadata"]["annotations"].get("headgate.dev/rollback")
        for kind, inputs in program.resources.values()
        if kind.endswith(":Rollout") and "headgate.dev/site" in inputs["metadata"]["annotations"]
    }

    assert records == {"2026-01-31 from 1.3.0: scores drift since Monday"}
