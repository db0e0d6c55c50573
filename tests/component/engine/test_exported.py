"""The update gate reads what a stack consisted of, also where a passphrase was typed at the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from headgate.engine.exported import exported

pytestmark = pytest.mark.component

SALT = "v1:xOGx7ALa8wM=:v1:TXlRC8m/yvKPo8iZ:7pT/9k7zDZWRHwHms7p1OfT2U25abA=="
SEALED = {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    "ciphertext": "v1:YY73hOTfcRYcsOWB:fAZkju0j6Nv0LGOLqskehY34/w==",
}


def test_a_state_is_exported_without_its_passphrase_and_its_secrets_stay_sealed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was typed for the engine is the engine's alone; the pack beside it has neither it nor a terminal."""
    root = {
        "urn": "urn:pulumi:dev::typed::pulumi:pulumi:Stack::typed-dev",
        "custom": False,
        "type": "pulumi:pulumi:Stack",
        "outputs": {"token": SEALED},
    }
    latest = {
        "manifest": {"time": "2026-01-01T00:00:00Z", "magic": "", "version": ""},
        "secrets_providers": {"type": "passphrase", "state": {"salt": SALT}},
        "resources": [root],
    }
    stored = {
        "Pulumi.yaml": "name: typed\nruntime: python\n",
        "Pulumi.dev.yaml": f"encryptionsalt: {SALT}\n",
        "state/.pulumi/meta.yaml": "version: 1\n",
        "state/.pulumi/stacks/typed/dev.json": json.dumps(
            {"version": 3, "checkpoint": {"stack": "organization/typed/dev", "latest": latest}}
        ),
    }
    for name, content in stored.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    for name in ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}/state")

    found = exported("dev", tmp_path)

    assert [(each["urn"], each["outputs"]) for each in found["deployment"]["resources"]] == [
        (root["urn"], {"token": SEALED})
    ]
