"""The file back end of a project: where its stacks' states are, who is at work on one, and what a killed one left."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from headgate.engine import orphan, projects, working
from headgate.engine.projects import Project
from headgate.sandbox.layout import CHECKOUT, StateDir


@dataclass(frozen=True)
class Backend:
    """A project's back end."""

    state: StateDir
    project: Project

    @classmethod
    def of(cls, root: Path = CHECKOUT) -> Backend:
        """Return the back end that this shell has of a project."""
        return cls(StateDir.from_environment(), projects.read(root))

    def file(self, stack: str) -> Path:
        """Return a stack's state."""
        return projects.stack_state(self.state, self.project, stack)

    def at_rest(self, stack: str) -> AbstractContextManager[bool]:
        """Keep headgate from beginning, and say whether nobody is at work on a stack."""
        return working.at_rest(self.state, self.project.name, stack)

    def left(self, stack: str) -> list[Path]:
        """Return the directories of a stack's updates whose headgate was killed."""
        return orphan.left(self.state, stack)

    def noted(self) -> set[str]:
        """Return the stacks that an update works on, or has left something of."""
        return {each.stem for each in orphan.place(self.state).glob("*.*/")}
