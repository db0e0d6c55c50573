"""What a team asks for gives its namespace: names that fit, however long the team's are, and each of them once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from stack_folder import DIGEST, Stacks

from components import names
from headgate.stack.load import LoadedStack, load_stack

pytestmark = pytest.mark.unit

TEAM = "t" * 20
BOTH = f"version: 1.1.0, digest: {DIGEST}"
RUNTIME = f"runtime: {{image: a/b, digest: {DIGEST}}}"
SMALL = "resources: {cpu: 100m, memory: 128Mi}"
DATA = "abfss://data@data.dfs.core.windows.net/x"


def long(end: str) -> str:
    """Return the longest name that ends so."""
    return "m" * (40 - len(end)) + end


STRATEGIES = ("canary: {}", f"abtest: {{header: x-try, variant: {{{BOTH}}}}}", "bluegreen: {}")
MODELS = "".join(
    f"""\
      - name: {long(str(number))}
        version: 1.0.0-{"r" * 60}
        digest: {DIGEST}
        {RUNTIME}
        {SMALL}
        grpc: true
        replicas: {{min: 1, max: 2}}
        fallback: {{version: 0.9.0, digest: {DIGEST}}}
        flags: [{{name: {long("f")}, boolean: true}}]
        strategy: {{{strategy}}}
"""
    for number, strategy in enumerate(STRATEGIES)
)
TEXT = f"""\
config:
  headgate:team:
    name: {TEAM}
    owner: {long("o")}
    cost_center: {long("c")}
    models:
{MODELS}
    language_models:
      - name: {long("l")}
        version: 1.0.0
        digest: {DIGEST}
        {RUNTIME}
        {SMALL}
        replicas: {{min: 1, max: 2}}
        spending: {{tokens_per_minute: 1000, tokens_per_month: 1000000}}
        safety: {{suite: basics, evaluation: {DIGEST}}}
        content_logging: {{contents: none}}
    batch:
      - {{name: {long("b")}, model: a, {BOTH}, {RUNTIME}, source: "{DATA}", target: "{DATA}", {SMALL}}}
    training:
      - name: {long("p")}
        model: a
        trainer: {{image: a/b, digest: {DIGEST}}}
        dataset: {DATA}
        triggers: {{data: {{path: "{DATA}"}}}}
        {SMALL}
    retraining_receiver: {{image: a/b, digest: {DIGEST}}}
"""


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return what a stack of longest names makes, kind and inputs."""
    stacks = Stacks(tmp_path / "stacks")
    stacks.write(f"Pulumi.{TEAM}-dev.yaml", TEXT)

    def loaded(name: Any, *_: Any) -> LoadedStack:
        return load_stack(name, stacks.folder)

    monkeypatch.setattr("infra.settings.load_stack", loaded)
    monkeypatch.setattr("infra.layers.platform.load_stack", loaded)
    platform = run("platform-dev")
    return list(run(f"{TEAM}-dev", platform=platform.exports, preview=True).resources.values())


def test_names_are_the_items_their_parts_or_the_namespaces_own(made: list[tuple[str, dict[str, Any]]]) -> None:
    """What `headgate stack validate` keeps free is all that is taken; nothing is longer than Kubernetes takes."""
    kinds = ("Service", "ServiceAccount", "Ingress", "NetworkPolicy", "Deployment", "Rollout", "CronJob")
    found = {
        inputs["metadata"]["name"]
        for kind, inputs in made
        if kind.startswith("kubernetes:") and kind.rpartition(":")[2] in kinds
    }
    items = {long(end) for end in ("0", "1", "2", "l", "b", "p")}
    parts = {f"{item}-{part}" for item in items for part in names.OF_A_MODEL}

    assert found - items - parts == names.OF_THE_NAMESPACE - {"default"}
    assert {each[41:] for each in found & parts} == set(names.OF_A_MODEL)
    assert max(map(len, found)) <= 63


def test_labels_fit(made: list[tuple[str, dict[str, Any]]]) -> None:
    """A version may be longer than the value of a label."""
    labels = [
        value
        for kind, inputs in made
        if kind.startswith("kubernetes:")
        for value in inputs.get("metadata", {}).get("labels", {}).values()
    ]

    assert [value for value in labels if len(value) > 63] == []


def test_objectives_fit(made: list[tuple[str, dict[str, Any]]]) -> None:
    """OpenSLO takes 63 letters; a team and a model have more, and each objective a name of its own."""
    groups = [inputs["ruleGroupName"] for kind, inputs in made if kind.endswith(":PrometheusRuleGroup")]
    objectives = [name for name in groups if name.startswith("slo-")]

    assert len(objectives) == len(set(objectives)) > 6
    assert max(map(len, objectives)) == len("slo-") + 63
