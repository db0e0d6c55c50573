"""The signed rules of a sandbox, which its program names before its registry is there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from headgate.cli import sandbox_gate
from headgate.policy.bundle import Bundle
from headgate.sandbox.layout import StateDir

pytestmark = pytest.mark.unit
_STACK = "platform-sandbox"


def test_what_python_compiles_beside_the_rules_makes_no_other_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first update of a new checkout compiles the pack, between the digest that is told and the push."""
    policies = tmp_path / "policies"
    shutil.copytree(Bundle.find().root, policies, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setenv("HEADGATE_POLICIES", str(policies))
    state = StateDir(tmp_path / "state")

    sandbox_gate.prepare_bundle(state, _STACK)
    told = json.loads(state.gate_bundles.read_text())
    compiled = policies / "pack" / "__pycache__" / "pack.cpython-311.pyc"
    compiled.parent.mkdir()
    compiled.write_bytes(b"compiled")
    sandbox_gate.prepare_bundle(state, _STACK)
    again = json.loads(state.gate_bundles.read_text())
    base = policies / "parameters" / "base.yaml"
    base.write_text(f"{base.read_text()}# another rule set\n")
    sandbox_gate.prepare_bundle(state, _STACK)

    assert again == told != json.loads(state.gate_bundles.read_text())
