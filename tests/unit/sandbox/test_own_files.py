"""What the sandbox writes, and what a reset takes away: the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.sandbox.layout import StateDir
from headgate.sandbox.lifecycle import OWN

pytestmark = pytest.mark.unit


def test_a_reset_knows_every_file_of_the_layout(tmp_path: Path) -> None:
    """What outlives its sandbox would vouch for another one. Sockets and the supervisor's lock are its server's own."""
    state = StateDir(tmp_path)
    made = [getattr(state, name) for name, member in vars(StateDir).items() if isinstance(member, property)]
    within = [path for path in made if isinstance(path, Path) and path != tmp_path and path.is_relative_to(tmp_path)]

    forgotten = {path.relative_to(tmp_path).parts[0] for path in within if path.suffix not in {".sock", ".lock"}} - set(
        OWN
    )

    assert (forgotten, {"model-keys", "pulumi"} - set(OWN)) == (set(), set())
