"""How long a person waits for the platform: `make up` for the first time, again, and after `make down`.

Tools and environment are there already: how long those take is told by `make up` itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import click

from headgate.sandbox.layout import CHECKOUT

GOAL_SECONDS = 30.0


@dataclass(frozen=True)
class Step:
    """One command: what it was for, its seconds, and how many are the most."""

    what: str
    seconds: float
    goal: float | None = None


def measure() -> list[Step]:
    """Bring a platform up, again, down, and up; nothing of it is left."""
    # Short on purpose: unix sockets live in it.
    with tempfile.TemporaryDirectory(prefix="hg-", dir="/tmp") as folder:
        state = Path(folder)
        try:
            return [
                _timed("first `make up`, to a model answering in two regions", state, "tour", "up"),
                _timed("`make up` again", state, "tour", "up"),
                _timed("`make down`", state, "sandbox", "down"),
                _timed("`make up` after it, to a model answering", state, "tour", "up", goal=GOAL_SECONDS),
            ]
        finally:
            _run(state, "sandbox", "down")


def _timed(what: str, state: Path, *arguments: str, goal: float | None = None) -> Step:
    began = time.monotonic()
    _run(state, *arguments)
    step = Step(what, time.monotonic() - began, goal)
    # Shown at once: a long measurement that is interrupted has said something.
    click.echo(f"{what}: {step.seconds:.1f} s", err=True)
    return step


def _run(state: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "headgate.cli.main", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, "HEADGATE_STATE": str(state)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"headgate {' '.join(arguments)}: exit code {done.returncode}: {done.stderr[-2000:]}")


def table(steps: list[Step]) -> str:
    """Return the steps as a table."""
    lines = ["| what | seconds | goal | met |", "|---|---|---|---|"]
    for step in steps:
        goal = (f"at most {step.goal:.0f} s", "yes" if step.seconds <= step.goal else "no") if step.goal else ("-", "-")
        lines.append(f"| {step.what} | {step.seconds:.1f} | {goal[0]} | {goal[1]} |")
    return "\n".join(lines)
