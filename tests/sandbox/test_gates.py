"""An image that is not from the platform's registry, or not by digest, is refused at all three gates."""

from __future__ import annotations

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from running_platform import CHECKOUT, Outcome, RunningPlatform, eventually

from headgate.sandbox.layout import StateDir
from headgate.sandbox.traffic import Load, run

pytestmark = pytest.mark.sandbox

REGIONS = ("uaenorth", "uaecentral")
REFUSED = CHECKOUT / "examples" / "refused" / "deployment.yaml"
REQUEST = json.loads((CHECKOUT / "examples/models/fraud-score/samples.json").read_text())[1]["request"]
ALLOWED = """
apiVersion: v1
kind: ConfigMap
metadata: {name: written, namespace: team-fraud, labels: {headgate.dev/team: fraud}}
data: {written: "%d"}
"""


def test_gate_one_names_file_line_rule_and_remedy(platform: RunningPlatform) -> None:
    """`headgate check` refuses the manifest and points at the line to change."""
    verdict = platform.headgate("check", "--manifests", str(REFUSED), "--environment", "sandbox")

    assert verdict.code == 1
    assert "HG-SC-001" in verdict.text
    assert "HG-SC-002" in verdict.text
    assert "deployment.yaml:20" in verdict.text
    assert "hgplatformsandbox.azurecr.io/" in verdict.text


def test_gate_one_lets_the_deployed_stack_through(platform: RunningPlatform) -> None:
    """The stack that runs is one that the pull request would have let through."""
    verdict = platform.headgate("check", "--stack", "fraud-sandbox")

    assert verdict.code == 0, verdict.text


def test_gate_two_denies_before_anything_is_created(platform: RunningPlatform) -> None:
    """`pulumi up` of a program that deploys from elsewhere is denied by the pack; the API server is never asked."""
    program = str(CHECKOUT / "examples" / "refused" / "program")
    platform.pulumi("-C", program, "stack", "select", "--create", "refused-sandbox")

    denied = platform.pulumi("-C", program, "up", "--yes", "--skip-preview", "-s", "refused-sandbox")

    assert denied.code != 0
    assert "[mandatory] [severity: critical]  HG-SC-001" in denied.text
    assert "HG-SC-002" in denied.text
    listed = platform.kubectl("uaenorth", "get", "deployments", "-n", "team-fraud", "-o", "name")
    assert listed.out.split() == []


def test_gate_two_denies_a_model_that_nobody_has_proven(platform: RunningPlatform) -> None:
    """It is in the registry, by digest, and yet nobody has signed or evaluated it: its deployment stops at the gate."""
    where = ("--name", "fraud/fraud-score", "--registry", "hgplatformsandbox.azurecr.io", "--json")
    example = CHECKOUT / "examples" / "models" / "fraud-score"
    pushed = platform.headgate("model", "push", str(example), "--version", "1.0.1", *where)
    assert pushed.code == 0, pushed.text

    def unproven(config: dict[str, Any]) -> None:
        config["headgate:team"]["models"][0] |= {"version": "1.0.1", "digest": pushed.json()["digest"]}

    changed = str(platform.edited("fraud-sandbox", unproven))
    denied = platform.up("fraud-sandbox", "--config-file", changed)

    assert denied.code != 0
    assert "HG-SC-005" in denied.text
    assert "HG-SC-006" in denied.text
    served = platform.kubectl("uaenorth", "get", "rollout", "fraud-score", "-n", "team-fraud", "-o", "yaml").out
    assert pushed.json()["digest"] not in served


@pytest.mark.parametrize("region", REGIONS)
def test_gate_three_refuses_in_every_region_with_the_rules_own_words(platform: RunningPlatform, region: str) -> None:
    """The API server itself refuses the Deployment, through OPA."""
    refused = platform.kubectl(region, "apply", "-f", str(REFUSED))

    assert refused.code != 0
    assert "denied the request: [HG-SC-001] Deployment team-fraud/from-elsewhere" in refused.err
    assert "[HG-SC-002]" in refused.err


def test_gate_three_is_closed_while_opa_is_down(platform: RunningPlatform) -> None:
    """Without OPA not even what the rules allow is written; what runs goes on, and nothing has to be restarted."""
    opa = next(name for name in platform.processes() if "uaecentral" in name and "opa" in name)
    before = others(platform, opa)
    endpoint = platform.pulumi("stack", "output", "endpoint", "-s", "platform-sandbox").out.strip()
    url = f"https://{endpoint.removeprefix('https://')}/v2/models/fraud-score/infer"

    with ThreadPoolExecutor() as pool:
        asked = pool.submit(run, Load(url, rate=20, seconds=10, body=REQUEST), StateDir(platform.state))
        # Each death makes the pause before the next start longer: one of them lasts for as long as it takes to ask.
        said = eventually(lambda: refused_without(platform, opa), "the gate is closed without OPA")
        answers = asked.result()

    assert ("failed calling webhook" in said, "HG-" in said) == (True, False), said
    assert answers.success >= 0.95
    eventually(lambda: written(platform).code == 0, "what the rules allow is written again")
    assert others(platform, opa) == before
    refused = platform.kubectl("uaecentral", "apply", "-f", str(REFUSED))
    assert "[HG-SC-001]" in refused.err
    assert platform.kubectl("uaecentral", "delete", "configmap", "written", "-n", "team-fraud").code == 0


def written(platform: RunningPlatform) -> Outcome:
    """Ask for something that no rule minds, another each time: of what is there already kubectl asks nobody."""
    return platform.kubectl("uaecentral", "apply", "-f", "-", stdin=ALLOWED % time.monotonic_ns())


def refused_without(platform: RunningPlatform, opa: str) -> str:
    """Kill OPA, and return how the same request is refused: nothing where it was there again in time."""
    pid = platform.processes()[opa]["pid"]
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    answer = written(platform)
    return answer.err if answer.code else ""


def others(platform: RunningPlatform, but: str) -> dict[str, int]:
    """Return the process ids of all processes but one."""
    return {name: row["pid"] for name, row in platform.processes().items() if name != but}


def test_the_decisions_are_in_the_ledger_and_it_verifies(platform: RunningPlatform) -> None:
    """Decisions of all three gates, of both regions' too, are entries; anyone can recompute the ledger."""
    ledger = str(platform.state / "ledger")
    platform.headgate("check", "--manifests", str(REFUSED), "--environment", "sandbox")
    for region in REGIONS:
        platform.kubectl(region, "apply", "-f", str(REFUSED))

    def recorded() -> bool:
        found = platform.headgate("audit", "query", "--ledger", ledger, "--json").out
        entries = [json.loads(line) for line in found.splitlines()]
        gates = {each["data"].get("gate") for each in entries if each["kind"] == "decision"}
        refused = [each for each in entries if "from-elsewhere" in each["subject"]]
        # Each OPA has an id of its own; the API servers' own words of it come beside.
        admitting = {each["data"]["labels"]["id"] for each in refused if each["kind"] == "admission"}
        seen = [each for each in refused if each["kind"] == "kubernetes"]
        return {"P", "U"} <= gates and len(admitting) >= len(REGIONS) and bool(seen)

    eventually(recorded, "the decisions of the gates, and what the API servers saw, are entries")
    verified = platform.headgate("audit", "verify", "--ledger", ledger)

    assert verified.code == 0, verified.text
