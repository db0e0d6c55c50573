"""What each kind of stack is composed of, and what it exports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pulumi.runtime import rpc

from headgate.errors import HeadgateError
from headgate.stack import load_stack
from infra.layers.cluster import private_link_id

pytestmark = pytest.mark.unit

_SIGNATURE, _SECRET = rpc._special_sig_key, rpc._special_secret_sig
PLATFORM = {
    "kubeconfigs": {"uaenorth": "north", "uaecentral": "central"},
    "clusters": {
        region: {
            "id": f"/subscriptions/s/resourceGroups/rg-{region}/providers/aks",
            "issuer": f"https://issuer/{region}",
        }
        for region in ("uaenorth", "uaecentral")
    },
    "registry": "hgplatformprod.azurecr.io",
    "endpoint": "https://hg.azurefd.net",
    "monitoring": {
        "workspace": "/metrics",
        "query": "https://amw.uaenorth.prometheus.monitor.azure.com",
        "alerts_group": "rg-headgate-prod-alerts",
        "action_groups": {"on-call": "/on-call", "lead": "/lead"},
    },
}


@pytest.fixture(scope="module")
def ran() -> dict[str, Any]:
    """Hold what was run already: a platform takes seconds, and these tests only read what it made."""
    return {}


@pytest.fixture
def run(run: Callable[..., Any], ran: dict[str, Any]) -> Callable[..., Any]:
    """Run what is asked for the first time."""

    def once(stack: str, **given: Any) -> Any:
        asked = repr((stack, given))
        if asked not in ran:
            ran[asked] = run(stack, **given)
        return ran[asked]

    return once


def test_a_platform_is_a_foundation_a_registry_clusters_an_edge_and_a_trail(run: Any) -> None:
    """Both regions are built alike: a cluster, its gate, its gateway."""
    program = run("platform-prod")

    assert program.kinds() == {
        "AdmissionGate": 2,
        "AuditTrail": 1,
        "ClusterMonitoring": 2,
        "ClusterBaseline": 2,
        "ModelRegistry": 1,
        "MonitoringStack": 1,
        "MultiRegionFailover": 1,
        "PlatformFoundation": 1,
        "ProgressiveDelivery": 2,
        "ServingCluster": 2,
        "ServingGateway": 2,
        "WorkloadPriorities": 2,
    }


def test_a_platform_exports_what_teams_and_people_need(run: Any) -> None:
    """Endpoint, registry, kubeconfigs and a summary."""
    exports = run("platform-prod").exports

    assert {key: exports[key] for key in ("endpoint", "registry", "gateways", "kubeconfigs", "summary")} == {
        "endpoint": "https://models.example.com",
        "registry": "hgplatformprod.azurecr.io",
        "gateways": {"uaenorth": "10.0.0.9", "uaecentral": "10.0.0.9"},
        "kubeconfigs": {
            "uaenorth": "kubeconfig of aks-prod-uaenorth",
            "uaecentral": "kubeconfig of aks-prod-uaecentral",
        },
        "summary": {
            "environment": "prod",
            "regions": ["uaenorth", "uaecentral"],
            "clusters": {"uaenorth": "aks-prod-uaenorth", "uaecentral": "aks-prod-uaecentral"},
            "host": "models.example.com",
        },
    }


def test_zones_follow_the_region_catalogue(run: Any) -> None:
    """A region without zones gets pools without them."""
    program = run("platform-prod")
    pools = {
        name.rpartition("::")[2]: inputs.get("availabilityZones")
        for name, (kind, inputs) in program.resources.items()
        if kind.endswith("AgentPool")
    }

    assert (pools["cluster-uaenorth-cpu-pool"], pools["cluster-uaecentral-cpu-pool"]) == (["1", "2", "3"], None)


def test_protection_is_a_setting(run: Any) -> None:
    """What is enforced in prod is off where a platform must be easy to rebuild; the program asks no stack's name."""
    assert load_stack("platform-prod").platform.protect
    assert not load_stack("platform-sandbox").platform.protect


def test_a_team_gets_a_tenancy_and_its_models_in_each_region(run: Any) -> None:
    """Images are named by the platform's settings, by digest."""
    program = run("fraud-prod", platform=PLATFORM)
    model = load_stack("fraud-prod").team.models[0]

    assert program.kinds() == {"ModelDeployment": 2, "ModelMonitoring": 1, "TeamAccess": 2, "TeamTenancy": 2}
    assert program.exports == {
        "endpoint": "https://hg.azurefd.net",
        "registry": "hgplatformprod.azurecr.io",
        "namespace": "team-fraud",
        "models": {
            "fraud-score": {
                "version": "1.0.0",
                "image": f"hgplatformprod.azurecr.io/models/fraud/fraud-score@{model.digest}",
                "path": "/v2/models/fraud-score",
            }
        },
        "language_models": {},
        "edge": {},
        "batch": {},
        "training": {},
        "retraining": {},
        "managed": {"training": {}, "batch": {}, "online": {}},
        "summary": {
            "environment": "prod",
            "team": "fraud",
            "regions": ["uaenorth", "uaecentral"],
            "models": ["fraud-score 1.0.0"],
        },
    }


def test_the_pods_of_a_region_act_as_its_identity(run: Any) -> None:
    """The cluster that vouches for them, and the identity on their service account, are the region's own."""
    program = run("fraud-prod", platform=PLATFORM)

    assert {
        name.rpartition("::")[2]: (inputs["issuer"], inputs["subject"])
        for name, (kind, inputs) in program.resources.items()
        if kind.endswith("FederatedIdentityCredential")
    } == {
        f"access-{region}-models-federation": (f"https://issuer/{region}", "system:serviceaccount:team-fraud:models")
        for region in ("uaenorth", "uaecentral")
    }
    assert {
        name.rpartition("::")[2]: inputs["metadata"]["annotations"]
        for name, (kind, inputs) in program.resources.items()
        if kind.endswith("ServiceAccount")
    } == {
        f"tenancy-{region}-account": {"azure.workload.identity/client-id": f"client of access-{region}-identity"}
        for region in ("uaenorth", "uaecentral")
    }


def test_each_region_is_reached_with_its_own_kubeconfig(run: Any) -> None:
    """As a secret, and never with whatever cluster the shell points at."""
    program = run("fraud-prod", platform=PLATFORM)

    assert {
        name.rpartition("::")[2]: (inputs["kubeconfig"][_SIGNATURE] == _SECRET, inputs["kubeconfig"]["value"])
        for name, (kind, inputs) in program.resources.items()
        if kind == "pulumi:providers:kubernetes"
    } == {"cluster-uaenorth": (True, "north"), "cluster-uaecentral": (True, "central")}


def test_an_update_without_a_platform_is_refused(run: Any) -> None:
    """The message names what to deploy first."""
    with pytest.raises(HeadgateError) as caught:
        run("fraud-prod", platform={})

    assert "stack platform-prod does not export" in caught.value.what
    assert caught.value.fix == "pulumi up -s platform-prod"


def test_a_preview_without_a_platform_knows_every_image(run: Any) -> None:
    """What only an update can know stays unknown; images are named all the same, so rules can judge them."""
    program = run("fraud-prod", platform={}, preview=True)
    rollouts = [inputs for kind, inputs in program.resources.values() if kind.endswith(":Rollout")]

    assert [each["spec"]["template"]["spec"]["containers"][0]["image"].split("@")[0] for each in rollouts] == [
        "hgplatformprod.azurecr.io/runtimes/oip-server"
    ] * 2


def test_another_registry_than_the_settings_say_is_refused(run: Any) -> None:
    """Images would be named by a registry that is not the platform's."""
    with pytest.raises(HeadgateError) as caught:
        run("fraud-prod", platform={**PLATFORM, "registry": "elsewhere.azurecr.io"})

    assert (caught.value.found, caught.value.expected) == ("elsewhere.azurecr.io", "hgplatformprod.azurecr.io")


def test_commit_and_change_come_from_the_deploy_job(run: Any) -> None:
    """They are on every Azure resource as tags."""
    program = run("platform-prod")
    tags = [inputs["tags"] for _, inputs in program.resources.values() if "tags" in inputs]

    assert {(each["commit"], each["change"], each["owner"], each["team"]) for each in tags} == {
        ("0123abc", "CHG-7", "ml-platform", "platform")
    }


def test_the_private_link_of_a_gateway_is_in_the_nodes_group() -> None:
    """Where the cluster makes it."""
    assert private_link_id("/subscriptions/s/resourceGroups/g/x", "nodes", "pls-prod-uaenorth") == (
        "/subscriptions/s/resourceGroups/nodes/providers/Microsoft.Network/privateLinkServices/pls-prod-uaenorth"
    )


def test_jobs_run_in_one_region_and_are_held_ready_in_the_other(run: Any) -> None:
    """The same job and pipeline in both regions; only the first region's keep their timetables."""
    shared = {**PLATFORM, "registry": "hgplatformdev.azurecr.io", "sites": {"plant-a": "plant"}}
    program = run("vision-dev", platform=shared)
    suspended = {
        name.rpartition("::")[2]: inputs["spec"]["suspend"]
        for name, (kind, inputs) in program.resources.items()
        if kind == "kubernetes:batch/v1:CronJob"
    }
    borders = {
        name.rpartition("::")[2]: inputs["spec"]["egress"][0]["to"]
        for name, (kind, inputs) in program.resources.items()
        if kind.endswith(":NetworkPolicy") and name.endswith("archive-layout-uaenorth-network-policy")
    }

    assert suspended == {
        "archive-layout-uaenorth-job": False,
        "archive-layout-uaecentral-job": True,
        "document-layout-training-uaenorth-job": False,
        "document-layout-training-uaecentral-job": True,
    }
    # The private endpoints of both regions, and nothing else.
    assert borders == {
        "archive-layout-uaenorth-network-policy": [
            {"ipBlock": {"cidr": "10.20.192.0/18"}},
            {"ipBlock": {"cidr": "10.21.192.0/18"}},
        ]
    }
    digest = load_stack("vision-dev").team.batch[0].digest
    assert program.exports["batch"] == {
        "archive-layout": {
            "image": f"hgplatformdev.azurecr.io/models/vision/document-layout@{digest}",
            "job": "archive-layout",
        }
    }
    assert program.exports["training"] == {
        "document-layout-training": {
            "candidates": "hgplatformdev.azurecr.io/candidates/vision/document-layout",
            "job": "document-layout-training",
        }
    }


def test_a_language_model_is_served_in_each_region_by_two_paths(run: Any) -> None:
    """An OpenAI client and an Open Inference Protocol client find it."""
    program = run("assistant-prod", platform=PLATFORM)
    digest = load_stack("assistant-prod").team.language_models[0].digest

    assert program.kinds() == {
        "LanguageModelServing": 2,
        "ModelDeployment": 4,
        "ModelMonitoring": 2,
        "TeamAccess": 2,
        "TeamTenancy": 2,
    }
    assert program.exports["language_models"] == {
        "assistant-7b": {
            "image": f"hgplatformprod.azurecr.io/models/assistant/assistant-7b@{digest}",
            "path": "/v2/models/assistant-7b",
            "openai_path": "/openai/assistant-7b/v1",
        }
    }


def test_a_site_has_the_gate_and_gateway_of_every_cluster(run: Any) -> None:
    """What is judged in the cloud is judged at the edge, by the same rules."""
    program = run("platform-dev")

    assert {kind: program.kinds()[kind] for kind in ("EdgeSite", "AdmissionGate", "ServingGateway")} == {
        "EdgeSite": 1,
        "AdmissionGate": 3,
        "ServingGateway": 3,
    }
    assert program.exports["sites"] == {"plant-a": "kubeconfig of site-plant-a-cluster"}


def test_a_model_is_served_at_the_sites_that_the_team_names(run: Any) -> None:
    """The very digest that serves in the regions, by the site's mirror."""
    shared = {**PLATFORM, "registry": "hgplatformdev.azurecr.io", "sites": {"plant-a": "plant"}}
    program = run("vision-dev", platform=shared)
    model = load_stack("vision-dev").team.models[0]

    assert program.exports["edge"] == {
        "document-layout@plant-a": {
            "image": f"registry.plant-a.example.com/models/vision/document-layout@{model.digest}",
            "path": "/v2/models/document-layout",
        }
    }
    assert (program.kinds()["EdgeDeployment"], program.kinds()["TeamTenancy"]) == (1, 3)
