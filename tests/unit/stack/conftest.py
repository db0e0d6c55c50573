"""A folder of stack files to break."""

from __future__ import annotations

from pathlib import Path

import pytest
from stack_folder import Stacks


@pytest.fixture
def stacks(tmp_path: Path) -> Stacks:
    """Return a valid platform and a valid team in dev."""
    return Stacks(tmp_path / "stacks")
