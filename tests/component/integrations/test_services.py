"""The action, the pipeline template and the hooks: their scripts as the services run them, up to the service itself."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from headgate.policy.bundle import CHECKOUT

pytestmark = pytest.mark.component

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: c\n      image: %s\n"
GOOD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {}\n"
ACTION = yaml.safe_load((CHECKOUT / "action.yml").read_text())
TEMPLATE = yaml.safe_load((CHECKOUT / "integrations/azure-pipelines/check.yml").read_text())
HOOKS = yaml.safe_load((CHECKOUT / ".pre-commit-hooks.yaml").read_text())
_EXPRESSION = re.compile(r"^\$\{\{ (?:inputs|parameters)\.([A-Za-z-]+) \}\}$")


@pytest.fixture
def command(tmp_path: Path) -> str:
    """Return the command of this checkout, under a name with a space: nothing may be split."""
    program = tmp_path / "the headgate"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m headgate.cli.main "$@"\n')
    program.chmod(0o755)
    return str(program)


def variables(declared: dict[str, str], given: dict[str, str], defaults: dict[str, str]) -> dict[str, str]:
    """Return a step's environment, its expressions worked out as the service does."""
    found = {}
    for name, text in declared.items():
        match = _EXPRESSION.match(text)
        assert match, f"{name}: {text}"
        found[name] = given.get(match[1], defaults[match[1]])
    return found


def run(script: str, tmp_path: Path, shell: list[str], step: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a step's script from a file, as runners do."""
    file = tmp_path / "step.sh"
    file.write_text(script)
    environment = {**os.environ, "HEADGATE_LEDGER": str(tmp_path / "ledger"), **step}
    return subprocess.run(
        [*shell, str(file)], cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def act(tmp_path: Path, **inputs: str) -> tuple[subprocess.CompletedProcess[str], dict[str, str], str]:
    """Run the action; return what its step printed, its outputs and the job's summary."""
    step = ACTION["runs"]["steps"][0]
    defaults = {name: each["default"] for name, each in ACTION["inputs"].items()}
    output, summary = tmp_path / "output", tmp_path / "summary"
    service = {
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_OUTPUT": str(output),
        "GITHUB_STEP_SUMMARY": str(summary),
        **variables(step["env"], inputs, defaults),
    }
    done = run(step["run"], tmp_path, ["bash", "--noprofile", "--norc", "-eo", "pipefail"], service)
    outputs = dict(line.split("=", 1) for line in output.read_text().splitlines())
    return done, outputs, summary.read_text() if summary.is_file() else ""


def test_the_action_annotates_reports_and_fails_with_the_verdict(tmp_path: Path, command: str) -> None:
    """Exit code 1, a command with file and line, three reports, and the comment as summary."""
    pod = tmp_path / "a pod.yaml"
    pod.write_text(POD % "nginx")
    done, outputs, summary = act(tmp_path, manifests=f"{pod}\n", headgate=command, environment="prod")

    assert (done.returncode, outputs["exit-code"]) == (1, "1"), done.stderr
    assert f"::error file={pod},line=7,col=" in done.stdout
    assert summary.startswith("### ❌ Headgate: refused")
    assert json.loads(Path(outputs["sarif"]).read_text())["version"] == "2.1.0"
    assert json.loads(Path(outputs["json"]).read_text())["verdict"] == "fail"
    assert Path(outputs["comment"]).read_text() == summary


def test_the_action_lets_through_what_is_well(tmp_path: Path, command: str) -> None:
    """Exit code 0."""
    (tmp_path / "pod.yaml").write_text(GOOD)
    done, outputs, _ = act(tmp_path, manifests=str(tmp_path / "pod.yaml"), headgate=command)

    assert (done.returncode, outputs["exit-code"]) == (0, "0"), done.stderr


def test_the_action_fails_closed_and_runs_nothing_that_an_input_says(tmp_path: Path, command: str) -> None:
    """Exit code 2 with no report, whatever a file is called."""
    done, outputs, summary = act(
        tmp_path, manifests=f"$(touch {tmp_path}/ran); `touch {tmp_path}/ran`", headgate=command
    )

    assert (done.returncode, outputs, summary, (tmp_path / "ran").exists()) == (2, {"exit-code": "2"}, "", False)


def test_the_actions_outputs_are_those_that_its_step_sets(tmp_path: Path, command: str) -> None:
    """An output that nobody writes would be empty without a word."""
    (tmp_path / "pod.yaml").write_text(GOOD)
    _, outputs, _ = act(tmp_path, manifests=str(tmp_path / "pod.yaml"), headgate=command)

    assert {name: each["value"] for name, each in ACTION["outputs"].items()} == {
        name: f"${{{{ steps.check.outputs.{name} }}}}" for name in outputs
    }


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Return this checkout's rules as a signed bundle, the public key, and that of somebody else."""
    from headgate.policy import archive
    from headgate.policy.bundle import Bundle
    from headgate.sandbox.layout import StateDir
    from headgate.sandbox.rules_key import ensure_rules_key

    folder = tmp_path_factory.mktemp("published")
    private, public = ensure_rules_key(StateDir(folder / "state"))
    _, stranger = ensure_rules_key(StateDir(folder / "other"))
    bundle = folder / "rules.tar.gz"
    bundle.write_bytes(archive.sign(archive.build(Bundle.find(CHECKOUT / "policies")), private))
    return bundle, public, stranger


def test_both_judge_by_the_signed_bundle_of_the_settings(
    tmp_path: Path, command: str, published: tuple[Path, Path, Path]
) -> None:
    """With its key the verdict, with another's exit code 2 and the cause."""
    bundle, public, stranger = published
    pod = tmp_path / "pod.yaml"
    pod.write_text(POD % "nginx")
    given = {"manifests": str(pod), "headgate": command, "environment": "prod", "bundle": str(bundle)}
    judge = TEMPLATE["steps"][0]
    defaults = {each["name"]: each["default"] for each in TEMPLATE["parameters"]}
    codes, said = [], []
    for key in (public, stranger):
        done, outputs, _ = act(tmp_path, **{**given, "bundle-key": str(key)})
        service = {"AGENT_TEMPDIRECTORY": str(tmp_path)}
        service |= variables(judge["env"], {**given, "bundleKey": str(key)}, defaults)
        template = run(judge["bash"], tmp_path, ["bash", "--noprofile", "--norc"], service)
        codes.append((done.returncode, outputs["exit-code"], template.returncode))
        said += [done.stderr, template.stderr]

    assert codes == [(1, "1", 1), (2, "2", 2)], said
    assert ["not what was signed, or not by this key" in each for each in said] == [False, False, True, True]


@pytest.mark.parametrize(("text", "code", "end"), [(POD % "nginx", 1, "Failed"), (GOOD, 0, "Succeeded")])
def test_the_template_shows_issues_tests_and_summary(
    tmp_path: Path, command: str, text: str, code: int, end: str
) -> None:
    """The step ends with the verdict's exit code; the task after it finds the file that it publishes."""
    pod = tmp_path / "pod.yaml"
    pod.write_text(text)
    judge, publish = TEMPLATE["steps"]
    defaults = {each["name"]: each["default"] for each in TEMPLATE["parameters"]}
    given = {"manifests": str(pod), "headgate": command}
    service = {"AGENT_TEMPDIRECTORY": str(tmp_path), **variables(judge["env"], given, defaults)}
    done = run(judge["bash"], tmp_path, ["bash", "--noprofile", "--norc"], service)
    published = publish["inputs"]["testResultsFiles"].replace("$(Agent.TempDirectory)", str(tmp_path))

    assert done.returncode == code, done.stderr
    assert f"##vso[task.complete result={end};]" in done.stdout
    assert f"##vso[task.uploadsummary]{tmp_path}/headgate/headgate.md" in done.stdout
    assert Path(published).read_text().startswith("<?xml")


def test_the_hooks_have_what_pre_commit_asks_for() -> None:
    """Id, name, entry and language, and nothing that is fetched."""
    assert [(each["id"], each["language"], bool(each["name"])) for each in HOOKS] == [
        ("headgate-manifests", "system", True),
        ("headgate-stacks", "system", True),
    ]


def hook(name: str, files: list[str]) -> int:
    """Run a hook's entry over files, as pre-commit does."""
    found: dict[str, Any] = next(each for each in HOOKS if each["id"] == name)
    program, *arguments = shlex.split(found["entry"])
    assert program == "headgate"
    names = files if found.get("pass_filenames", True) else []
    argv = [sys.executable, "-m", "headgate.cli.main", *arguments, *names]
    return subprocess.run(argv, cwd=CHECKOUT, capture_output=True, timeout=300, check=False).returncode


def test_the_hooks_stop_a_commit_that_breaks_a_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several files at once; stack files are checked as a whole."""
    monkeypatch.setenv("HEADGATE_LEDGER", str(tmp_path / "ledger"))
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(GOOD)
    bad.write_text(POD % "nginx")

    assert [
        hook("headgate-manifests", [str(good), str(good)]),
        hook("headgate-manifests", [str(good), str(bad)]),
        hook("headgate-stacks", ["stacks/Pulumi.fraud-prod.yaml"]),
    ] == [0, 1, 0]
