"""What can't be evaluated is exit code 2 with its cause, and never a pass: OPA, input, rules, memory."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from headgate.cli.main import main
from headgate.policy import opa
from headgate.policy.bundle import CHECKOUT

pytestmark = pytest.mark.component

POD = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: c\n"
    f"      image: hgplatformprod.azurecr.io/a@sha256:{'0123456789abcdef' * 4}\n"
)
URN = "urn:pulumi:fraud-prod::headgate::kubernetes:core/v1:ConfigMap::a"
RULES = {"result": [{"expressions": [{"value": {"results": [], "errors": [], "rules": ["HG-XX-001"]}}]}]}


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a manifest that all rules let through; nothing is recorded in a ledger of this machine."""
    monkeypatch.setenv("HEADGATE_LEDGER", str(tmp_path / "ledger"))
    file = tmp_path / "pod.yaml"
    file.write_text(POD)
    return str(file)


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int | str | None, str]:
    """Return the exit code of a check and what it said of the error; it prints no verdict."""
    with pytest.raises(SystemExit) as ended:
        main(["check", *arguments])
    said = capsys.readouterr()
    assert said.out == ""
    return ended.value.code, said.err


@pytest.mark.parametrize(
    ("script", "cause"),
    [
        ("exec sleep 60", "no answer within 1 s"),
        ("kill -KILL $$", "OPA was ended by signal SIGKILL; the machine may have run out of memory"),
        ("kill -SEGV $$", "OPA was ended by signal SIGSEGV"),
        ("echo 'out of order' >&2; exit 3", "out of order"),
        ("exit 0", "no decision"),
        ("cat", "no decision"),
        ('echo \'{"result": [{"expre\'', "no decision"),
        ("echo '[]'", "no decision"),
        ("echo '{\"result\": []}'", "no decision"),
        ('echo \'{"errors": [{"message": "eval_conflict_error"}]}\'', "eval_conflict_error"),
        (f"echo '{json.dumps(RULES)}'", "not by those of this bundle"),
    ],
    ids=["slow", "killed", "crashed", "failed", "silent", "echo", "cut", "list", "undefined", "error", "other-rules"],
)
def test_an_opa_that_does_not_decide_is_named(
    tmp_path: Path,
    pod: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    script: str,
    cause: str,
) -> None:
    """Slow, out of memory, broken, silent, or judging by other rules."""
    program = tmp_path / "opa"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(opa, "executable", lambda: program)

    code, error = told(capsys, "--manifests", pod, "--timeout", "1" if "sleep" in script else "60")

    assert (code, cause in error) == (2, True), error


def step(operation: str = "create") -> dict[str, object]:
    """Return a step of a plan."""
    return {"op": operation, "urn": URN, "newState": {"type": "kubernetes:core/v1:ConfigMap", "inputs": {}}}


@pytest.mark.parametrize(
    ("option", "text", "cause"),
    [
        ("--plan", "", "nothing at all"),
        ("--plan", "not JSON", "no JSON at line 1, column 1"),
        ("--plan", json.dumps({"steps": [step()]})[:-20], "cut short"),
        ("--plan", json.dumps({"resourcePreEvent": {"metadata": step()}}), "the run did not finish"),
        ("--plan", json.dumps({"steps": [step("teleport")]}), "'teleport'"),
        ("--plan", json.dumps({"steps": []}), "a preview without steps"),
        ("--plan", json.dumps({"resourcePlans": {URN: {"steps": ["create"]}}}), "no manifest"),
        ("--event-log", json.dumps({"summaryEvent": {"result": "succeeded"}}), "no resource"),
        ("--state", json.dumps({"version": 9, "deployment": {"resources": []}}), "a state of version 9"),
        ("--state", json.dumps({"version": 3, "deployment": {"resources": []}}), "no resource"),
        ("--state", "{", "cut short"),
        ("--manifests", "# nothing\n---\n", "no Kubernetes object"),
    ],
)
def test_an_input_that_can_not_be_judged_is_named(
    tmp_path: Path, pod: str, capsys: pytest.CaptureFixture[str], option: str, text: str, cause: str
) -> None:
    """Cut short, of another Pulumi, of a run that failed, or of nothing."""
    file = tmp_path / "input"
    file.write_text(text)

    code, error = told(capsys, option, str(file))

    assert (code, cause in error) == (2, True), error


@pytest.mark.parametrize(
    ("part", "cause"),
    [
        ("rego/rules", "the rule set is empty"),
        ("rego", "no directory rego/"),
        ("parameters/base.yaml", "no parameters"),
    ],
)
def test_rules_that_are_not_there_are_named(
    tmp_path: Path, pod: str, capsys: pytest.CaptureFixture[str], part: str, cause: str
) -> None:
    """A checkout that is not whole judges nothing."""
    policies = tmp_path / "policies"
    shutil.copytree(CHECKOUT / "policies", policies)
    gone = policies / part
    if gone.is_dir():
        shutil.rmtree(gone)
    else:
        gone.unlink()

    code, error = told(capsys, "--manifests", pod, "--policies", str(policies))

    assert (code, cause in error) == (2, True), error


def limited(arguments: list[str], memory: int) -> subprocess.CompletedProcess[str]:
    """Run a check in so much memory."""
    return subprocess.run(
        [sys.executable, "-m", "headgate.cli.main", "check", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, "HEADGATE_LEDGER": "/nonexistent"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (memory, memory)),
    )


def test_an_input_of_200_mb_that_memory_can_not_hold_is_named(tmp_path: Path) -> None:
    """The machine's limit is not the change's verdict."""
    file = tmp_path / "plan.json"
    with file.open("w") as out:
        out.write('{"steps": [')
        line = json.dumps({"op": "same", "urn": URN, "newState": {"inputs": {"data": "x" * 1_000_000}}})
        out.write(",\n".join([line] * 200))
        out.write("]}")
    done = limited(["--plan", str(file)], 600_000_000)

    assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (2, "", False), done.stderr
    assert "too large, so nothing was judged" in done.stderr, done.stderr
