"""What a sandbox signs for its gates before its registry is there, and what the registry then has."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from headgate.cli import sandbox_gate
from headgate.model import Registry
from headgate.policy import archive, remote
from headgate.policy.bundle import Bundle
from headgate.sandbox.layout import StateDir

pytestmark = pytest.mark.component

SERVER = "hgplatformsandbox.azurecr.io"


def told(state: StateDir) -> dict[str, str]:
    """Prepare, and return what the update is told of the platform's registry."""
    sandbox_gate.prepare_bundle(state, "platform-sandbox")
    found: dict[str, str] = json.loads(state.gate_bundles.read_text())[SERVER]
    return found


def test_the_digest_that_is_said_is_the_one_that_the_registry_gives(tmp_path: Path, registry: Registry) -> None:
    """The update names it while there is no registry yet; what it names is signed by the key that it names."""
    state = StateDir(tmp_path)
    said = told(state)
    content = (state.gate / "rules.tar.gz").read_bytes()
    pushed = remote.push(registry, content)

    assert (pushed.digest, said["key"]) == (said["digest"], state.rules_public_key.read_text())
    assert archive.verify(content, state.rules_public_key) == Bundle.find().digest


def test_it_is_signed_again_only_when_something_is_new(tmp_path: Path) -> None:
    """Each signature is another bundle, and another bundle restarts the gates."""
    state = StateDir(tmp_path)
    said = [told(state), told(state)]
    state.rules_key.unlink()
    said.append(told(state))

    assert (said[0] == said[1], said[1]["digest"] == said[2]["digest"]) == (True, False)


def test_the_keys_are_two_and_their_owners_alone(tmp_path: Path) -> None:
    """Who states facts may not sign rules."""
    state = StateDir(tmp_path)
    told(state)
    private = (state.rules_key, state.facts_key)

    assert [stat.S_IMODE(each.stat().st_mode) for each in private] == [0o600] * 2
    assert len({each.read_text() for each in private}) == 2
