"""Managed work that goes back to an earlier program, by the real engine: a locked workspace keeps every version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headgate.sandbox.azure.ids import group_id
from headgate.sandbox.layout import CHECKOUT
from tests.component.azure.conftest import AzureProcess, Project

pytestmark = pytest.mark.component

STACK = "organization/headgate/dev"
WORKSPACE = f"{group_id('rg-ml')}/providers/Microsoft.MachineLearningServices/workspaces/mlw"
IMAGES = {name: f"hg.azurecr.io/runtimes/oip@sha256:{name * 64}" for name in "abc"}
# One program of a job, which changes, and those of an endpoint, of which some come and go.
PROGRAM = f"""
import json, pathlib, sys
sys.path.insert(0, {str(CHECKOUT)!r})
import pulumi
from pulumi_azure_native import authorization, machinelearningservices as learning, resources
from components.azure.guard import Guard
from components.azure.learning_job import LearningJob, environment, serving_environments
from infra.deployed import exports
from infra.layers.environments import Environments

asked = json.loads(pathlib.Path(__file__).with_name("asked.json").read_text())
ownership = {{
    "team": "fraud", "owner": "fraud", "environment": "dev", "cost_center": "ml", "data_class": "internal",
    "commit": asked["commit"], "change": "CHG-7",
}}
place = {{"resource_group": "rg-ml", "workspace": "mlw", "region": "uaenorth"}}
group = resources.ResourceGroup("group", resource_group_name="rg-ml", location="uaenorth")
workspace = learning.Workspace(
    "workspace", workspace_name="mlw", resource_group_name=group.name, location="uaenorth",
    identity={{"type": "SystemAssigned"}},
)
before, environments = exports({STACK!r}), Environments.of({STACK!r})

class Work(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("headgate:index:Work", name, {{}}, pulumi.ResourceOptions(depends_on=[workspace]))
        self.job = LearningJob(name, name, "fraud", place, Guard(self, name, {{"ownership": ownership}}))

    def named(self, images):
        found = environments.named(self.job.logical, images, before.get(self.job.purpose))
        pulumi.export(self.job.purpose, {{"environments": found.ever}})
        return found.versions

one, some = Work("job"), Work("answers")
for image, version in one.named(asked["job"]).items():
    environment(one.job, image, version)
serving_environments(some.job, some.named(asked["answers"]))
if asked.get("fails"):
    # Refused by Azure once all else is there. What is exported waits for it, so nothing is.
    refused = resources.ResourceGroup(
        "refused", resource_group_name="asked to fail.", location="uaenorth",
        opts=pulumi.ResourceOptions(depends_on=[one, some]),
    )
    pulumi.export("refused", refused.id)
"""


class Workspace:
    """A stack of managed work in a workspace."""

    def __init__(self, project: Project, azure: AzureProcess) -> None:
        """Take what is driven."""
        self._project = project
        self._azure = azure
        self._updates = 0

    def asks(self, job: str, answers: str, **more: Any) -> list[str]:
        """Deploy these programs with another commit; return the versions that stand, as the engine knows them."""
        self._updates += 1
        images = {"job": [IMAGES[job]], "answers": [IMAGES[each] for each in answers]}
        rows = self._project.deployed({**images, "commit": f"{self._updates:07d}", **more})
        assert [each["urn"] for each in rows if each.get("delete")] == []
        return sorted(each["id"].partition("/environments/")[2] for each in rows if "/versions/" in each.get("id", ""))

    def keeps(self, name: str) -> list[str]:
        """Return the versions that Azure has of an environment."""
        found = self._azure.client.own("GET", "/-/resources")["value"]
        begin = f"{WORKSPACE}/environments/{name}/versions/".lower()
        return sorted(each["id"].rpartition("/")[2] for each in found if each["id"].lower().startswith(begin))


@pytest.fixture
def workspace(azure: AzureProcess, tmp_path: Path) -> Workspace:
    """Lay out a stack that was never deployed."""
    return Workspace(Project(tmp_path / "project", azure, PROGRAM), azure)


def test_going_back_to_an_earlier_program_needs_no_way_round(workspace: Workspace) -> None:
    """A, B, A again, and both again; what stands keeps its name, whatever commit the update is of."""
    a, b = "a" * 16, "b" * 16

    assert workspace.asks("a", "a") == [f"fraud-answers/versions/{a}", f"fraud-job/versions/{a}"]
    assert workspace.asks("a", "ab") == [
        f"fraud-answers/versions/{a}",
        f"fraud-answers/versions/{b}",
        f"fraud-job/versions/{a}",
    ]
    assert workspace.asks("b", "b") == [f"fraud-answers/versions/{b}", f"fraud-job/versions/{b}"]
    assert workspace.asks("a", "ab") == [
        f"fraud-answers/versions/{a}-2",
        f"fraud-answers/versions/{b}",
        f"fraud-job/versions/{a}-2",
    ]
    assert workspace.asks("b", "a") == [f"fraud-answers/versions/{a}-2", f"fraud-job/versions/{b}-2"]
    assert workspace.keeps("fraud-job") == [a, f"{a}-2", b, f"{b}-2"]
    assert workspace.keeps("fraud-answers") == [a, f"{a}-2", b]


def test_a_program_of_an_update_that_failed_can_be_tried_again(workspace: Workspace) -> None:
    """What it made is known by the state, though nothing was exported: back to the old one, and forward once more."""
    a, b = "a" * 16, "b" * 16
    workspace.asks("a", "a")
    with pytest.raises(AssertionError, match="asked to fail"):
        workspace.asks("b", "ab", fails=True)

    assert workspace.asks("a", "a")[0] == f"fraud-answers/versions/{a}"
    assert workspace.asks("b", "ab")[1] == f"fraud-answers/versions/{b}-2"


def test_a_program_that_failed_before_another_that_failed_can_be_tried_again(workspace: Workspace) -> None:
    """Nothing tells any more of what the first of them made, and Azure has it: no later name is that one."""
    workspace.asks("a", "a")
    for image in "bc":
        with pytest.raises(AssertionError, match="asked to fail"):
            workspace.asks(image, f"a{image}", fails=True)

    stands = {image: workspace.asks(image, "b")[1] for image in "ab"}
    kept = workspace.keeps("fraud-job")

    assert {image: name[:30] for image, name in stands.items()} == {
        image: f"fraud-job/versions/{image * 11}" for image in "ab"
    }
    assert [each[:16] for each in kept] == [image * 16 for image in "aabbc"]
