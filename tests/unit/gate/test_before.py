"""What the update gate knows of the old state: read once, for the rules that compare, and never guessed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from headgate.engine import exported as module
from headgate.engine.exported import exported
from headgate.errors import HeadgateError
from headgate.gate.update.before import Before
from headgate.gate.update.session import Session
from headgate.policy.bundle import CHECKOUT, Bundle
from headgate.policy.catalogue import for_gate

pytestmark = pytest.mark.unit

BUNDLE = Bundle.find(CHECKOUT / "policies")
STORE, TOKEN = "azure-native:storage/v20250101:StorageAccount", "urn:pulumi:platform-prod::headgate::"
OLD, NEW = {"accountName": "hgaudit", "days": 500}, {"accountName": "hgaudit", "days": 400}


def state(*names: str, **more: Any) -> dict[str, Any]:
    """Return a state that has these stores."""
    resources = [{"urn": f"{TOKEN}{STORE}::{name}", "type": STORE, "inputs": OLD, **more} for name in names]
    return {"version": 3, "deployment": {"resources": resources}}


class Asked:
    """An OPA that finds nothing, and what it was asked."""

    def __init__(self) -> None:
        self.before: list[Any] = []

    def ask(self, run: Mapping[str, Any]) -> dict[str, Any]:
        """Answer."""
        self.before += [each.get("before") for each in run["resources"]]
        return {"rules": [rule.id for rule in for_gate(BUNDLE.rules, "U", run["scope"])], "errors": [], "results": []}


def judged(export: Any, *resources: tuple[str, str], analysis: bool = False) -> list[Any]:
    """Return what the rules were told to have been before, resource by resource."""
    opa = Asked()
    session = Session(BUNDLE, opa.ask, stack="platform-prod", before=Before(export), analysis=analysis)
    for token, name in resources:
        session.judge(f"{TOKEN}{token}::{name}", token, NEW, protect=False, parent="")
    return opa.before


def test_what_changes_is_told_as_it_was_and_the_state_is_read_once() -> None:
    """What is new was nothing before."""
    read: list[str] = []

    def export(stack: str) -> dict[str, Any]:
        read.append(stack)
        return state("a", "b")

    found = judged(export, (STORE, "a"), (STORE, "b"), (STORE, "new"))

    assert (found, read) == ([{"days": 500}, {"days": 500}, None], ["platform-prod"])


def test_a_stack_of_which_no_rule_compares_anything_is_not_read() -> None:
    """Nor is one whose state is judged as it stands."""

    def export(_stack: str) -> dict[str, Any]:
        raise AssertionError("nobody asked for it")

    assert judged(export, ("kubernetes:core/v1:ConfigMap", "a")) == [None]
    assert judged(export, (STORE, "a"), analysis=True) == [None]


def test_what_waits_for_its_deletion_is_not_what_was() -> None:
    """Another of its name has taken its place."""
    assert judged(lambda _stack: state("a", delete=True), (STORE, "a")) == [None]


def test_a_state_that_can_not_be_read_ends_the_update() -> None:
    """Nothing is judged by half of what it needs."""
    with pytest.raises(HeadgateError, match="an export without a deployment"):
        judged(lambda _stack: {}, (STORE, "a"))


@pytest.mark.parametrize(
    ("script", "cause", "fix"),
    [
        (
            "echo passphrase must be set >&2; exit 255",
            "passphrase must be set",
            "export PULUMI_CONFIG_PASSPHRASE_FILE=",
        ),
        ("exit 3", "exit code 3", "have `pulumi stack export` work"),
        ("echo '['", "JSONDecodeError", "have `pulumi stack export` work"),
        ("echo '[]'", "exit code 0", "have `pulumi stack export` work"),
        ("sleep 60", "TimeoutExpired", "have `pulumi stack export` work"),
    ],
)
def test_an_export_that_fails_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, cause: str, fix: str
) -> None:
    """With what to do about it."""
    program = tmp_path / "pulumi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(module, "tool_path", lambda _name: program)
    monkeypatch.setattr(module, "_SECONDS", 0.5 if "sleep" in script else 60)

    with pytest.raises(HeadgateError, match="what the stack consists of can't be read") as caught:
        exported("platform-prod", tmp_path)

    assert cause in str(caught.value.found)
    assert str(caught.value.fix).startswith(fix)


def test_an_export_takes_nothing_of_the_engine_s_own_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its back end and its passphrase it does take."""
    asked: list[Any] = []

    def run(command: list[str], **more: Any) -> Any:
        asked.append((command[1:5], more["cwd"], {name for name in more["env"] if name.startswith("PULUMI_")}))
        return subprocess.CompletedProcess(command, 0, json.dumps(state("a")), "")

    for name in ("PULUMI_OPTION_TARGET", "PULUMI_BACKEND_URL"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setattr(module, "tool_path", Path)
    monkeypatch.setattr(subprocess, "run", run)

    assert exported("platform-prod", tmp_path) == state("a")
    assert asked == [(["stack", "export", "--stack", "platform-prod"], tmp_path, {"PULUMI_BACKEND_URL"})]
