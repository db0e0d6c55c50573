"""The git tree of what a plan is made from: the folders whose content decides what is deployed, as one hash.

A tree, not a commit: a merge makes another commit of the same content, and approvals live through it. Hashed is what
lies in the working directory, since that is what runs; nothing is written into the repository.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from headgate import temporary
from headgate.errors import HeadgateError

PARTS = ("Pulumi.yaml", "infra", "components", "stacks", "policies")
_SECONDS = 120


def tree_of(project: Path) -> str:
    """Return the hash of a project's tree: `git:` and the id that git gives a commit of these files alone."""
    parts = [name for name in PARTS if (project / name).exists()]
    with temporary.folder("tree") as folder:
        objects = folder / "objects"
        objects.mkdir()
        theirs = git(project, "rev-parse", "--path-format=absolute", "--git-path", "objects")
        # An index and objects of our own: neither what is staged nor the repository is touched.
        apart = {
            "GIT_INDEX_FILE": str(folder / "index"),
            "GIT_OBJECT_DIRECTORY": str(objects),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": theirs,
        }
        prefix = git(project, "rev-parse", "--show-prefix")
        git(project, "-c", "core.excludesFile=/dev/null", "add", "--all", "--", *parts, variables=apart)
        return "git:" + git(project, "write-tree", f"--prefix={prefix}", variables=apart)


def authors_of(project: Path, since: str | None = None) -> tuple[str, ...]:
    """Return who wrote what is in the tree: since a commit, if that is an ancestor, else in the last change of it.

    What is not committed yet is nobody's in git (`is_edited`), and a merge is no authorship.
    """
    known = since if since and _is_ancestor(project, since) else None
    span = [f"{known}..HEAD"] if known else ["--max-count=1", "HEAD"]
    form = "%ae%n%(trailers:key=Co-authored-by,valueonly)"
    text = git(project, "log", "--no-merges", f"--format={form}", *span, "--", *PARTS)
    if known and not text:
        text = git(project, "log", "--no-merges", f"--format={form}", "--max-count=1", "HEAD", "--", *PARTS)
    return tuple(sorted({_address(line) for line in text.splitlines() if line.strip()}))


def is_edited(project: Path) -> bool:
    """Whether something of the tree is not committed."""
    return bool(git(project, "status", "--porcelain", "--untracked-files=all", "--", *PARTS))


def head_of(project: Path) -> str:
    """Return the commit that is checked out."""
    return git(project, "rev-parse", "HEAD")


def git(project: Path, *arguments: str, variables: Mapping[str, str] | None = None) -> str:
    """Run git in a project, and say what it said where it fails."""
    try:
        done = subprocess.run(
            ["git", "-C", str(project), *arguments],
            capture_output=True,
            env={**os.environ, **(variables or {})},
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _unknown(project, str(error)) from error
    if done.returncode:
        raise _unknown(project, done.stderr.decode(errors="replace").strip() or f"git ended with {done.returncode}")
    return done.stdout.decode(errors="replace").strip()


def _is_ancestor(project: Path, commit: str) -> bool:
    try:
        git(project, "merge-base", "--is-ancestor", commit, "HEAD")
    except HeadgateError:
        return False
    return True


def _address(line: str) -> str:
    """Return the address of `Name <address>`, or the line itself."""
    return line.rpartition("<")[2].removesuffix(">").strip().lower()


def _unknown(project: Path, found: str) -> HeadgateError:
    return HeadgateError(
        "the tree of the project can't be told, so nothing can be approved",
        where=str(project),
        found=found,
        expected="a git checkout with a commit",
        fix="approvals are bound to the content of a git checkout: plan in one",
    )
