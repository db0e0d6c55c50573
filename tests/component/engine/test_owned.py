"""A resource of Azure that its owners alone let go, with the real engine: a registry, on the way to its deletion."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from headgate.sandbox import shims

from .conftest import STACK, Protected, Trial, protect

pytestmark = pytest.mark.component

# Properties are the trial provider's, which is the same for both.
PROGRAM = """
import pulumi
pulumi.CustomResource("azure-native:containerregistry:Registry", "models", {
    "metadata": {"namespace": "rg-models", "name": "models"}, "data": {"value": "1"},
})
"""


@pytest.fixture
def registry(trial: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Protected:
    """Deploy a registry into an environment that protects what is like it."""
    monkeypatch.setitem(shims._PROVIDERS, "azure-native", "trial_kubernetes")
    (trial.project / "infra" / "__main__.py").write_text(PROGRAM)
    trial.deploy()
    made = protect(trial, tmp_path, monkeypatch)
    parameters = trial.project / "policies" / "parameters" / "sandbox.yaml"
    document = yaml.safe_load(parameters.read_text())
    document["approval"]["protects"] = True
    parameters.write_text(yaml.safe_dump(document))
    made.commit()
    return made


def test_a_registry_goes_once_its_owners_have_approved_the_plan(registry: Protected) -> None:
    """Security's approval is not enough: HG-AP-006 stands until the platform's is there, too, and then it is gone."""
    early, error = registry.run("destroy", "-s", STACK)
    registry.approve("amina")
    one, lacking = registry.run("destroy", "-s", STACK)
    still = registry.trial.existing()
    registry.approve("badr")
    destroyed, gone = registry.run("destroy", "-s", STACK)

    assert (early, one, still) == (3, 3, ["models"])
    assert ["HG-AP-006" in str(each) for each in (error, lacking)] == [True, True]
    assert (destroyed, gone["changes"], registry.trial.existing()) == (0, {"delete": 2}, [])
