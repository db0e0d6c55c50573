"""The three gates as real programs: each is started once, and told of every attack."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml
from attack_table import STACK, Attack, attacks, sound
from google.protobuf import struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from headgate.policy.bundle import CHECKOUT

# The gate of a cluster, as its own tests run it.
from tests.component.gate.conftest import start_webhook, webhook

__all__ = ["start_webhook", "webhook"]


def environment(folder: Path) -> dict[str, str]:
    """Return an environment in which nothing is known of this machine's own ledger."""
    return {**os.environ, "HEADGATE_LEDGER": str(folder / "ledger")}


@pytest.fixture(scope="session")
def refused_by_check(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Have `headgate check` judge all manifests, then the plan; return what blocks each attack."""
    folder = tmp_path_factory.mktemp("check")
    manifests, plan = folder / "manifests", folder / "plan.json"
    manifests.mkdir()
    at_p = [each for each in attacks() if "P" in each.refused]
    for each in (*sound(), *(each for each in at_p if not each.step)):
        (manifests / f"{each.name}.yaml").write_text(yaml.safe_dump(each.document))
    steps = [step for each in (*sound(), *at_p) if each.step for step in each.steps()]
    plan.write_text(json.dumps({"steps": steps}))
    found: dict[str, set[str]] = {}
    for arguments in (("--manifests", str(manifests)), ("--plan", str(plan))):
        done = subprocess.run(
            [sys.executable, "-m", "headgate.cli.main", "check", *arguments, "--environment", "prod", "--json"],
            cwd=CHECKOUT,
            env=environment(folder),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 1, done.stderr
        for result in json.loads(done.stdout)["results"]:
            if result["blocking"]:
                found.setdefault(_attack_of(result), set()).add(result["rule"])
    return found


def _attack_of(result: dict[str, Any]) -> str:
    """Return whose a result is: a file is named after its attack, and so is a resource of the plan."""
    if result["resource"].startswith("urn:"):
        return str(result["resource"].rpartition("::")[2])
    return Path(result["violations"][0]["source"].rpartition(":")[0]).stem


class Pack:
    """The update gate: the process that an engine starts, and the engine's side of its protocol."""

    def __init__(self, stub: Any) -> None:
        self._stub = stub

    def refuses(self, attack: Attack, document: dict[str, Any], *, preview: bool = False) -> set[str]:
        """Return the rules that stop the engine at a resource, in a preview or an update of its own."""
        self._stub.ConfigureStack(
            analyzer_pb2.AnalyzerStackConfigureRequest(stack=STACK, project="headgate", dry_run=preview)
        )
        provider = attack.links.get("provider", "").rpartition("::")[0]
        inputs = struct_pb2.Struct()
        inputs.update(attack.inputs(document))
        answer = self._stub.Analyze(
            analyzer_pb2.AnalyzeRequest(
                urn=attack.urn,
                name=attack.name,
                type=attack.token,
                properties=inputs,
                options=analyzer_pb2.AnalyzerResourceOptions(parent=attack.links.get("parent", "")),
                provider=analyzer_pb2.AnalyzerProviderResource(urn=provider),
            )
        )
        return {each.policyName for each in answer.diagnostics if each.enforcementLevel == analyzer_pb2.MANDATORY}


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pack]:
    """Start the pack."""
    with start_pack(environment(tmp_path_factory.mktemp("pack"))) as started:
        yield started


@contextlib.contextmanager
def start_pack(variables: Mapping[str, str]) -> Iterator[Pack]:
    """Start the pack as a language host does: it says its port, and ends with its engine."""
    command = [sys.executable, str(CHECKOUT / "policies" / "pack" / "__main__.py")]
    with subprocess.Popen(command, cwd=CHECKOUT, env=variables, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
                yield Pack(analyzer_pb2_grpc.AnalyzerStub(channel))
        finally:
            process.terminate()
        assert process.wait(20) == 0
