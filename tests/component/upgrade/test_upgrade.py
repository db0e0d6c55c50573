"""An upgrade from the last release takes over what stands: nothing is replaced, and nothing is deleted unawares."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from release_snapshot import SNAPSHOTS, STACKS, releases

from headgate.engine.preview import preview

pytestmark = pytest.mark.component

PLATFORM = "platform-sandbox"
LAST = SNAPSHOTS / releases()[-1]
# What a plan does with a resource that stands, and its owner would not expect of an upgrade.
DESTRUCTIVE = frozenset({"replace", "create-replacement", "delete-replaced", "delete", "discard"})


def destroyed(stack: str, state: Path) -> dict[str, list[str]]:
    """Plan this program against a state; return which resources it destroys, and how."""
    references = {} if stack == PLATFORM else {PLATFORM: LAST / f"{PLATFORM}.json"}
    with preview(stack, exported_state=state, references=references) as plan:
        steps = [event["resourcePreEvent"]["metadata"] for event in plan.events() if "resourcePreEvent" in event]
    assert steps
    gone = [(step["urn"].rpartition("::")[2], step["op"]) for step in steps if step["op"] in DESTRUCTIVE]
    return {name: sorted(op for each, op in gone if each == name) for name, _ in gone}


def intended(stack: str) -> dict[str, list[str]]:
    """Return what is deleted or replaced on purpose since the last release."""
    path = LAST / "intended.yaml"
    rows = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}) if path.is_file() else {}
    return {name: row["operations"] for name, row in rows.get(stack, {}).items()}


@pytest.fixture(autouse=True)
def audited(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have decisions recorded, as in the sandbox that the snapshot is of."""
    token = tmp_path / "token"
    token.write_text("plan-only")
    monkeypatch.setenv("HEADGATE_AUDIT_URL", "https://127.0.0.1:1/v1/opa")
    monkeypatch.setenv("HEADGATE_AUDIT_TOKEN_FILE", str(token))


@pytest.mark.parametrize("stack", STACKS)
def test_an_upgrade_replaces_and_deletes_nothing(stack: str) -> None:
    """A resource keeps its logical name, or has an alias; what still goes is written down with its reason, no more."""
    state = LAST / f"{stack}.json"

    assert destroyed(stack, state) == intended(stack)


def test_a_resource_that_was_renamed_is_noticed(tmp_path: Path) -> None:
    """Another logical name without an alias deletes what stands."""
    text = (LAST / "fraud-sandbox.json").read_text(encoding="utf-8")
    state = tmp_path / "fraud-sandbox.json"
    state.write_text(text.replace("tenancy-uaenorth-account", "tenancy-uaenorth-identity"), encoding="utf-8")

    found = destroyed("fraud-sandbox", state)

    assert found == {**intended("fraud-sandbox"), "tenancy-uaenorth-identity": ["delete"]}


@pytest.mark.parametrize("stack", STACKS)
def test_a_snapshot_holds_no_secret(stack: str) -> None:
    """What was secret is left out: a snapshot is public."""
    text = (LAST / f"{stack}.json").read_text(encoding="utf-8")

    assert "PRIVATE KEY" not in text
    assert "client-key-data" not in text
    assert json.loads(text)["version"] == 3


def test_what_is_intended_has_a_reason() -> None:
    """And is never the replacement of what holds data or clusters."""
    path = LAST / "intended.yaml"
    rows = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}) if path.is_file() else {}
    kept = ("-cluster", "-registry", "-vault", "-logs", "-network", "-namespace")

    for stack, names in rows.items():
        assert stack in STACKS
        for name, row in names.items():
            assert row["reason"].strip(), name
            assert not name.endswith(kept), name
