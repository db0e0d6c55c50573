"""A language model's autoscaler goes by its tokens in flight: both stacks ask for it in their files, on a platform."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running_platform import CHECKOUT, RunningPlatform, eventually

from headgate.model import ModelRegistry, Registry, program_image
from headgate.model.images import simulated_image
from headgate.sandbox.dataplane.registries import sandbox_resolver
from headgate.sandbox.layout import StateDir
from headgate.sandbox.toolchain import TOOLS

pytestmark = pytest.mark.stress

PLATFORM, TEAM = "platform-sandbox", "fraud-sandbox"
REGIONS = ("uaenorth", "uaecentral")
FIGURE = "headgate_tokens_in_flight"
API = "v1beta2.custom.metrics.k8s.io"
EXAMPLE = CHECKOUT / "examples" / "models" / "simulated-assistant"
ADAPTER = program_image("prometheus-adapter", next(tool.version for tool in TOOLS if tool.name == "prometheus-adapter"))
RUNTIME = simulated_image("simulated-language-model")


def measures(config: dict[str, Any]) -> None:
    """Have each cluster answer for figures of pods."""
    image = {"image": ADAPTER.repository, "digest": ADAPTER.digest}
    config["headgate:platform"]["cluster"] = {"pod_metrics": image}


def speaks(digest: str) -> Any:
    """Return an edit of the team's stack: a language model."""

    def edit(config: dict[str, Any]) -> None:
        config["headgate:team"]["language_models"] = [
            {
                "name": "assistant",
                "version": "1.0.0",
                "digest": digest,
                "runtime": {"image": RUNTIME.repository, "digest": RUNTIME.digest},
                "replicas": {"min": 1, "max": 2},
                "resources": {"cpu": "500m", "memory": "512Mi"},
                "context_tokens": 4096,
                "tokens_in_flight": 4096,
                "objectives": {"time_to_first_token_ms": 800, "tokens_per_second": 25},
                "spending": {"tokens_per_minute": 20000, "tokens_per_month": 50000000},
                "safety": {"suite": "assistant-safety", "evaluation": digest},
                "content_logging": {"contents": "none"},
            }
        ]

    return edit


def deployed(platform: RunningPlatform, stack: str, edit: Any) -> Path:
    """Deploy a stack that asks for more."""
    changed = platform.edited(stack, edit)
    kept = changed.rename(changed.with_name(f"figures-{stack}.yaml"))
    done = platform.up(stack, "--config-file", str(kept))
    assert done.code == 0, done.text
    return kept


@pytest.fixture(scope="module")
def asked(platform: RunningPlatform) -> Iterator[dict[str, Path]]:
    """Deploy both, and put them back at the end, which leaves no API that nobody answers."""
    registry = Registry("hgplatformsandbox.azurecr.io", sandbox_resolver(StateDir(platform.state)))
    for image in (ADAPTER, RUNTIME):
        image.push(registry)
    pushed = ModelRegistry(registry).push(EXAMPLE, "fraud/assistant", "1.0.0")
    platform.prove("fraud/assistant@1.0.0", EXAMPLE / "proofs")
    edits = ((PLATFORM, measures), (TEAM, speaks(pushed.digest)))
    files = {stack: deployed(platform, stack, edit) for stack, edit in edits}
    yield files
    for stack in (TEAM, PLATFORM):
        restored = platform.up(stack)
        assert restored.code == 0, restored.text
    for region in REGIONS:
        assert platform.kubectl(region, "get", "apiservice", API).code != 0
        assert platform.kubectl(region, "get", "namespace", "headgate-metrics").code != 0


def test_every_autoscaler_reads_the_tokens_of_its_region(platform: RunningPlatform, asked: dict[str, Path]) -> None:
    """None are in flight, which is a figure; while nothing answered there would be none."""
    path = "jsonpath={.status.currentMetrics[0].pods.current.averageValue}"
    for region in REGIONS:
        scaler = ("get", "hpa", "assistant", "-n", "team-fraud", "-o", path)
        eventually(lambda ask=(region, *scaler): platform.kubectl(*ask).out == "0", f"{region} reads a figure", 180)
        figures = ("get", "--raw", f"/apis/custom.metrics.k8s.io/v1beta2/namespaces/team-fraud/pods/*/{FIGURE}")
        items = json.loads(platform.kubectl(region, *figures).out)["items"]
        named = ("get", "pods", "-n", "team-fraud", "-l", "headgate.dev/model=assistant", "-o", "name")
        assert {f"pod/{each['describedObject']['name']}" for each in items} == {
            *platform.kubectl(region, *named).out.split()
        }


def test_a_second_update_changes_nothing(platform: RunningPlatform, asked: dict[str, Path]) -> None:
    """The authority that the certificate's keeper put into the registration is its own."""
    for stack, file in asked.items():
        preview = platform.pulumi("preview", "--json", "-s", stack, "--config-file", str(file))
        assert preview.code == 0, preview.text
        assert [step["urn"] for step in preview.json()["steps"] if step["op"] not in {"same", "read"}] == [], stack
