"""`headgate check` as CI runs it: verdict, exit code and record."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from headgate.audit import LedgerReader
from headgate.policy.bundle import CHECKOUT
from headgate.sandbox.toolchain import tool_path

pytestmark = pytest.mark.component

DIGEST = "0123456789abcdef" * 4
POD = """apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
    - name: c
      image: %s
      securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
"""
ALLOWED = POD % f"hgplatformprod.azurecr.io/a@sha256:{DIGEST}"


def check(
    tmp_path: Path, *arguments: str, text: str | bytes = "", cwd: Path = CHECKOUT, **more: str
) -> subprocess.CompletedProcess[bytes]:
    """Run the command with a ledger of its own."""
    return subprocess.run(
        [sys.executable, "-m", "headgate.cli.main", "check", *arguments],
        cwd=cwd,
        env={**os.environ, "HEADGATE_LEDGER": str(tmp_path / "ledger"), **more},
        input=text.encode() if isinstance(text, str) else text,
        capture_output=True,
        timeout=120,
        check=False,
    )


def test_what_is_allowed_is_let_through_and_recorded(tmp_path: Path) -> None:
    """Exit code 0, and one entry."""
    done = check(tmp_path, "--manifests", "-", text=ALLOWED)
    reader = LedgerReader(tmp_path / "ledger")
    entries = [reader.document(entry) for _, entry in reader.entries()]

    assert (done.returncode, [(each["kind"], each["data"]["verdict"]) for each in entries]) == (
        0,
        [("decision", "pass")],
    ), done.stderr


def test_a_violation_is_exit_code_one_and_names_the_line(tmp_path: Path) -> None:
    """In the report that was asked for."""
    file = tmp_path / "pod.yaml"
    file.write_text(POD % "nginx")
    report = tmp_path / "report.json"
    done = check(tmp_path, "--manifests", str(file), "--format", "json", "--output", str(report))
    found = json.loads(report.read_text())["results"]

    assert (done.returncode, done.stdout, [(each["rule"], each["violations"][0]["source"]) for each in found]) == (
        1,
        b"",
        [("HG-SC-001", f"{file}:7"), ("HG-SC-002", f"{file}:7")],
    )


def test_the_environment_decides_what_a_tag_does(tmp_path: Path) -> None:
    """A warning in dev, a violation in prod."""
    codes = [
        check(
            *(tmp_path, "--manifests", "-", "--environment", name), text=POD % f"hgplatform{name}.azurecr.io/a:1"
        ).returncode
        for name in ("dev", "prod")
    ]

    assert codes == [0, 1]


@pytest.mark.parametrize(
    "text",
    ["", "text", "a: {{ x }}", b"\xff\xfe", "[" * 100_000, '{"kind": "List", "apiVersion": "v1", "items": [1]}'],
    ids=["empty", "text", "template", "binary", "deep", "list"],
)
def test_what_can_not_be_read_is_exit_code_two(tmp_path: Path, text: str | bytes) -> None:
    """Never a pass, never a violation, never a stack trace."""
    done = check(tmp_path, "--manifests", "-", text=text)

    assert (done.returncode, b"Traceback" in done.stderr) == (2, False), done.stderr


def test_what_kustomize_builds_is_judged_object_by_object(tmp_path: Path) -> None:
    """By the kustomize of the pinned kubectl, through standard input; the corpus has what it builds."""
    corpus = CHECKOUT / "tests/unit/plan/corpus/kustomize"
    command = [str(tool_path("kubectl")), "kustomize", str(corpus / "base")]
    built = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    done = check(tmp_path, "--manifests", "-", "--json", text=built)
    found = json.loads(done.stdout)
    of_images = {
        (each["resource"], each["violations"][0]["source"])
        for each in found["results"]
        if each["rule"] == "HG-SC-001" and each["blocking"]
    }

    assert built == (corpus / "built.yaml").read_text()
    assert (done.returncode, found["resources"]) == (1, 3), done.stderr
    assert of_images == {("apps/v1/Deployment/team-fraud/fraud-scorer", "<stdin>:42")}


def test_no_opa_is_exit_code_two_with_what_to_do(tmp_path: Path) -> None:
    """The message names the command."""
    done = check(
        *(tmp_path, "--manifests", "-"), text=ALLOWED, HEADGATE_TOOLS=str(tmp_path / "none"), PATH="/usr/bin:/bin"
    )

    assert (done.returncode, b"headgate toolchain build opa" in done.stderr) == (2, True), done.stderr


def test_two_documents_at_once_or_none_are_a_mistake_of_use(tmp_path: Path) -> None:
    """Exit code 2: nothing was judged."""
    codes = [check(tmp_path, *arguments).returncode for arguments in ([], ["--plan", "a", "--state", "b"])]

    assert codes == [2, 2]


def test_several_reports_come_of_one_run(tmp_path: Path) -> None:
    """Each in its file, the console's on the terminal, all of the one decision."""
    files = {form: tmp_path / form for form in ("json", "sarif", "junit", "gitlab", "markdown")}
    arguments = [part for form, file in files.items() for part in ("--format", form, "--output", str(file))]
    done = check(tmp_path, "--manifests", "-", "--format", "console", *arguments, text=POD % "nginx")
    told = [file.read_text() for file in files.values()]

    assert (done.returncode, done.stdout.startswith(b"<stdin>:7: violation HG-SC-001")) == (1, True), done.stderr
    assert ["HG-SC-001" in text for text in told] == [True] * len(told)


def test_a_report_of_the_target_branch_lets_old_sins_pass_and_no_new_ones(tmp_path: Path) -> None:
    """Exit code 0 for what was there before, 1 for what this change makes worse."""
    base, pod = tmp_path / "base.json", tmp_path / "pod.yaml"
    pod.write_text(POD % "nginx")
    codes = [check(tmp_path, "--manifests", str(pod), "--json", "--output", str(base)).returncode]
    codes.append(check(tmp_path, "--manifests", str(pod), "--baseline", str(base)).returncode)
    pod.write_text(POD % "nginx:2")
    codes.append(check(tmp_path, "--manifests", str(pod), "--baseline", str(base)).returncode)

    assert codes == [1, 0, 1]


def test_a_commit_is_judged_as_it_was(tmp_path: Path) -> None:
    """The file of then against the file of now; a commit that is not there is exit code 2."""
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    pod = tmp_path / "pod.yaml"
    pod.write_text(POD % "nginx")
    for arguments in (["init", "-q"], ["add", "pod.yaml"], ["commit", "-q", "-m", "a"]):
        subprocess.run([*git, *arguments], check=True)
    run = ("--manifests", "pod.yaml", "--baseline")
    known = check(tmp_path, *run, "HEAD", cwd=tmp_path)
    pod.write_text(f"{POD % 'nginx'}---\n{(POD % 'busybox').replace('name: a', 'name: b')}")
    worse = check(tmp_path, *run, "HEAD", cwd=tmp_path)
    unknown = check(tmp_path, *run, "nowhere", cwd=tmp_path)

    assert (known.returncode, worse.returncode, unknown.returncode) == (0, 1, 2), worse.stderr
    assert (b"busybox" in worse.stdout, b"nginx" in worse.stdout, b"nothing was judged" in unknown.stderr) == (
        True,
        False,
        True,
    )


def test_one_rule_or_a_collection_judges_alone_and_says_so(tmp_path: Path) -> None:
    """By one rule; what does not exist is exit code 2."""
    only = check(tmp_path, "--manifests", "-", "--only", "HG-SC-002", "--json", text=POD % "nginx")
    part = check(tmp_path, "--manifests", "-", "--collection", "supply-chain", "--json", text=ALLOWED)
    none = check(tmp_path, "--manifests", "-", "--only", "HG-XX-001", text=ALLOWED)

    assert (only.returncode, json.loads(only.stdout)["rules"], part.returncode, none.returncode) == (
        1,
        ["HG-SC-002"],
        0,
        2,
    )
