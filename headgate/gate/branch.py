"""The tree of another commit, to be judged beside the edited one. A copy: the checkout stays as it is."""

from __future__ import annotations

import contextlib
import io
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

from headgate import temporary
from headgate.errors import HeadgateError

_SECONDS = 120


@contextlib.contextmanager
def tree_at(ref: str, folder: Path, *parts: str) -> Iterator[tuple[Path, Path]]:
    """Yield the checkout that a folder is in, and a copy of what it was at a commit, as long as the context lasts.

    With parts of the folder, the copy has these alone.
    """
    top = Path(_git(folder, ref, "rev-parse", "--show-toplevel").decode().strip())
    commit = _git(top, ref, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    inside = [str((folder.resolve() / part).relative_to(top.resolve())) for part in parts]
    archive = _git(top, ref, "archive", "--format=tar", commit.decode().strip(), *inside)
    with temporary.folder("base") as copy:
        with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
            packed.extractall(copy, filter="data")
        yield top, copy


def _git(folder: Path, ref: str, *arguments: str) -> bytes:
    """Run git, and say what it said where it fails."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _unknown(ref, str(error)) from error
    if done.returncode:
        raise _unknown(ref, done.stderr.decode(errors="replace").strip() or "no such commit")
    return done.stdout


def _unknown(ref: str, found: str) -> HeadgateError:
    return HeadgateError(
        "there is nothing to compare with, so nothing was judged",
        where=f"--baseline {ref}",
        found=found,
        expected="a report of `headgate check --format json`, or a commit of this repository",
        fix="correct the name; in CI fetch the target branch first (`fetch-depth: 0`)",
    )
