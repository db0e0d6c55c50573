"""What a newcomer sees: one command, a model that answers, and nothing to do the second time."""

from __future__ import annotations

import pytest
from running_platform import RunningPlatform

pytestmark = pytest.mark.sandbox


def test_a_second_up_changes_nothing_and_the_model_answers(platform: RunningPlatform) -> None:
    """Running the tour again leaves every process as it is and ends with an inference from the front door."""
    before = {name: row["pid"] for name, row in platform.processes().items()}

    again = platform.headgate("tour", "up", "--json")

    assert again.code == 0, again.text
    request = again.json()["request"]
    assert (request["ok"], request["status"], request["region"]) == (True, 200, "uaenorth")
    assert request["outputs"]["score"] == [pytest.approx(0.9921, abs=1e-3)]
    assert {name: row["pid"] for name, row in platform.processes().items()} == before


@pytest.mark.parametrize("stack", ["platform-sandbox", "fraud-sandbox"])
def test_plain_pulumi_finds_no_change(platform: RunningPlatform, stack: str) -> None:
    """`pulumi preview` in a shell with `headgate env` agrees that the stack is as it was asked for."""
    preview = platform.pulumi("preview", "--expect-no-changes", "-s", stack)

    assert preview.code == 0, preview.text


def test_two_regions_each_under_900_megabytes(platform: RunningPlatform) -> None:
    """Both are ready, with control plane, nodes, data plane, and what the platform adds to them."""
    regions = platform.status()["regions"]

    assert {name: region["state"] for name, region in regions.items()} == {"uaenorth": "ready", "uaecentral": "ready"}
    assert [name for name, region in regions.items() if not 0 < region["memory"] < 900 * 2**20] == []


def test_the_outputs_say_what_was_made_and_hide_the_kubeconfigs(platform: RunningPlatform) -> None:
    """The platform's exports name its parts; credentials are secrets in the output and in the state's file."""
    outputs = platform.pulumi("stack", "output", "--json", "-s", "platform-sandbox").json()
    states = list((platform.state / "pulumi").rglob("platform-sandbox.json"))

    assert outputs["registry"] == "hgplatformsandbox.azurecr.io"
    assert set(outputs["kubeconfigs"].values()) == {"[secret]"}
    assert outputs["summary"]["regions"] == ["uaenorth", "uaecentral"]
    assert states
    assert [path for path in states if "client-key-data" in path.read_text()] == []
