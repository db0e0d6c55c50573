"""The tutorial, typed as it stands: pushed, signed, approved by two, deployed, refused where unknown, verified."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from running_platform import CHECKOUT, RunningPlatform
from tutorial import Shell, difference, reader_environment, steps

# A plan, two updates and two rollouts of a platform: minutes.
pytestmark = [pytest.mark.sandbox, pytest.mark.stress]
TUTORIAL = CHECKOUT / "docs" / "tutorial.md"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a clone of what is committed here: a reader commits, and this checkout is not the reader's."""
    clone = tmp_path / "checkout"
    subprocess.run(["git", "clone", "--quiet", str(CHECKOUT), str(clone)], check=True, timeout=60)
    # A reader is on a branch, and goes back to it; CI's checkout may be on none.
    subprocess.run(["git", "switch", "--quiet", "-C", "main"], cwd=clone, check=True, timeout=60)
    (clone / ".venv").symlink_to(CHECKOUT / ".venv")
    return clone


def test_the_tutorial_goes_as_it_says(platform: RunningPlatform, checkout: Path, tmp_path: Path) -> None:
    """Each block of commands ends as the tutorial says, and prints what it shows."""
    shell = Shell(checkout, reader_environment(platform.state, checkout), tmp_path)
    wrong = []
    for step in steps(TUTORIAL.read_text()):
        printed = shell.type(step.commands)
        ended = f"{TUTORIAL.name}:{step.line} ends with {printed.code}\n{printed.text}"
        assert step.ends_with(printed.code), "\n".join([*wrong, ended])
        missing = difference(step.shown, printed.text) if step.shown is not None else None
        if missing is not None:
            wrong.append(f"{TUTORIAL.name}:{step.line} shows {missing!r}, but printed was\n{printed.text}")

    assert wrong == [], "\n".join(wrong)
    assert platform.pulumi("preview", "--expect-no-changes", "-s", "fraud-sandbox").code == 0
