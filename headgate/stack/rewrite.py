"""A stack's own file as it is on disk: its text, the patch to another text, and the writing of it.

Owns that a file is replaced whole or not at all, that nobody's change in between is lost, and that nothing outside the
folder of stacks is touched. What is changed is for `edit` to say.
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from headgate.errors import HeadgateError
from headgate.stack.identity import StackName

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_NO_END = "\n\\ No newline at end of file\n"


@dataclass(frozen=True)
class StackFile:
    """A stack's own file, and what was read from it; `shown` is its name in the project."""

    path: Path
    shown: str
    text: str

    @classmethod
    def read(cls, name: StackName, stacks: Path) -> StackFile:
        """Read a stack's file, line ends as they are."""
        path, shown = stacks / name.file_name, f"{stacks.name}/{name.file_name}"
        return cls(path, shown, _read(path, shown))

    def patch(self, after: str) -> str:
        """Return the change to another text as a unified diff that `git apply` takes."""
        names = f"a/{self.shown}", f"b/{self.shown}"
        lines = difflib.unified_diff(_LINE.findall(self.text), _LINE.findall(after), *names)
        return "".join(line if line.endswith("\n") else line + _NO_END for line in lines)

    def write(self, after: str) -> None:
        """Replace the file, whole or not at all, its mode kept; refuse where it is not what was read."""
        if self.path.is_symlink():
            raise HeadgateError(
                "the stack file is a link, so it was left as it is",
                where=self.shown,
                found=f"a link to {self.path.readlink()}",
                expected="a file of the folder itself",
                fix="put the file there, or change what it leads to by hand",
            )
        try:
            self._replace(after)
        except OSError as error:
            raise HeadgateError(
                "the stack file can't be written",
                where=self.shown,
                found=error.strerror,
                expected="a file that you may write",
                fix="run this in a checkout of yours, or only have the change printed",
            ) from error

    def _replace(self, after: str) -> None:
        descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as handle:
                handle.write(after)
                handle.flush()
                os.fsync(handle.fileno())
            shutil.copymode(self.path, temporary)
            # As late as can be: an editor knows nothing of locks.
            self._refuse_if_changed()
            temporary.replace(self.path)
        finally:
            temporary.unlink(missing_ok=True)

    def _refuse_if_changed(self) -> None:
        if _read(self.path, self.shown) != self.text:
            raise HeadgateError(
                "the stack file was changed meanwhile, so it was left as it is",
                where=self.shown,
                found="another text than the one that was read",
                expected="nobody else at work on it",
                fix="run this again",
            )


def _read(path: Path, shown: str) -> str:
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            return handle.read()
    except (OSError, UnicodeDecodeError) as error:
        raise HeadgateError(
            "the stack file can't be read",
            where=shown,
            found=getattr(error, "strerror", None) or "text that is not UTF-8",
            expected="a readable YAML file in UTF-8",
            fix="correct its name, mode or encoding",
        ) from error
