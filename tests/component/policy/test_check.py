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

pytestmark = pytest.mark.component

DIGEST = "0123456789abcdef" * 4
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: c\n      image: %s\n"
ALLOWED = POD % f"hgplatformprod.azurecr.io/a@sha256:{DIGEST}"


def check(tmp_path: Path, *arguments: str, text: str | bytes = "", **more: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command with a ledger of its own."""
    return subprocess.run(
        [sys.executable, "-m", "headgate.cli.main", "check", *arguments],
        cwd=CHECKOUT,
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


def test_the_rego_is_formatted_strict_described_tested_and_covered(tmp_path: Path) -> None:
    """`headgate policy test`, which `make lint` runs."""
    done = subprocess.run(
        [sys.executable, "-m", "headgate.cli.main", "policy", "test"], cwd=CHECKOUT, capture_output=True, check=False
    )

    assert done.returncode == 0, done.stdout.decode()
