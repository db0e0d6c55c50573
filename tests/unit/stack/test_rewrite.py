"""A stack's own file on disk: the patch to another text, and that it is replaced whole or left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.errors import HeadgateError
from headgate.stack.identity import StackName
from headgate.stack.rewrite import StackFile

pytestmark = pytest.mark.unit

NAME = StackName.parse("fraud-dev")
BEFORE = "config:\r\n  a: 1\r\n  b: ü"
AFTER = "config:\r\n  a: 2\r\n  b: ü"


@pytest.fixture
def file(tmp_path: Path) -> StackFile:
    """Return a file with the line ends of Windows, and none at its end."""
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / NAME.file_name).write_bytes(BEFORE.encode())
    return StackFile.read(NAME, tmp_path / "stacks")


def test_the_patch_is_one_that_git_applies(file: StackFile) -> None:
    """Carriage returns are part of the lines, and a missing line end is told."""
    assert file.patch(AFTER) == (
        "--- a/stacks/Pulumi.fraud-dev.yaml\n+++ b/stacks/Pulumi.fraud-dev.yaml\n@@ -1,3 +1,3 @@\n"
        " config:\r\n-  a: 1\r\n+  a: 2\r\n   b: ü\n\\ No newline at end of file\n"
    )
    assert file.patch(file.text) == ""


def test_the_file_is_replaced_whole_and_keeps_its_mode(file: StackFile) -> None:
    """Nothing else is left in the folder."""
    file.path.chmod(0o640)
    file.write(AFTER)

    assert file.path.read_bytes() == AFTER.encode()
    assert (file.path.stat().st_mode & 0o777, [each.name for each in file.path.parent.iterdir()]) == (
        0o640,
        [NAME.file_name],
    )


def test_what_somebody_changed_meanwhile_is_left_as_they_left_it(file: StackFile) -> None:
    """A change that was worked out on another text is not written over theirs."""
    file.path.write_text("theirs")
    with pytest.raises(HeadgateError, match="changed meanwhile"):
        file.write(AFTER)

    assert [(each.name, each.read_text()) for each in file.path.parent.iterdir()] == [(NAME.file_name, "theirs")]


def test_what_a_link_leads_to_is_not_touched(file: StackFile, tmp_path: Path) -> None:
    """It may be anybody's file."""
    elsewhere = file.path.rename(tmp_path / "elsewhere.yaml")
    file.path.symlink_to(elsewhere)
    with pytest.raises(HeadgateError, match="is a link"):
        file.write(AFTER)

    assert (elsewhere.read_bytes(), file.path.is_symlink()) == (BEFORE.encode(), True)


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_what_can_t_be_read_says_so(tmp_path: Path, content: bytes | None) -> None:
    """No file, or one in another encoding."""
    if content is not None:
        (tmp_path / NAME.file_name).write_bytes(content)
    with pytest.raises(HeadgateError, match="can't be read"):
        StackFile.read(NAME, tmp_path)
