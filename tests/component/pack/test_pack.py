"""Gate U: the pack under the real Pulumi engine, on a program whose image is chosen by the test."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from headgate.audit import LedgerReader
from headgate.engine import environment
from headgate.engine.scratch import Scratch
from headgate.policy.bundle import CHECKOUT
from headgate.sandbox.toolchain import tool_path

pytestmark = pytest.mark.component

DIGEST = "0123456789abcdef" * 4
ALLOWED = f"hgplatformsandbox.azurecr.io/runtimes/scorer@sha256:{DIGEST}"
PROGRAM = """
import os

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap, Namespace, Pod

image = os.environ["IMAGE"]
if image == "unknown":
    image = pulumi.Output.from_input(ConfigMap("late", metadata={"name": "late"}).id)
elif image.startswith("secret:"):
    image = pulumi.Output.secret(image.removeprefix("secret:"))
if "NAMESPACE" in os.environ:
    owned = {"team": "fraud", "owner": "fraud", "environment": "sandbox", "cost-center": "fraud"}
    labels = {f"headgate.dev/{name}": value for name, value in owned.items()}
    Namespace("open", metadata={"name": os.environ["NAMESPACE"], "labels": labels})
hardened = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
Pod(
    "scorer",
    metadata={"name": "scorer"},
    spec={
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"name": "server", "image": image, "securityContext": hardened}],
    },
)
"""


@dataclass(frozen=True)
class Engine:
    """A project, and the engine with the pack in front of it."""

    project: Path
    variables: Mapping[str, str]

    def preview(self, image: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Preview the program with an image."""
        pack = CHECKOUT / "policies" / "pack"
        return subprocess.run(
            [
                *(str(tool_path("pulumi")), "preview", "--stack", "fraud-sandbox", "--color", "never"),
                *("--policy-pack", str(pack), *arguments),
            ],
            cwd=self.project,
            env={**self.variables, "IMAGE": image, **more},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def analyze(self, image: str) -> subprocess.CompletedProcess[str]:
        """Have the engine judge a state that it exported earlier, in which a pod runs an image."""
        urn, hardened = "urn:pulumi:fraud-sandbox::headgate::", {"readOnlyRootFilesystem": True}
        hardened |= {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
        inputs = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "scorer"},
            "spec": {
                "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
                "containers": [{"name": "server", "image": image, "securityContext": hardened}],
            },
        }
        stack, provider = f"{urn}pulumi:pulumi:Stack::headgate-fraud-sandbox", f"{urn}pulumi:providers:kubernetes::k"
        pod = {"custom": True, "id": "default/scorer", "type": "kubernetes:core/v1:Pod", "provider": f"{provider}::p"}
        resources = [
            {"urn": stack, "custom": False, "type": "pulumi:pulumi:Stack"},
            {"urn": provider, "custom": True, "id": "p", "type": "pulumi:providers:kubernetes"},
            {
                "urn": f"{urn}kubernetes:core/v1:Pod::scorer",
                "parent": stack,
                "inputs": inputs,
                "outputs": inputs,
                **pod,
            },
        ]
        file = self.project / "state.json"
        file.write_text(json.dumps({"version": 3, "deployment": {"manifest": {}, "resources": resources}}))
        pack = CHECKOUT / "policies" / "pack"
        return subprocess.run(
            [str(tool_path("pulumi")), "policy", "analyze", "--file", str(file), "--policy-pack", str(pack)],
            cwd=self.project,
            env=dict(self.variables),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """Lay out a project, a back end that is thrown away, and a ledger."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: headgate\nruntime: python\n")
    (project / "__main__.py").write_text(PROGRAM)
    scratch = Scratch(tmp_path, "headgate")
    scratch.write_state("fraud-sandbox", None)
    variables = {
        **environment.plan_only_variables(),
        **scratch.variables(),
        "HEADGATE_PLAN_ONLY": "1",
        "HEADGATE_LEDGER": str(tmp_path / "ledger"),
    }
    return Engine(project, environment.child_environment(variables))


def test_an_image_that_the_rules_allow_is_let_through_and_recorded(engine: Engine, tmp_path: Path) -> None:
    """The preview ends well, and the run is one decision in the ledger."""
    done = engine.preview(ALLOWED)

    assert (done.returncode, _verdicts(tmp_path)) == (0, ["pass"]), done.stdout + done.stderr


def test_an_image_from_elsewhere_stops_the_engine_with_what_to_write(engine: Engine, tmp_path: Path) -> None:
    """Both rules speak, mandatory, with the page of the rule; the refusal is recorded."""
    done = engine.preview("nginx:latest")
    output = done.stdout + done.stderr

    assert (
        done.returncode != 0,
        "[mandatory] [severity: critical]  HG-SC-001  (kubernetes:core/v1:Pod: scorer)" in output,
        "write:    hgplatformsandbox.azurecr.io/nginx@sha256:<64 hex digits>" in output,
        "rule:     docs/rules/HG-SC-002.md" in output,
        # The refusal at once, and the run at its end.
        _verdicts(tmp_path),
    ) == (True, True, True, True, ["fail", "fail"]), output


def test_what_was_deployed_long_ago_is_judged_as_it_stands(engine: Engine, tmp_path: Path) -> None:
    """`pulumi policy analyze`: by the parameters of the stack whose state it is, and without asking for approvals."""
    sound, spoiled = engine.analyze(ALLOWED), engine.analyze("nginx:latest")
    output = spoiled.stdout + spoiled.stderr

    assert (sound.returncode, "HG-" in sound.stdout) == (0, False), sound.stdout + sound.stderr
    assert (spoiled.returncode != 0, "HG-SC-001" in output, "HG-AP" in output) == (True, True, False), output
    assert "write:    hgplatformsandbox.azurecr.io/nginx@sha256:<64 hex digits>" in output
    assert _verdicts(tmp_path)[0] == "pass"


@pytest.mark.parametrize("image", ["unknown", pytest.param(f"secret:{ALLOWED}", marks=pytest.mark.stress)])
def test_an_image_that_can_not_be_read_at_preview_is_denied(engine: Engine, image: str) -> None:
    """Neither an unknown value nor a secret slips by as advice."""
    done = engine.preview(image)
    output = done.stdout + done.stderr

    assert (done.returncode != 0, "[mandatory] [severity: critical]  HG-SC-001" in output) == (True, True), output


def test_configuration_that_weakens_a_rule_is_refused(engine: Engine, tmp_path: Path) -> None:
    """`--policy-pack-config` is no way around, even for an image that is allowed."""
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"all": "disabled"}))

    done = engine.preview(ALLOWED, "--policy-pack-config", str(file))
    output = done.stdout + done.stderr

    assert (done.returncode != 0, "it may only make rules stricter" in output) == (True, True), output


def test_without_opa_the_update_fails_closed_and_says_what_to_do(engine: Engine, tmp_path: Path) -> None:
    """No OPA, no deployment."""
    path = os.pathsep.join(["/usr/bin", "/bin"])
    done = engine.preview(ALLOWED, HEADGATE_TOOLS=str(tmp_path / "no-tools"), PATH=path)
    output = done.stdout + done.stderr

    assert (done.returncode != 0, "headgate toolchain build opa" in output) == (True, True), output


def test_without_rules_the_update_fails_closed(engine: Engine, tmp_path: Path) -> None:
    """An empty policies directory judges nothing, so nothing is let through."""
    (tmp_path / "policies" / "rego").mkdir(parents=True)

    done = engine.preview(ALLOWED, HEADGATE_POLICIES=str(tmp_path / "policies"))
    output = done.stdout + done.stderr

    assert (done.returncode != 0, "the rule set is empty" in output) == (True, True), output


# What happens to OPA after the run has begun: the program looks for the one of its own run.
HURT = """
import os, pathlib, signal
import pulumi

for process in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        command = (process / "cmdline").read_bytes()
    except OSError:
        continue
    if b"--server" in command and os.environ["TMPDIR"].encode() in command:
        os.kill(int(process.name), getattr(signal, os.environ["SIGNAL"]))
pulumi.CustomResource("kubernetes:core/v1:ConfigMap", "after", {"metadata": {"name": "after"}})
"""


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("SIGKILL", "OPA was ended by signal SIGKILL; the machine may have run out of memory"),
        # It takes the half a minute that an answer may take.
        pytest.param("SIGSTOP", "no answer within 30 s", marks=pytest.mark.stress),
    ],
    ids=["out-of-memory", "slow"],
)
def test_an_opa_that_fails_under_way_ends_the_update(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory, name: str, cause: str
) -> None:
    """Killed as a kernel without memory does, or stuck: what comes next is refused with the cause."""
    (engine.project / "__main__.py").write_text(HURT)
    scratch = tmp_path_factory.mktemp("t")
    done = engine.preview(ALLOWED, TMPDIR=str(scratch), SIGNAL=name)
    output = done.stdout + done.stderr

    assert (done.returncode != 0, cause in output) == (True, True), output
    assert _outlived_by(scratch) == []


def test_a_relation_that_fails_stops_the_engine_and_no_process_outlives_it(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A namespace is sound by itself, and open without a policy beside it; OPA and the pack end with the run."""
    # Short: the path of a socket has to fit into 107 bytes.
    scratch = tmp_path_factory.mktemp("t")
    done = engine.preview(ALLOWED, TMPDIR=str(scratch), NAMESPACE="team-fraud")
    output = done.stdout + done.stderr
    outlived = _outlived_by(scratch)

    rules = set(re.findall(r"\[mandatory\] .*(HG-[A-Z]{2}-\d{3})", output))

    assert (done.returncode != 0, rules) == (True, {"HG-NW-002", "HG-TN-002"}), output
    assert (outlived, list(scratch.iterdir())) == ([], [])


def _outlived_by(scratch: Path) -> list[str]:
    """Return which processes of a run are there after it, with a moment to end in."""
    deadline = time.monotonic() + 10
    while (left := _processes(str(scratch))) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def _processes(marker: str) -> list[str]:
    """Return the command lines that name a directory."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return [line for line in found if marker in line]


def _verdicts(root: Path) -> list[str]:
    """Return the verdicts of the ledger's decisions, in order."""
    reader = LedgerReader(root / "ledger")
    return [reader.document(entry)["data"]["verdict"] for _, entry in reader.entries()]
