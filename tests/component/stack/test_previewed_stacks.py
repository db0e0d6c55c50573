"""Stacks under the real engine, without credentials: the golden path is deployable, previews are priced and drawn."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from headgate.cli.planned import previewed
from headgate.cli.stack import stack
from headgate.cost.estimate import estimate
from headgate.cost.table import load_table
from headgate.diagram.inventory import read
from headgate.gate.pull_request import decide
from headgate.plan.places import plain_type
from headgate.plan.view import Operation, View
from headgate.plan.workloads import STANDING
from headgate.policy.bundle import Bundle
from headgate.stack import StackName

pytestmark = pytest.mark.component

ROOT = Path(__file__).resolve().parents[3]
RESTLESS = "replicas: {min: 1, max: 2}"
MODEL = "ranker:1.0.0@sha256:8a717de4774e55cad37b565653c067c78c11d7baefaecda84d9aff25177bf285"


ZERO = f"sha256:{'0' * 64}"
MANAGED = f"""    managed:
      training:
        - name: retrain
          model: fraud-score
          trainer: {{image: runtimes/trainer, digest: {ZERO}}}
          dataset: https://data.example.com/in
          nodes: {{size: Standard_D8s_v5, max: 2}}
          schedule: 0 3 * * 0
      batch:
        - name: archive
          model: fraud-score
          digest: {ZERO}
          runtime: {{image: runtimes/oip-batch, digest: {ZERO}}}
          nodes: {{size: Standard_D8s_v5, max: 2}}
      online:
        - name: answers
          model: fraud-score
          size: Standard_D4s_v5
          versions:
            - {{name: blue, digest: {ZERO}, runtime: {{image: runtimes/oip-server, digest: {ZERO}}}, traffic: 100}}
        - name: chat
          model: fraud-score
          size: Standard_D4s_v5
          versions:
            - {{name: blue, digest: {ZERO}, runtime: {{image: runtimes/vllm-server, digest: {ZERO}}}, traffic: 100}}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the project, so that a stack file can be added."""
    copy = tmp_path_factory.mktemp("project")
    for name in ("Pulumi.yaml", "infra", "components", "headgate", "stacks", "policies"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    (copy / ".venv").symlink_to(ROOT / ".venv")
    return copy


@pytest.fixture(scope="module")
def team(project: Path) -> View:
    """Write a team's stack by the golden path, and preview it."""
    answers = ["--owner", "search-team", "--cost-center", "search", "--data-class", "internal", "--model", MODEL]
    written = CliRunner().invoke(
        stack, ["--stacks", str(project / "stacks"), "new", "search-dev", "--from", "golden-path", *answers]
    )
    assert written.exception is None, written.output
    return previewed(StackName.parse("search-dev"), project / "stacks")


@pytest.fixture(scope="module")
def platform(project: Path) -> View:
    """Preview a platform."""
    return previewed(StackName.parse("platform-dev"), project / "stacks")


def test_a_platform_is_planned_without_credentials(platform: View) -> None:
    """Everything is to be created, both regions alike, and no image is unknown."""
    kinds = Counter(plain_type(each.type).rpartition(":")[2] for each in platform.resources)

    assert {each.operation for each in platform.resources} == {Operation.CREATE}
    assert {kind: kinds[kind] for kind in ("ManagedCluster", "AgentPool", "Vault", "Registry", "AFDOrigin")} == {
        "ManagedCluster": 2,
        "AgentPool": 6,
        "Vault": 2,
        # One of containers, one of machine learning.
        "Registry": 2,
        "AFDOrigin": 2,
    }
    assert images(platform) == {
        f"{registry}/runtimes/{name}"
        # A site's clusters pull from the mirror that stands there.
        for registry in ("hgplatformdev.azurecr.io", "registry.plant-a.example.com")
        for name in ("gateway", "gate-certificates", "opa", "rollouts-controller")
    }


def test_each_resource_knows_its_line_of_the_program(platform: View, team: View, project: Path) -> None:
    """Of the component that makes it, and of the layer that makes the component; the stack's own has none."""
    resources = [each for each in (*platform.resources, *team.resources) if each.type != "pulumi:pulumi:Stack"]
    lines = {each.type: (project / each.source.file).read_text().splitlines() for each in resources if each.source}
    rollout = next(each for each in team.resources if each.kind == "Rollout")
    component = next(each for each in team.resources if each.type == "headgate:index:ModelDeployment")

    assert [each.id for each in resources if each.source is None] == []
    assert rollout.source is not None
    assert component.source is not None
    assert rollout.source.file == "components/kubernetes/deployment.py"
    assert component.source.file == "infra/layers/serving.py"
    assert "ModelDeployment(" in lines[component.type][component.source.line - 1]


def test_a_team_is_planned_before_its_platform_is_deployed(team: View) -> None:
    """Images are known, in both regions."""
    assert images(team) == {
        "hgplatformdev.azurecr.io/models/search/ranker",
        "hgplatformdev.azurecr.io/runtimes/oip-server",
    }
    assert Counter(each.kind for each in team.resources)["Rollout"] == 2


def test_managed_work_passes_the_gate_of_the_pull_request_before_there_is_any(project: Path) -> None:
    """The gates know which environment runs though nothing of it was made; a runtime of language models is refused."""
    file = project / "stacks/Pulumi.fraud-dev.yaml"
    before = file.read_text()
    file.write_text(before.replace("    models:\n", f"{MANAGED}    models:\n"))
    try:
        view = previewed(StackName.parse("fraud-dev"), project / "stacks")
    finally:
        file.write_text(before)
    decision = decide(view, Bundle.find(project / "policies"))

    refused = {(each.rule.id, each.resource.name) for each in decision.results if each.blocking}
    assert refused == {("HG-SV-009", f"chat-managed-environment-{'0' * 16}")}


def images(view: View) -> set[str]:
    """Return the images and models of all pods, without their digests."""
    pods = [each.properties["spec"]["template"]["spec"] for each in view.resources if each.kind in STANDING]
    named = [container["image"] for pod in pods for container in pod["containers"]]
    mounted = [volume["image"]["reference"] for pod in pods for volume in pod.get("volumes", []) if "image" in volume]
    return {reference.partition("@")[0] for reference in (*named, *mounted)}


def test_the_golden_path_passes_the_gate_of_the_pull_request(team: View, project: Path) -> None:
    """Nothing to correct: the file is compliant as it is written."""
    decision = decide(team, Bundle.find(project / "policies"))

    assert int(decision.exit_code) == 0, decision.as_json()
    serving = [each for each in team.resources if each.kind in STANDING]
    assert {(each.connection, each.properties["metadata"]["name"]) for each in serving} == {
        ("cluster-uaenorth", "ranker"),
        ("cluster-uaecentral", "ranker"),
    }


def test_a_model_of_dev_that_rests_at_zero_passes_the_gate_of_the_pull_request(project: Path) -> None:
    """As the guide shows it: what the stack's own checks let through, no rule refuses where nobody depends on it."""
    mine, theirs = (project / f"stacks/Pulumi.{name}-dev.yaml" for name in ("fraud", "platform"))
    asked = "replicas: {min: 0, max: 6}\n        scale_on_requests: {per_second: 20, idle_minutes: 10}"
    before = {file: file.read_text() for file in (mine, theirs)}
    assert RESTLESS in before[mine]
    mine.write_text(before[mine].replace(RESTLESS, asked))
    theirs.write_text(f"{before[theirs]}    cluster: {{event_scaling: true}}\n")
    try:
        view = previewed(StackName.parse("fraud-dev"), project / "stacks")
    finally:
        for file, text in before.items():
            file.write_text(text)
    decision = decide(view, Bundle.find(project / "policies"))

    assert int(decision.exit_code) == 0, decision.as_json()
    scaled = [each.properties["spec"] for each in view.resources if each.kind == "ScaledObject"]
    assert [each["minReplicaCount"] for each in scaled] == [0, 0]


def test_a_team_s_preview_is_priced_as_shares(team: View) -> None:
    """Both regions' pods, between the bounds of an autoscaler whose target is not known yet; nothing is left out."""
    found = estimate(team, load_table())

    assert [(each.region, each.detail) for each in found.shares] == [
        ("uaecentral", "1 to 2 x 0.5 CPU, 1 GiB"),
        ("uaenorth", "1 to 2 x 0.5 CPU, 1 GiB"),
    ]
    assert (found.lines, found.unpriced) == ((), ())


def test_every_resource_of_a_platform_has_a_price_or_is_free(platform: View) -> None:
    """Each pool in its own region, and no type that the table that comes along has forgotten."""
    found = estimate(platform, load_table())

    assert [f"{each.type}: {each.why}" for each in found.unpriced] == []
    assert {each.region for each in found.lines if each.item == "nodes"} == {"uaenorth", "uaecentral"}


def test_previews_are_drawn_whole(platform: View, team: View) -> None:
    """Every cluster, pool and site of the plan, the namespace that no object of it names yet, and the model in it."""
    drawn = read([platform, team])
    pools = [each for each in platform.resources if plain_type(each.type).endswith("containerservice:AgentPool")]

    assert sum(len(region.pools) for region in drawn.regions) == len(pools)
    assert {
        region.name: (
            region.is_gated,
            any(service.is_gateway for service in region.services),
            [(each.name, [model.name for model in each.models]) for each in region.namespaces],
        )
        for region in drawn.regions
    } == {
        "uaenorth": (True, True, [("team-search", ["ranker"])]),
        "uaecentral": (True, True, [("team-search", ["ranker"])]),
        "site-plant-a": (True, True, []),
    }
    assert drawn.edge is not None
    assert drawn.registry is not None
