"""The environment of the sandbox, and what of the user's own is kept out of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.engine.environment import child_environment, joined_path, policy_pack
from headgate.sandbox.files import write_if_changed
from headgate.sandbox.shims import leave_no_logs

pytestmark = pytest.mark.unit


def test_prefix_comes_first_and_once() -> None:
    """Evaluating `headgate env` twice does not make PATH longer."""
    once = joined_path("/a:/b", "/usr/bin::/bin")

    assert (once, joined_path("/a:/b", once)) == ("/a:/b:/usr/bin:/bin",) * 2


def test_users_own_pulumi_settings_stay_outside() -> None:
    """A token or a passphrase of the user's own must not reach the sandbox; the rest of the environment does."""
    ambient = {"HOME": "/me", "PULUMI_ACCESS_TOKEN": "t", "PULUMI_CONFIG_PASSPHRASE": "p", "PULUMI_STACK": "mine"}

    assert child_environment({"PULUMI_HOME": "/s"}, ambient) == {"HOME": "/me", "PULUMI_HOME": "/s"}


def test_pack_is_the_default_where_there_is_one(tmp_path: Path) -> None:
    """A folder without PulumiPolicy.yaml is no pack, and would make every preview fail."""
    (tmp_path / "policies" / "pack").mkdir(parents=True)
    before = policy_pack(tmp_path)
    (tmp_path / "policies" / "pack" / "PulumiPolicy.yaml").touch()

    assert (before, policy_pack(tmp_path)) == (None, tmp_path / "policies" / "pack")


def test_private_file_is_made_private_again(tmp_path: Path) -> None:
    """A file of the right content and a wrong mode is made private."""
    path = tmp_path / "passphrase"
    path.write_text("x")
    path.chmod(0o644)

    write_if_changed(path, "x")

    assert (path.read_text(), path.stat().st_mode & 0o777) == ("x", 0o600)


def test_a_home_of_ours_keeps_no_log_unless_somebody_wants_one(tmp_path: Path) -> None:
    """A file stands where the engine's folder would be; a folder that is there is left."""
    without, wanted = tmp_path / "a", tmp_path / "b"
    (wanted / "logs").mkdir(parents=True)

    for home in (without, wanted):
        leave_no_logs(home)

    assert ((without / "logs").is_file(), (wanted / "logs").is_dir()) == (True, True)
