"""Diagrams: what is read from resources, and that two drawings of one deployment are the same."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from stack_folder import DIGEST, Stacks

from headgate.cli import stack_diagram
from headgate.cli.stack import stack
from headgate.diagram import mermaid, picture
from headgate.diagram.edge import Edge, Origin
from headgate.diagram.inventory import Inventory, Pool, Record, Region, Registry, read
from headgate.diagram.workload import Namespace, Served, Service
from headgate.errors import HeadgateError
from headgate.plan.opaque import UNKNOWN
from headgate.plan.pulumi import from_state
from headgate.plan.view import View

pytestmark = pytest.mark.unit

AKS, CDN = "azure-native:containerservice", "azure-native:cdn"
VERSION = {"headgate.dev/model-version": "1.0.0"}


def resource(token: str, name: str, *, part_of: str = "", region: str = "", **inputs: Any) -> dict[str, Any]:
    """Return one resource of a state; `part_of` is its component's type, `region` that of its cluster."""
    found = {"urn": f"urn:pulumi:STACK::headgate::{token}::{name}", "type": token, "custom": True, "inputs": inputs}
    if part_of:
        found["parent"] = f"urn:pulumi:STACK::headgate::headgate:index:{part_of}::{part_of}-{region}"
    if region:
        found["provider"] = f"urn:pulumi:STACK::headgate::pulumi:providers:kubernetes::cluster-{region}::id"
    return found


def component(kind: str, place: str, **inputs: Any) -> dict[str, Any]:
    """Return a component."""
    return {**resource(f"headgate:index:{kind}", f"{kind}-{place}"), "inputs": inputs}


def workload(kind: str, name: str, part_of: str, *, spec: Any, **metadata: Any) -> dict[str, Any]:
    """Return an object of the primary region's cluster."""
    whole = {"name": name, **metadata}
    return resource(f"kubernetes:{kind}", name, part_of=part_of, region="uaenorth", metadata=whole, spec=spec)


def view(stack_name: str, *resources: dict[str, Any]) -> View:
    """Return the view of a stack's state."""
    text = json.dumps({"deployment": {"resources": list(resources)}}).replace("STACK", stack_name)
    return from_state(json.loads(text), stack_name)


def platform() -> View:
    """Return two clusters, their pools, gate and gateway in one of them, registry, edge, logs."""
    pool = {"vmSize": "Standard_D4s_v5", "resourceName": dict(UNKNOWN)}
    return view(
        "platform-dev",
        component("ServingCluster", "uaenorth", region="uaenorth"),
        component("ServingCluster", "uaecentral", region="uaecentral"),
        component("AdmissionGate", "uaenorth"),
        component("ServingGateway", "uaenorth"),
        *(
            resource(f"{AKS}:ManagedCluster", f"aks-{name}", location=name, resourceName=f"aks-{name}", **version)
            for name, version in (("uaecentral", {}), ("uaenorth", {"kubernetesVersion": "1.36"}))
        ),
        pooled("cpu", **pool, minCount=1, maxCount=3),
        pooled("system", **pool, minCount=1, maxCount=1),
        pooled("spare", **pool, minCount=0, maxCount=2, scaleSetPriority="Spot"),
        resource(f"{CDN}/v20250415:AFDEndpoint", "e", endpointName="models-dev"),
        resource(f"{CDN}:AFDOrigin", "o1", originName="uaenorth", priority=1, weight=500),
        resource(f"{CDN}:AFDOrigin", "o2", originName="uaecentral", priority=2, weight=500, enabledState="Disabled"),
        resource("azure-native:containerregistry:Registry", "r", registryName="hg", location="uaenorth"),
        resource("azure-native:containerregistry:Replication", "rr", location="uaecentral"),
        resource("azure-native:operationalinsights:Workspace", "logs", workspaceName="log-dev", location="uaenorth"),
        resource("azure-native:storage:StorageAccount", "scratch", accountName="notkept", location="uaenorth"),
        resource("azure-native:keyvault:Vault", "v1", location="uaenorth"),
        resource("azure-native:keyvault:Vault", "v2", location="uaecentral"),
        workload("apps/v1:Deployment", "gateway", "ServingGateway", spec={"replicas": 2}, namespace="g"),
        workload("apps/v1:Deployment", "opa", "AdmissionGate", spec={"replicas": 3}, namespace="gate"),
        workload("admissionregistration.k8s.io/v1:ValidatingWebhookConfiguration", "w", "AdmissionGate", spec={}),
    )


def pooled(name: str, **inputs: Any) -> dict[str, Any]:
    """Return a pool that says only by its component where it is, as in a plan."""
    found = resource(
        f"{AKS}:AgentPool", name, part_of="ServingCluster", region="uaenorth", agentPoolName=name, **inputs
    )
    del found["provider"]
    return found


def team(namespace: Any = "team-fraud") -> View:
    """Return a namespace with a model on GPUs, and a nightly job."""
    model = {"name": "m", "image": {"reference": f"hg.azurecr.io/models/fraud/fraud-score@{DIGEST}"}}
    asked = {"resources": {"requests": {"nvidia.com/gpu": "1"}}}
    pods = {"spec": {"volumes": [model], "containers": [asked]}}
    labels = {"headgate.dev/model": "fraud-score", "headgate.dev/team": "fraud"}
    own = {"namespace": namespace, "labels": labels}
    job = {"schedule": "0 1 * * *", "jobTemplate": {"spec": {"template": pods}}}
    bounds = {"minReplicas": 2, "maxReplicas": 6, "scaleTargetRef": {"name": "fraud-score"}}
    return view(
        "fraud-dev",
        component("TeamTenancy", "uaenorth"),
        component("ModelDeployment", "uaenorth"),
        workload("core/v1:Namespace", "team-fraud", "TeamTenancy", spec={}),
        workload("batch/v1:CronJob", "nightly", "BatchScoring", spec=job, **own),
        workload(
            "apps/v1:Deployment", "fraud-score", "ModelDeployment", spec={"template": pods}, annotations=VERSION, **own
        ),
        workload(
            "autoscaling/v2:HorizontalPodAutoscaler", "fraud-score", "ModelDeployment", spec=bounds, namespace=namespace
        ),
    )


WHOLE = Inventory(
    stacks=("platform-dev", "fraud-dev"),
    regions=(
        Region(
            name="uaenorth",
            cluster="aks-uaenorth",
            version="1.36",
            pools=(
                Pool("system", "Standard_D4s_v5", 1, 1),
                Pool("cpu", "Standard_D4s_v5", 1, 3),
                Pool("spare", "Standard_D4s_v5", 0, 2, spot=True),
            ),
            namespaces=(
                Namespace(
                    "team-fraud",
                    (
                        Served("fraud-score", "model", "1.0.0", "sha256:aaaaaaaaaaaa", "2 to 6 pods", gpu=True),
                        Served("nightly", "job", "", "sha256:aaaaaaaaaaaa", "0 1 * * *", gpu=True),
                    ),
                ),
            ),
            services=(Service("gateway", "2 pods", is_gateway=True), Service("opa", "3 pods")),
            is_gated=True,
            priority=1,
            weight=500,
        ),
        Region(name="uaecentral", cluster="aks-uaecentral"),
    ),
    edge=Edge("Front Door", "models-dev", (Origin("uaenorth", 1, 500, True), Origin("uaecentral", 2, 500, False))),
    registry=Registry("hg.azurecr.io", ("uaenorth", "uaecentral")),
    records=(Record("logs", "log-dev"),),
    shared=("2 key vaults",),
    resources=21,
)


@pytest.mark.parametrize("namespace", ["team-fraud", dict(UNKNOWN)], ids=["deployed", "planned"])
def test_resources_become_an_inventory(namespace: Any) -> None:
    """Of a state as of a plan, which knows no namespace yet; a region that is out of traffic has no rank."""
    assert read([platform(), team(namespace)]) == WHOLE


def test_traffic_manager_is_an_edge_too() -> None:
    """With its endpoints, whose names end in their region's."""
    endpoints = [{"name": "gateway-uaenorth", "priority": 1, "weight": 7}]
    manager = resource("azure-native:trafficmanager:Profile", "tm", profileName="hg-dev", endpoints=endpoints)
    cluster = resource(f"{AKS}:ManagedCluster", "aks", location="uaenorth", resourceName="aks")
    found = read([view("platform-dev", manager, cluster)])

    assert found.edge == Edge("Traffic Manager", "hg-dev.trafficmanager.net", (Origin("gateway-uaenorth", 1, 7, True),))
    assert (found.regions[0].priority, found.regions[0].weight) == (1, 7)


def test_a_site_is_a_place_of_its_own_behind_no_edge() -> None:
    """Its record is in a region, which is not where it is; a second cluster beside it keeps its own card."""
    record = component("EdgeSite", "plant-a", region="uaenorth", site="plant-a")
    record["urn"] = record["urn"].replace("EdgeSite-plant-a", "site-plant-a")
    cluster = resource(
        "azure-native:kubernetes:ConnectedCluster", "site-c", location="uaenorth", clusterName="arc-dev-plant-a"
    )
    gateway = resource(
        "kubernetes:core/v1:Namespace", "n", region="site-plant-a", metadata={"name": "headgate-gateway"}
    )
    gateway["provider"] = gateway["provider"].replace("cluster-site-plant-a", "site-plant-a")
    aks = resource(f"{AKS}:ManagedCluster", "aks", location="uaenorth", resourceName="aks-dev-uaenorth")
    found = read([view("platform-dev", record, {**cluster, "parent": record["urn"]}, gateway, aks)])

    assert found.regions == (
        Region(name="site-plant-a", cluster="arc-dev-plant-a"),
        Region(name="uaenorth", cluster="aks-dev-uaenorth"),
    )


def texts(svg: str) -> list[str]:
    """Return the texts of a picture, which must be well-formed."""
    return [node.text or "" for node in ElementTree.fromstring(svg).iter() if node.tag.endswith("}text")]  # noqa: S314


def test_everything_that_was_read_is_in_the_picture() -> None:
    """With nothing fetched from elsewhere, and a title for those who do not see it."""
    svg = picture.draw(WHOLE)

    assert [
        each
        for each in (
            *("Front Door", "models-dev", "changes", "uaenorth", "aks-uaenorth · Kubernetes 1.36", "uaecentral"),
            *("gateway · 2 pods", "admission gate · fails closed", "priority 1 · weight 500", "opa (3 pods)"),
            *("namespace team-fraud", "fraud-score 1.0.0", "2 to 6 pods", "sha256:aaaaaaaaaaaa…", "GPU"),
            *("nightly", "0 1 * * *", "job · sha256:aaaaaaaaaaaa…", "cpu", "D4s_v5", "1 to 3", "D4s_v5 spot"),
            *("hg.azurecr.io · copies in uaecentral", "logs log-dev", "2 key vaults"),
            *("requests", "changes, judged", "models and images, by digest", "logs, decisions, events"),
            "21 resources of platform-dev, fraud-dev",
        )
        if each not in texts(svg)
    ] == []
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
    assert "<title>platform-dev, fraud-dev: uaenorth, uaecentral; 21 resources</title>" in svg


def test_a_region_that_gets_no_traffic_gets_no_line() -> None:
    """One request line from the edge: to the region that has a rank."""
    drawn = re.findall(r'class="request ends" d="M[\d.]+ 104C', picture.draw(WHOLE))

    assert len(drawn) == 1


def test_what_is_not_there_is_not_drawn() -> None:
    """A team alone has neither edge nor registry; an empty stack is an empty picture, not an error."""
    alone = texts(picture.draw(read([team()])))
    empty = texts(picture.draw(read([view("fraud-dev", component("Nothing", "x"))])))

    assert "fraud-score 1.0.0" in alone
    assert not {"Front Door", "changes", "registry of models and images", "records", "requests"} & set(alone)
    assert empty == ["0 resources of fraud-dev", ""]


def test_long_names_are_cut_and_odd_ones_escaped() -> None:
    """Nothing runs out of its box, nothing breaks the document."""
    long = Served("a" * 40, "model", "1.0.0-" + "b" * 40, "", "<&> pods")
    svg = picture.draw(Inventory(("s-dev",), (Region("uaenorth", namespaces=(Namespace("team-<x>", (long,)),)),)))

    assert {"a" * 33 + "…", "namespace team-<x>", "<&> pods"} <= set(texts(svg))


@pytest.mark.parametrize("draw", [picture.draw, mermaid.draw], ids=["svg", "mermaid"])
def test_the_order_of_resources_changes_nothing(draw: Any) -> None:
    """Two previews of one program list them in different orders; the pictures are the same, byte for byte."""
    shuffled = []
    for each in (platform(), team()):
        resources = list(each.resources)
        random.Random(7).shuffle(resources)  # noqa: S311
        shuffled.append(View(tuple(resources), each.origin, each.stack))

    assert draw(read(shuffled)) == draw(read([platform(), team()]))


def test_mermaid_has_the_same_things_and_flows() -> None:
    """Regions as groups; each flow from a thing that is drawn to another."""
    text = mermaid.draw(WHOLE)
    made = set(re.findall(r"^ *(?:subgraph )?(\w+)[\[(]", text, re.MULTILINE))
    flows = re.findall(r"^  (\w+) -.*?[->]{2,3} (\w+)$", text, re.MULTILINE)

    assert flows == [
        ("callers", "edge"),
        ("edge", "uaenorth_gateway"),
        ("changes", "uaenorth_gate"),
        ("uaenorth_gateway", "uaenorth_team_fraud_fraud_score"),
        ("registry", "uaenorth"),
        ("uaenorth", "records"),
        ("registry", "uaecentral"),
        ("uaecentral", "records"),
    ]
    assert {end for flow in flows for end in flow} <= made
    assert text.count("subgraph ") == text.count("  end\n")


def test_marks_of_mermaid_in_names_are_none() -> None:
    """A quote or a number sign in a name ends no label."""
    odd = Served('a"b#c', "model", "1.0.0", "", "1 pod")
    text = mermaid.draw(Inventory(("s-dev",), (Region("uaenorth", namespaces=(Namespace("n", (odd,)),)),)))

    assert '["<b>a#quot;b#35;c 1.0.0</b><br/>1 pod"]' in text


def run(stacks: Stacks, *arguments: str) -> Result:
    """Run the command over a test's stacks."""
    return CliRunner().invoke(stack, ["--stacks", str(stacks.folder), "diagram", *arguments], standalone_mode=False)


@pytest.fixture
def stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stacks:
    """Return a platform and a team, whose previews are told instead of made."""
    monkeypatch.setattr(stack_diagram, "previewed", lambda name, _: platform() if name.is_platform else team())
    return Stacks(tmp_path / "stacks")


def test_a_team_is_drawn_in_its_platform(stacks: Stacks) -> None:
    """Unless it is wanted alone."""
    assert run(stacks, "fraud-dev").output == picture.draw(WHOLE)
    assert run(stacks, "fraud-dev", "--alone").output == picture.draw(read([team()]))


def test_the_form_follows_the_file(stacks: Stacks, tmp_path: Path) -> None:
    """`.mmd` is Mermaid; what is named wins."""
    run(stacks, "fraud-dev", "-o", str(tmp_path / "a.mmd"))
    run(stacks, "fraud-dev", "-o", str(tmp_path / "a.svg"))

    assert (tmp_path / "a.mmd").read_text() == mermaid.draw(WHOLE)
    assert (tmp_path / "a.svg").read_text() == picture.draw(WHOLE)
    assert run(stacks, "fraud-dev", "--format", "mermaid").output == mermaid.draw(WHOLE)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["frau-dev"], "stack frau-dev has no file"),
        (["fraud-dev", "platform-staging"], "stack platform-staging has no file"),
        ([], "Missing argument 'STACK...'."),
        (["fraud-dev", "--state", "x"], "name stacks, or files with --state and --plan."),
        (["--state", "/nosuch"], "this can't be read"),
        (["fraud-dev", "-o", "/nosuch/a.svg"], "the picture can't be written"),
    ],
)
def test_mistakes_are_told(stacks: Stacks, arguments: list[str], what: str) -> None:
    """Before anything is previewed, where that can be."""
    assert what in str(run(stacks, *arguments).exception)


def test_a_picture_is_of_one_environment(stacks: Stacks) -> None:
    """Two would be two edges and two registries in one drawing."""
    stacks.add("staging")
    error = run(stacks, "fraud-dev", "fraud-staging").exception

    assert isinstance(error, HeadgateError)
    assert (error.what, error.found) == ("a picture shows one environment", "dev, staging")
