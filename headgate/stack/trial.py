"""Stack files as they would be: the folder's copy with one file written. Nothing invalid reaches the disk."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from headgate import temporary
from headgate.errors import HeadgateError
from headgate.stack.faults import raise_all
from headgate.stack.identity import StackName
from headgate.stack.load import LoadedStack, load_stack
from headgate.stack.together import shared_paths, validate_stacks
from headgate.stack.written import list_stacks


@contextlib.contextmanager
def stacks_with(stacks: Path, name: StackName, text: str) -> Iterator[Path]:
    """Copy the folder with this text as a stack's file. Errors name files as they are in the real one."""
    with temporary.folder("stacks") as folder:
        copy = folder / stacks.name
        shutil.copytree(stacks, copy, ignore=lambda _, names: [each for each in names if each.startswith(".")])
        with (copy / name.file_name).open("w", encoding="utf-8", newline="") as handle:
            handle.write(text)
        yield copy


def validated(stacks: Path, name: StackName, text: str) -> LoadedStack:
    """Return a stack as it would load, checked with its platform and its neighbours; raise what is wrong."""
    with stacks_with(stacks, name, text) as copy:
        (loaded,) = validate_stacks([name], copy, history=stacks)
        raise_all(shared_paths([*_neighbours(name, copy), loaded]))
        return loaded


def _neighbours(name: StackName, stacks: Path) -> list[LoadedStack]:
    """Return the other teams of the environment. One whose own file is broken is not this one's fault."""
    found = []
    for each in list_stacks(stacks):
        if each.environment is name.environment and each != name and not each.is_platform:
            with contextlib.suppress(HeadgateError):
                found.append(load_stack(each, stacks))
    return found
