"""The throw-away copy of a stack for plan-only previews."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from headgate.engine import scratch
from headgate.engine.scratch import SECRET, SIGNATURE, UNKNOWN, Scratch
from headgate.errors import HeadgateError

pytestmark = pytest.mark.unit


def test_secrets_of_the_configuration_are_replaced_at_any_depth(tmp_path: Path) -> None:
    """No ciphertext and no key reference of the real stack is copied; what is no secret is."""
    source = tmp_path / "Pulumi.dev.yaml"
    source.write_text(
        "secretsprovider: azurekeyvault://v\nencryptedkey: k\n"
        "config:\n  headgate:team:\n    name: fraud\n    tokens: [{secure: real}]\n"
    )

    copied = Scratch(tmp_path / "copy", "headgate").write_config(source)

    content = yaml.safe_load(copied.read_text())
    assert sorted(content) == ["config", "encryptionsalt"]
    assert content["config"]["headgate:team"]["name"] == "fraud"
    assert "real" not in copied.read_text()


def test_exported_secrets_become_unknown_ones(tmp_path: Path) -> None:
    """Their ciphertext is under a key that is not here, so the engine could not even read it."""
    copy = Scratch(tmp_path, "headgate")
    secret = {SIGNATURE: SECRET, "ciphertext": "real"}
    copy.write_state("dev", {"resources": [{"urn": "u", "outputs": {"a": secret}}], "secrets_providers": {"type": "x"}})

    text = (tmp_path / "pulumi" / ".pulumi" / "stacks" / "headgate" / "dev.json").read_text()
    latest = json.loads(text)["checkpoint"]["latest"]
    assert latest["secrets_providers"]["type"] == "passphrase"
    assert latest["resources"][0]["outputs"]["a"][SIGNATURE] == SECRET
    assert "real" not in text


def test_reference_has_the_outputs_that_are_known_and_clear(tmp_path: Path) -> None:
    """A secret or an unknown value, at any depth, leaves its whole output out."""
    copy = Scratch(tmp_path, "headgate")
    outputs = {
        "registry": "x.azurecr.io",
        "kubeconfigs": {"a": {SIGNATURE: SECRET, "ciphertext": "real"}},
        "gateways": ["1.2.3.4", UNKNOWN],
    }
    copy.write_reference("platform-dev", {"resources": [{"type": "pulumi:pulumi:Stack", "outputs": outputs}]})

    state = json.loads((tmp_path / "pulumi" / ".pulumi" / "stacks" / "headgate" / "platform-dev.json").read_text())
    assert state["checkpoint"]["latest"]["resources"][0]["outputs"] == {"registry": "x.azurecr.io"}


@pytest.mark.parametrize("content", ["", "{}", '{"deployment": 3}', "[]"])
def test_unreadable_export_says_how_to_make_one(tmp_path: Path, content: str) -> None:
    """An exported state that is none is an error, not an empty state."""
    path = tmp_path / "state.json"
    path.write_text(content)

    with pytest.raises(HeadgateError) as caught:
        scratch.exported(path)

    assert "pulumi stack export" in str(caught.value.fix)
