"""The repository itself: sizes, names, addresses and modes that the house rules ask for."""

from __future__ import annotations

import ast
import os
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.unit
CHECKOUT = Path(__file__).resolve().parents[3]
PACKAGES = ("headgate", "components", "infra", "benchmarks", "docs", "lint", "policies")


def tracked() -> list[Path]:
    """Return the checkout's own files: everything but what .gitignore names."""
    ignored = {line.strip("/\n") for line in (CHECKOUT / ".gitignore").read_text().splitlines()} | {".git"}
    found = []
    for folder, folders, files in os.walk(CHECKOUT):
        folders[:] = [name for name in folders if not any(fnmatch(name, pattern) for pattern in ignored)]
        found += [Path(folder) / name for name in files if not any(fnmatch(name, pattern) for pattern in ignored)]
    return sorted(found)


def sources() -> list[Path]:
    """Return our own Python files, without generated ones and tests."""
    return [
        path
        for path in tracked()
        if path.suffix == ".py" and path.relative_to(CHECKOUT).parts[0] in PACKAGES and "_pb2" not in path.name
    ]


def test_files_stay_short() -> None:
    """A file over 300 lines is two files."""
    assert {
        str(path.relative_to(CHECKOUT)): n for path in sources() if (n := len(path.read_text().splitlines())) > 300
    } == {}


def test_functions_stay_short() -> None:
    """A function's body, without its docstring, has at most 40 lines."""
    long = {}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
                if lines > 40:
                    long[f"{path.relative_to(CHECKOUT)}:{node.lineno} {node.name}"] = lines

    assert long == {}


def test_names_say_what_a_thing_does() -> None:
    """No module or folder of ours is a drawer for everything."""
    empty = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}

    assert [str(path) for path in sources() if empty & {*path.relative_to(CHECKOUT).parent.parts, path.stem}] == []


def test_no_file_records_where_packages_come_from() -> None:
    """Requirements and settings name packages and hashes; the machine that installs chooses the index."""
    hosts = ["files.python" + "hosted.org", "pypi" + ".org/simple", "registry.npm" + "js.org", "proxy.golang" + ".org"]
    options = ["--index" + "-url", "--extra-index" + "-url", "--find" + "-links", "index-url" + " =", "GOPROXY" + "="]
    found = []
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(CHECKOUT)}: {one}" for one in hosts + options if one in text]

    assert found == []


@pytest.mark.parametrize("lock", ["dev.txt", "checkov.txt"])
def test_requirements_are_locked_with_hashes(lock: str) -> None:
    """Every requirement has one exact version and at least one hash."""
    text = re.sub(r"\\\n\s*", " ", (CHECKOUT / "requirements" / lock).read_text())
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]

    assert lines
    assert [line for line in lines if not re.match(r"[\w.\-\[\]]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)] == []


def test_ci_runs_what_a_person_runs() -> None:
    """The workflow calls .ci/run, which calls make targets that exist, and nothing reads standard input."""
    script = (CHECKOUT / ".ci/run").read_text()
    workflow = yaml.safe_load((CHECKOUT / ".github/workflows/ci.yml").read_text())
    steps = [step.get("run") for step in workflow["jobs"]["test"]["steps"]]
    called = re.findall(r"^make (\S+)", script, re.MULTILINE)

    assert ".ci/run" in steps
    assert called == ["lint", "test"]
    assert script.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in script
    assert (CHECKOUT / ".ci/run").stat().st_mode & 0o111


def test_hooks_fetch_nothing() -> None:
    """Pre-commit runs local hooks only."""
    repos = yaml.safe_load((CHECKOUT / ".pre-commit-config.yaml").read_text())["repos"]

    assert {repo["repo"] for repo in repos} == {"local"}


@pytest.mark.parametrize("workflow", sorted((CHECKOUT / ".github/workflows").glob("*.yml")), ids=lambda path: path.name)
def test_workflows_have_the_least_rights(workflow: Path) -> None:
    """Each workflow states its permissions, writes no contents and keeps no credentials in the checkout."""
    document = yaml.safe_load(workflow.read_text())
    steps = [step for job in document["jobs"].values() for step in job["steps"]]
    checkouts = [step for step in steps if str(step.get("uses", "")).startswith("actions/checkout")]

    assert document["permissions"]["contents"] == "read"
    assert [step for step in checkouts if step.get("with", {}).get("persist-credentials") is not False] == []
