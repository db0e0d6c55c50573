"""The tree of a checkout, by real git: what changes it, what does not, and whose it is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from headgate.errors import HeadgateError
from headgate.plan.tree import authors_of, head_of, is_edited, tree_of

pytestmark = pytest.mark.component

FILES = {
    "Pulumi.yaml": "name: headgate\n",
    "infra/__main__.py": "print(1)\n",
    "stacks/Pulumi.fraud-prod.yaml": "config: {}\n",
    "policies/approvers.yaml": "approvers: []\n",
    "README.md": "hello\n",
    ".gitignore": "__pycache__/\n",
}


def git(project: Path, *arguments: str, author: str = "amina@example.com") -> None:
    """Run git as somebody."""
    command = ["git", "-C", str(project), "-c", f"user.email={author}", "-c", "user.name=x", *arguments]
    subprocess.run(command, check=True, capture_output=True)


def write(project: Path, name: str, text: str) -> None:
    """Write a file."""
    path = project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a checkout with a commit."""
    for name, text in FILES.items():
        write(tmp_path, name, text)
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message=one")
    return tmp_path


@pytest.mark.parametrize("name", [name for name in FILES if name not in ("README.md", ".gitignore")])
def test_every_file_that_decides_is_in_the_tree(project: Path, name: str) -> None:
    """Edited, staged or committed, it is another tree; put back, it is the same one."""
    before = tree_of(project)

    write(project, name, "other\n")
    edited = tree_of(project)
    git(project, "add", "--all")
    staged = tree_of(project)
    git(project, "commit", "--quiet", "--message=two")
    committed = tree_of(project)
    write(project, name, FILES[name])

    assert (edited == staged == committed != before, tree_of(project)) == (True, before)


def test_a_new_file_is_in_the_tree_and_what_is_ignored_or_beside_it_is_not(project: Path) -> None:
    """A module that nobody committed runs all the same; caches and the readme do not."""
    before = tree_of(project)
    write(project, "infra/__pycache__/x.pyc", "x")
    write(project, "README.md", "other\n")
    same = tree_of(project)
    write(project, "infra/layer.py", "print(2)\n")

    assert (same == before, tree_of(project) == before) == (True, False)


def test_the_tree_lives_through_a_merge_and_leaves_the_repository_alone(project: Path) -> None:
    """Another commit of the same content has the same tree; index and objects are as they were."""
    before, status = tree_of(project), head_of(project)
    git(project, "commit", "--quiet", "--allow-empty", "--message=two")
    files = sorted(str(path) for path in (project / ".git").rglob("*"))
    write(project, "infra/new.py", "1\n")

    tree_of(project)

    assert sorted(str(path) for path in (project / ".git").rglob("*")) == files
    (project / "infra" / "new.py").unlink()
    assert (tree_of(project), head_of(project) != status) == (before, True)


def test_the_authors_are_those_of_all_changes_since_the_last_plan(project: Path) -> None:
    """Merges and changes of other files make nobody an author; a co-author is one."""
    first = head_of(project)
    write(project, "infra/__main__.py", "print(2)\n")
    git(project, "commit", "--quiet", "--all", "--message=two", author="Badr@example.com")
    write(project, "stacks/Pulumi.fraud-prod.yaml", "config: {a: 1}\n")
    message = "three\n\nCo-authored-by: C <cyrus@example.com>"
    git(project, "commit", "--quiet", "--all", f"--message={message}", author="dina@example.com")
    write(project, "README.md", "other\n")
    git(project, "commit", "--quiet", "--all", "--message=four", author="eve@example.com")

    since_the_first = ("badr@example.com", "cyrus@example.com", "dina@example.com")
    assert (authors_of(project, first), authors_of(project), authors_of(project, "0" * 40)) == (
        since_the_first,
        ("cyrus@example.com", "dina@example.com"),
        ("cyrus@example.com", "dina@example.com"),
    )


def test_what_is_not_committed_is_told(project: Path) -> None:
    """It has no author in git: who plans it answers for it."""
    clean = is_edited(project)
    write(project, "README.md", "other\n")
    beside = is_edited(project)
    write(project, "infra/new.py", "1\n")

    assert (clean, beside, is_edited(project)) == (False, False, True)


def test_outside_of_a_checkout_nothing_can_be_approved(tmp_path: Path) -> None:
    """The error says that a git checkout is needed."""
    write(tmp_path, "Pulumi.yaml", "name: x\n")

    with pytest.raises(HeadgateError, match="nothing can be approved"):
        tree_of(tmp_path)
