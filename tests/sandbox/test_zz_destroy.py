"""The end: destroy leaves the sandbox empty, up works again after it, and down leaves nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from running_platform import RunningPlatform, eventually

pytestmark = pytest.mark.sandbox


def test_destroy_then_up_then_down_leaves_nothing(platform: RunningPlatform) -> None:
    """Both stacks are destroyed to an empty Azure, deployed again with an answer, and stopped without a trace."""
    for stack in ("fraud-sandbox", "platform-sandbox"):
        destroyed = platform.pulumi("destroy", "--yes", "--skip-preview", "-s", stack)
        assert destroyed.code == 0, destroyed.text
    assert platform.status()["regions"] == {}
    assert sorted(platform.processes()) == ["audit", "azure", "updates"]
    assert list((platform.state / "network").glob("*.json")) == []

    platform.forget_environment()
    again = platform.headgate("tour", "up", "--json", timeout=900)
    assert again.code == 0, again.text
    assert again.json()["request"]["ok"]

    pids = [row["pid"] for row in platform.processes().values() if row["pid"]]
    assert platform.headgate("sandbox", "down").code == 0
    eventually(lambda: not [pid for pid in pids if Path(f"/proc/{pid}").exists()], "no process is left", 10)
    assert platform.headgate("sandbox", "status", "--json").json()["running"] is False
    locks = list((platform.state / "pulumi").rglob("locks/**/*.json"))
    assert locks == []
