"""What a model may ask for beside its pods, deployed: a monitor, gRPC, kept answers, flags that are turned in place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from running_platform import CHECKOUT, RunningPlatform, eventually

from headgate.sandbox.dataplane.oip import open_inference_pb2 as oip
from headgate.sandbox.dataplane.oip import open_inference_pb2_grpc as oip_grpc

pytestmark = pytest.mark.stress

STACK = "fraud-sandbox"
TEAM = ("-n", "team-fraud")
REGIONS = ("uaenorth", "uaecentral")
HOST = "models.sandbox.example.com"


def options(explain: bool) -> Any:
    """Return an edit of the stack: a monitor, gRPC, kept answers, and two flags."""

    def edit(config: dict[str, Any]) -> None:
        config["headgate:team"]["models"][0] |= {
            "service_monitor": {"interval_seconds": 15},
            "grpc": True,
            "response_cache": {"seconds": 300},
            "flags": [{"name": "explain", "boolean": explain}, {"name": "batch-size", "number": 32}],
        }

    return edit


@pytest.fixture(scope="module")
def optional(platform: RunningPlatform) -> Iterator[Path]:
    """Deploy the model with them, and put the team's stack back at the end, which leaves neither."""
    edited = platform.edited(STACK, options(explain=False))
    kept = edited.rename(edited.with_name("options-fraud-sandbox.yaml"))
    deployed = platform.up(STACK, "--config-file", str(kept))
    assert deployed.code == 0, deployed.text
    yield kept
    restored = platform.up(STACK)
    assert restored.code == 0, restored.text
    for region in REGIONS:
        left = platform.kubectl(region, "get", "servicemonitors.azmonitoring.coreos.com", *TEAM, "-o", "name")
        assert (left.code, left.out) == (0, "")


def pods(platform: RunningPlatform, region: str) -> set[str]:
    """Return the names of the model's pods."""
    found = platform.kubectl(region, "get", "pods", *TEAM, "-l", "headgate.dev/model=fraud-score", "-o", "json").out
    items = json.loads(found)["items"]
    return {item["metadata"]["name"] for item in items if not item["metadata"].get("deletionTimestamp")}


def operations(platform: RunningPlatform, config: Path) -> dict[str, str]:
    """Return what a preview would do, by the resource's name; components are no objects."""
    preview = platform.pulumi("preview", "--json", "-s", STACK, "--config-file", str(config))
    assert preview.code == 0, preview.text
    return {
        step["urn"].rpartition("::")[2]: step["op"]
        for step in preview.json()["steps"]
        if step["op"] not in {"same", "read"} and "headgate:index:" not in step["urn"].split("::")[2].rpartition("$")[2]
    }


def test_a_second_update_changes_nothing(platform: RunningPlatform, optional: Path) -> None:
    """What the clusters made of it is what was asked for."""
    assert operations(platform, optional) == {}


@pytest.mark.parametrize("region", REGIONS)
def test_the_cluster_takes_the_monitor_by_the_operators_own_schema(
    platform: RunningPlatform, optional: Path, region: str
) -> None:
    """Azure's kind, as its metrics add-on brings it; the pods say that they are measured by it."""
    name = ("get", "servicemonitors.azmonitoring.coreos.com", "fraud-score", *TEAM, "-o", "json")
    (endpoint,) = json.loads(platform.kubectl(region, *name).out)["spec"]["endpoints"]
    noted = r"jsonpath={.items[*].metadata.annotations.headgate\.dev/measured-by}"
    chosen = ("get", "pods", *TEAM, "-l", "headgate.dev/model=fraud-score", "-o", noted)

    assert (endpoint["port"], endpoint["interval"], endpoint["path"]) == ("http", "15s", "/metrics")
    assert set(platform.kubectl(region, *chosen).out.split()) == {"service-monitor"}


@pytest.mark.parametrize("region", REGIONS)
def test_calls_are_answered_and_an_answer_is_kept(platform: RunningPlatform, optional: Path, region: str) -> None:
    """The controller takes the second way, by gRPC, too; the same call is answered from what a pod kept."""
    route = ("get", "ingress", "fraud-score-grpc", *TEAM, "-o", "jsonpath={.spec.rules[0].host}")
    shares = ("get", "rollout", "fraud-score", *TEAM, "-o", "jsonpath={.spec.strategy.canary.trafficRouting.nginx}")
    assert platform.kubectl(region, *route).out == f"fraud-fraud-score.{HOST}"
    assert json.loads(platform.kubectl(region, *shares).out) == {"stableIngresses": ["fraud-score", "fraud-score-grpc"]}
    port = platform.processes()[f"aks-sandbox-{region}/dataplane"]["ports"]["grpc"]
    credentials = grpc.ssl_channel_credentials((platform.state / "pki/ca.crt").read_bytes())
    request = oip.ModelInferRequest(model_name="fraud-score")
    (tensor,) = json.loads((CHECKOUT / "examples/models/fraud-score/samples.json").read_text())[1]["request"]["inputs"]
    row = request.inputs.add(name=tensor["name"], datatype=tensor["datatype"], shape=tensor["shape"])
    row.contents.fp32_contents.extend(tensor["data"])
    with grpc.secure_channel(f"localhost:{port}", credentials) as channel:
        stub = oip_grpc.GRPCInferenceServiceStub(channel)  # type: ignore[no-untyped-call]

        def kept() -> bool:
            _, call = stub.ModelInfer.with_call(request)
            return ("x-headgate-cache", "hit") in [tuple(pair) for pair in call.initial_metadata()]

        eventually(kept, "a pod gives an answer that it kept")


def test_a_flag_is_turned_without_a_restart(platform: RunningPlatform, optional: Path) -> None:
    """The file changes in both regions, and nothing else does: the same pods serve before and after."""
    before = {region: pods(platform, region) for region in REGIONS}
    turned = platform.edited(STACK, options(explain=True))

    assert operations(platform, turned) == {f"fraud-score-{region}-flags": "update" for region in REGIONS}
    assert platform.up(STACK, "--config-file", str(turned)).code == 0
    where = r"jsonpath={.data.flags\.json}"
    for region in REGIONS:
        read = json.loads(platform.kubectl(region, "get", "configmap", "fraud-score-flags", *TEAM, "-o", where).out)
        assert {name: flag["variants"] for name, flag in read["flags"].items()} == {
            "explain": {"set": True},
            "batch-size": {"set": 32},
        }
    for region in REGIONS:
        # Pods of a version before may still have been leaving; none is new.
        assert pods(platform, region)
        assert pods(platform, region) <= before[region]
