"""What `headgate check` judges: the one document that was named, and what it was on the target branch."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from headgate.plan.view import View


@dataclass(frozen=True)
class Input:
    """The documents that the command line named."""

    stack: str | None = None
    plan: str | None = None
    event_log: str | None = None
    state: str | None = None
    manifests: tuple[str, ...] = ()
    cluster: str | None = None

    def __post_init__(self) -> None:
        """Refuse none and several; a saved plan alone comes with the state that it was made against."""
        given = (self.stack, self.plan, self.event_log, self.state, self.manifests, self.cluster)
        named = [bool(each) for each in given]
        if sum(named) != 1 and not (self.plan and self.state and sum(named) == len(("plan", "state"))):
            raise click.UsageError("name one of --stack, --plan, --event-log, --state, --manifests, --cluster.")

    def view(self) -> View:
        """Read what is to be judged; its properties know their lines in the stack's own file."""
        from headgate.gate.trace import over_own_stack
        from headgate.plan import load

        if self.manifests:
            return load.manifest_files(self.manifests)
        if self.stack:
            return over_own_stack(_previewed(self.stack, _project()))
        if self.plan:
            return over_own_stack(load.plan(self.plan, self.state))
        return over_own_stack(load.event_log(self.event_log) if self.event_log else load.state(str(self.state)))

    def view_at(self, ref: str) -> View:
        """Read what it was at a commit: a preview of the tree of then, or the manifests of then."""
        from headgate.gate.branch import tree_at

        if not self.stack and (not self.manifests or "-" in self.manifests):
            raise click.UsageError("--baseline takes a commit with --stack and --manifests; otherwise name a report.")
        here = _project() if self.stack else Path.cwd()
        with tree_at(ref, here) as (top, copy):
            if self.stack:
                project = copy / here.resolve().relative_to(top.resolve())
                _lend_environment(here, project)
                return _previewed(self.stack, project)
            return _manifests_of_then(self.manifests, top, copy)


def _project() -> Path:
    """Return the project of the working directory, as `headgate stack` reads it: that is the stack that was edited."""
    from headgate.stack.folder import find_stacks

    return find_stacks().parent


def _previewed(stack: str, project: Path) -> View:
    """Preview a stack in plan-only mode: the engine and our stand-ins, no credentials."""
    from headgate.engine import preview
    from headgate.plan import sources
    from headgate.plan.pulumi import from_events

    with preview(stack, plan_only=True, project=project) as found:
        return sources.over(from_events(found.events(), f"stack {stack}", stack), found.sources_file)


def _lend_environment(project: Path, copy: Path) -> None:
    """Let the program of then run in the virtual environment of now: a commit holds none."""
    environment = project / ".venv"
    if environment.is_dir() and copy.is_dir() and not (copy / ".venv").exists():
        (copy / ".venv").symlink_to(environment.resolve())


def _manifests_of_then(paths: tuple[str, ...], top: Path, copy: Path) -> View:
    """Read the manifests of then; a file that is new was not there, and had nothing wrong in it."""
    from headgate.plan import load
    from headgate.plan.view import View

    inside = [copy / Path(path).resolve().relative_to(top.resolve()) for path in paths if _is_below(path, top)]
    there = [str(path) for path in inside if path.exists()]
    return load.manifest_files(there) if there else View((), "no manifests")


def _is_below(path: str, top: Path) -> bool:
    return Path(path).resolve().is_relative_to(top.resolve())


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Leave what a check makes to the end of the process: the collector would go through a large plan again and again.

    Nothing of a plan or a view points back at what holds it, so that little is ever found.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
