"""What the registry knows of a model decides in both regions' gates, which pull it and the rules, both signed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml
from running_platform import CHECKOUT, HEADGATE, RunningPlatform, eventually

pytestmark = pytest.mark.sandbox

REGISTRY = "hgplatformsandbox.azurecr.io"
EXAMPLE = CHECKOUT / "examples" / "models" / "fraud-score"
REGIONS = ("uaenorth", "uaecentral")
RULES = ("HG-SC-003", "HG-SC-004", "HG-SC-005", "HG-SC-006")


def asked(platform: RunningPlatform, digest: str) -> list[list[str]]:
    """Return which rules on models refuse a Deployment of a digest, in each region."""
    request = yaml.safe_load((CHECKOUT / "examples" / "refused" / "model.yaml").read_text())
    reference = f"{REGISTRY}/models/fraud/fraud-score@{digest}"
    request["spec"]["template"]["spec"]["volumes"][0]["image"]["reference"] = reference
    said = [
        platform.kubectl(region, "apply", "--dry-run=server", "-f", "-", stdin=json.dumps(request))
        for region in REGIONS
    ]
    return [[rule for rule in RULES if f"[{rule}]" in each.err] for each in said]


def moved(platform: RunningPlatform, version: str, stage: str) -> None:
    """Move a version down, as the one who may."""
    environment = {**platform.environment, "HEADGATE_KEY_PASSPHRASE_FILE": str(platform.state / "passphrase")}
    key = str(platform.state / "model-keys" / "releaser.pem")
    done = subprocess.run(
        [*HEADGATE, "model", "demote", version, "--to", stage, "--reason", "a test of the gates", "--key", key],
        cwd=CHECKOUT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("region", REGIONS)
def test_a_gate_pulls_the_rules_that_were_signed_for_it(platform: RunningPlatform, region: str) -> None:
    """By the digest that `make up` has signed; of files it has nothing but what the cluster adds."""
    told = json.loads((platform.state / "gate" / "bundles.json").read_text())[REGISTRY]
    listed = platform.kubectl(region, "get", "configmaps", "-n", "headgate-gate", "-o", "json").json()["items"]
    maps = {each["metadata"]["name"].rpartition("-")[0]: each["data"] for each in listed}
    config = json.loads(maps["opa-config"]["config.json"])

    assert config["bundles"]["rules"]["resource"] == f"{REGISTRY}/policy/rules@{told['digest']}"
    assert config["keys"]["headgate-facts"]["key"] == (platform.state / "gate" / "facts-key.pub").read_text()
    assert list(maps["opa-rules"]) == ["data.json"]


def test_a_model_is_admitted_for_its_proofs_and_refused_once_it_is_restricted(
    platform: RunningPlatform, tmp_path: Path
) -> None:
    """Unknown, then pushed, then proven, then restricted: each time both regions follow within ten seconds."""
    where = ("--name", "fraud/fraud-score", "--version", "1.0.7")
    unknown = platform.headgate("model", "digest", str(EXAMPLE), *where).out.strip()
    before = asked(platform, unknown)
    pushed = platform.headgate("model", "push", str(EXAMPLE), *where, "--registry", REGISTRY, "--json")
    assert pushed.code == 0, pushed.text
    digest = pushed.json()["digest"]
    unproven = ["HG-SC-004", "HG-SC-005", "HG-SC-006"]
    eventually(lambda: asked(platform, digest) == [unproven] * 2, "both know that nobody has proven it", 10)
    platform.prove("fraud/fraud-score@1.0.7", EXAMPLE / "proofs")
    assert asked(platform, digest) == [[], []]
    moved(platform, "fraud/fraud-score@1.0.7", "restricted")
    eventually(lambda: asked(platform, digest) == [["HG-SC-003"]] * 2, "both know that it is restricted", 10)

    assert (before, digest) == ([list(RULES)] * 2, unknown)


def test_without_the_registry_what_a_gate_knows_goes_on_to_decide(platform: RunningPlatform) -> None:
    """For as long as it counts: what is admitted stays so, what is unknown stays refused."""
    served = platform.kubectl(
        "uaenorth", "get", "rollout", "fraud-score", "-n", "team-fraud", "-o", "jsonpath={.spec.template.spec.volumes}"
    ).out
    digest = next(each["image"]["reference"] for each in json.loads(served) if "image" in each).rpartition("@")[2]
    pid = platform.kill("registry-hgplatformsandbox")

    during = [asked(platform, digest), asked(platform, "sha256:" + "0" * 64)]

    eventually(lambda: platform.returned("registry-hgplatformsandbox", pid), "the registry runs again")
    assert during == [[[], []], [list(RULES)] * 2]
