"""The Pulumi project of a checkout: its name, its stack files, and its stacks in the back end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from headgate import temporary
from headgate.engine import failure, scratch
from headgate.engine.process import Pulumi
from headgate.errors import HeadgateError
from headgate.sandbox.layout import StateDir


@dataclass(frozen=True)
class Project:
    """What Pulumi.yaml says."""

    root: Path
    name: str
    stack_folder: Path

    def stack_file(self, stack: str) -> Path:
        """Return where a stack's file is, or would be."""
        return self.stack_folder / f"Pulumi.{stack}.yaml"


def read(root: Path) -> Project:
    """Read a project."""
    path = root / "Pulumi.yaml"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Project(root, str(content["name"]), root / str(content.get("stackConfigDir") or "."))
    except OSError as error:
        raise HeadgateError(
            "there is no Pulumi project", where=str(path), found=error.strerror, fix="run it in the checkout"
        ) from error
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise HeadgateError("the project file can't be read", where=str(path), found=str(error)) from error


def require_file(project: Project, stack: str) -> None:
    """Refuse a stack that has no file, before anything is asked or made."""
    config = project.stack_file(stack)
    if not config.is_file():
        raise scratch.missing_stack_file(config)


def ensure_stack(pulumi: Pulumi, project: Project, state: StateDir, stack: str) -> None:
    """Make the stack in the back end unless it is there. Its file must exist: a typing error makes no stack."""
    require_file(project, stack)
    if stack_state(state, project, stack).is_file():
        return
    with temporary.folder("init") as folder:
        finished = pulumi.run(["stack", "init", stack, "--no-select"], output=folder / "out")
    if finished.returncode:
        raise failure.explain(f"stack {stack} could not be made", stack, [finished.stderr.strip()])


def stack_state(state: StateDir, project: Project, stack: str) -> Path:
    """Return the file in which the back end keeps a stack."""
    return state.pulumi_backend / ".pulumi" / "stacks" / project.name / f"{stack}.json"
