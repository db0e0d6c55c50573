"""New versions of a model take over step by step, with real requests, and go back when they must not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from running_platform import CHECKOUT, Outcome, RunningPlatform, eventually

from headgate.sandbox.layout import StateDir
from headgate.sandbox.traffic import Load, run

pytestmark = pytest.mark.stress

EXAMPLE = CHECKOUT / "examples/models/fraud-score"
REQUEST = json.loads((EXAMPLE / "samples.json").read_text())[1]["request"]
REGISTRY = "hgplatformsandbox.azurecr.io"
REGIONS = ("uaenorth", "uaecentral")
TEAM = ("-n", "team-fraud")
STACK = "fraud-sandbox"
# Neither the tutorial's 1.1.0 nor the 1.2.0 that nobody has pushed there: all are tried on one platform.
VERSION = "1.3.0"


@pytest.fixture(scope="module")
def second(platform: RunningPlatform) -> str:
    """Return the digest of a second version, in the registry and proven: without its proofs the gates refuse it."""
    pushed = platform.headgate(
        "model",
        "push",
        str(EXAMPLE),
        "--name",
        "fraud/fraud-score",
        "--version",
        VERSION,
        "--registry",
        REGISTRY,
        "--json",
    )
    assert pushed.code == 0, pushed.text
    platform.prove(f"fraud/fraud-score@{VERSION}", EXAMPLE / "proofs")
    return str(pushed.json()["digest"])


@pytest.fixture(autouse=True)
def _first_version_again(platform: RunningPlatform) -> Iterator[None]:
    """Leave the first version serving, whatever a test did."""
    yield
    restored = platform.up(STACK)
    assert restored.code == 0, restored.text


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    """Return where an update can run while it is looked at."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def of_version(digest: str, **strategy: Any) -> Any:
    """Return an edit of the stack: the second version, with a strategy."""

    def edit(config: dict[str, Any]) -> None:
        model = config["headgate:team"]["models"][0]
        model |= {"version": VERSION, "digest": digest, "strategy": strategy}

    return edit


def rollout(platform: RunningPlatform, region: str) -> dict[str, Any]:
    """Return the model's Rollout."""
    document: dict[str, Any] = json.loads(
        platform.kubectl(region, "get", "rollout", "fraud-score", *TEAM, "-o", "json").out
    )
    return document


def weight(platform: RunningPlatform, region: str) -> str:
    """Return the share that the canary's route has."""
    path = r"jsonpath={.metadata.annotations.nginx\.ingress\.kubernetes\.io/canary-weight}"
    return platform.kubectl(region, "get", "ingress", "fraud-score-fraud-score-canary", *TEAM, "-o", path).out


def answers(platform: RunningPlatform, region: str, seconds: float = 4) -> dict[str, float]:
    """Return the share of a region's answers by the version that gave them, of requests that all succeed."""
    port = platform.processes()[f"aks-sandbox-{region}/dataplane"]["ports"]["http"]
    load = Load(f"http://127.0.0.1:{port}/v2/models/fraud-score/infer", rate=50, seconds=seconds, body=REQUEST)
    outcome = run(load, StateDir(platform.state))
    assert outcome.success == 1.0, outcome.statuses
    pods = json.loads(platform.kubectl(region, "get", "pods", *TEAM, "-o", "json").out)["items"]
    versions = {pod["metadata"]["name"]: pod["metadata"]["annotations"]["headgate.dev/model-version"] for pod in pods}
    shares: dict[str, float] = {}
    for pod, count in outcome.pods.items():
        shares[versions[pod]] = shares.get(versions[pod], 0.0) + count / outcome.sent
    return shares


def updating(platform: RunningPlatform, beside: ThreadPoolExecutor, edit: Any) -> Future[Outcome]:
    """Begin an update of an edited stack."""
    return beside.submit(platform.up, STACK, "--config-file", str(platform.edited(STACK, edit)))


def test_a_canary_gets_its_share_of_the_requests_and_then_all(
    platform: RunningPlatform, beside: ThreadPoolExecutor, second: str
) -> None:
    """A fifth while it is looked at, everything once the update returns, and nothing left to do after that."""
    edit = of_version(second, canary={"steps": [{"weight": 20, "pause_seconds": 20}]})

    update = updating(platform, beside, edit)
    eventually(lambda: weight(platform, "uaenorth") == "20", "the canary has its share", 90)
    shares = answers(platform, "uaenorth")

    assert 0.08 < shares[VERSION] < 0.35, shares
    assert update.result().code == 0, update.result().text
    assert [rollout(platform, region)["status"]["phase"] for region in REGIONS] == ["Healthy", "Healthy"]
    assert answers(platform, "uaenorth") == answers(platform, "uaecentral") == {VERSION: 1.0}
    again = platform.pulumi("preview", "--json", "-s", STACK, "--config-file", str(platform.edited(STACK, edit)))
    assert {step["op"] for step in again.json()["steps"]} <= {"same", "read"}, again.text
    refreshed = platform.pulumi(
        "refresh",
        "--preview-only",
        "--expect-no-changes",
        "-s",
        STACK,
        "--config-file",
        str(platform.edited(STACK, edit)),
    )
    assert refreshed.code == 0, refreshed.text


def test_an_aborted_canary_goes_back_and_the_update_says_so(
    platform: RunningPlatform, beside: ThreadPoolExecutor, second: str
) -> None:
    """The first version has all requests again at once, none failed, and the update fails with the reason."""
    update = updating(platform, beside, of_version(second, canary={"steps": [{"weight": 50, "pause_seconds": 300}]}))
    for region in REGIONS:
        eventually(lambda region=region: weight(platform, region) == "50", "the canary has its share", 90)  # type: ignore[misc]

    abort = ("--subresource=status", "--type=merge", "-p", json.dumps({"status": {"abort": True}}))
    for region in REGIONS:
        assert platform.kubectl(region, "patch", "rollout", "fraud-score", *TEAM, *abort).code == 0

    eventually(lambda: weight(platform, "uaenorth") == "0", "the canary has nothing")
    assert answers(platform, "uaenorth") == {"1.0.0": 1.0}
    assert update.result().code != 0
    assert "the rollout was aborted" in update.result().text


def test_green_takes_over_from_blue_at_once(platform: RunningPlatform, beside: ThreadPoolExecutor, second: str) -> None:
    """Blue has every request until green stands ready, then green has."""
    edit = of_version(second, bluegreen={"promote_seconds": 10, "keep_seconds": 30})

    update = updating(platform, beside, edit)
    eventually(
        lambda: (
            rollout(platform, "uaenorth")["status"].get("blueGreen", {}).get("previewSelector")
            not in (None, rollout(platform, "uaenorth")["status"]["blueGreen"].get("activeSelector"))
        ),
        "green stands beside blue",
        90,
    )
    assert set(answers(platform, "uaenorth", seconds=1)) == {"1.0.0"}
    assert update.result().code == 0, update.result().text
    assert answers(platform, "uaenorth") == answers(platform, "uaecentral") == {VERSION: 1.0}


def test_the_gate_judges_a_rollout_as_it_does_any_pod(platform: RunningPlatform) -> None:
    """An image by tag is refused inside a Rollout, too."""
    document = rollout(platform, "uaenorth")
    changed = {
        "apiVersion": document["apiVersion"],
        "kind": "Rollout",
        "metadata": {"name": "by-tag", "namespace": "team-fraud"},
        "spec": {
            "selector": document["spec"]["selector"],
            "template": document["spec"]["template"],
            "strategy": {"canary": {}},
        },
    }
    changed["spec"]["template"]["spec"]["containers"][0]["image"] = f"{REGISTRY}/runtimes/oip-server:latest"

    refused = platform.kubectl("uaenorth", "create", "-f", "-", stdin=json.dumps(changed))

    assert refused.code != 0
    assert "HG-SC-002" in refused.text or "digest" in refused.text, refused.text
