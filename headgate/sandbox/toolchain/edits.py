"""Builds a module's file with a few words changed, where a program has no flag for what must be otherwise here.

Owns a changed copy of the module, and the go.mod that has Go build it; the module in Go's cache stays as it is. A text
that is no longer in the file fails the build: a new version must be looked at.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from headgate.errors import HeadgateError

if TYPE_CHECKING:
    from headgate.sandbox.toolchain.catalogue import Tool


@dataclass(frozen=True)
class Edit:
    """One text of a module's file that is built otherwise than it was published: what no flag of the program sets."""

    file: str
    before: str
    after: str


def flags(tool: Tool, go: Path, environment: Mapping[str, str], workplace: Path) -> list[str]:
    """Return the flags that make Go build the tool's edits, with what they name written to `workplace`."""
    if not tool.edits:
        return []
    copy = workplace / "module"
    shutil.copytree(_module_directory(tool, go, environment), copy, copy_function=shutil.copyfile)
    # Directories of Go's cache are read-only, and so would these be: nobody could remove them again.
    for folder in (copy, *(path for path in copy.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    for edit in tool.edits:
        (copy / edit.file).write_text(edited(copy / edit.file, edit), encoding="utf-8")
    pins = workplace / "edited.mod"
    text = (tool.folder / "go.mod").read_text(encoding="utf-8")
    pins.write_text(f"{text}\nreplace {tool.module} => {copy}\n", encoding="utf-8")
    shutil.copyfile(tool.folder / "go.sum", workplace / "edited.sum")
    return [f"-modfile={pins}"]


def edited(source: Path, edit: Edit) -> str:
    """Return a file's text with an edit made everywhere."""
    text = source.read_text(encoding="utf-8")
    if edit.before not in text:
        raise HeadgateError(
            "a module's file does not have the text that is to be built otherwise",
            where=str(source),
            expected=edit.before,
            fix="look at the new version, and correct the edit in headgate/sandbox/toolchain/catalogue.py",
        )
    return text.replace(edit.before, edit.after)


def _module_directory(tool: Tool, go: Path, environment: Mapping[str, str]) -> Path:
    """Return where Go keeps the tool's module, fetching it if need be."""
    command = [str(go), "mod", "download", "-json", tool.module]
    done = subprocess.run(command, cwd=tool.folder, env=dict(environment), capture_output=True, text=True, check=False)
    try:
        return Path(json.loads(done.stdout)["Dir"])
    except (ValueError, KeyError) as error:
        raise HeadgateError(
            f"the module of {tool.name} can't be had",
            where=f"{tool.module} {tool.version}",
            found=(done.stderr or done.stdout).strip()[:500],
            fix="check that Go can reach its module proxy (`go env GOPROXY`)",
        ) from error
