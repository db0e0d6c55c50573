"""A ledger of another user, and one with things in it that are no files: told, as what they are, by every command."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from headgate.audit import Entry, Ledger, verify
from headgate.audit.collector.serve import make_token
from headgate.audit.persons import Persons
from headgate.cli.main import cli
from headgate.errors import Exit, HeadgateError

pytestmark = pytest.mark.unit
NOBODY = 65534


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Make a ledger of two publications that knows a person; its folder is its owner's alone."""
    Persons(tmp_path / "l").enable([])
    for number in range(2):
        with Ledger(tmp_path / "l") as opened:
            opened.append_documents([Entry("test", str(number), {}, "omar", "2026-01-01T00:00:00Z").as_json()])
    (tmp_path / "l" / "key.pub").chmod(0o644)
    return tmp_path / "l"


@contextmanager
def closed(path: Path) -> Iterator[None]:
    """Be somebody whom a file or folder is closed to, and what it lies in is not."""
    path = path.resolve()
    modes = {path: path.stat().st_mode}
    if is_root := os.geteuid() == 0:
        modes |= {each: mode for each in path.parents if (mode := each.stat().st_mode) & 0o005 != 0o005}
    try:
        for each in modes:
            each.chmod(0 if each == path else modes[each] | 0o005)
        if is_root:
            os.setresuid(NOBODY, NOBODY, 0)
        yield
    finally:
        if is_root:
            os.setresuid(0, 0, 0)
        for each, mode in reversed(modes.items()):
            each.chmod(mode)


def run(*arguments: str) -> Exit | HeadgateError:
    """Run a command of `audit`; return how it ended."""
    done = CliRunner().invoke(cli, ["audit", *arguments], standalone_mode=False)
    if isinstance(done.exception, HeadgateError):
        return done.exception
    assert done.exception is None, done.exception
    return Exit(done.return_value or 0)


@pytest.mark.parametrize(
    "command", ["verify", "query --no-index", "query", "show 0", "prove 0", "tail --no-index", "export --no-index"]
)
@pytest.mark.parametrize("name", ["..", "checkpoint", "tile/entries/000.p/2"])
def test_who_may_not_read_is_told_so(ledger: Path, command: str, name: str) -> None:
    """And not that it is damaged, or that headgate has a defect; nothing of it counts as verified."""
    assert run(*command.split(), "--ledger", str(ledger)) == Exit.WELL
    with closed(ledger / name):
        found = run(*command.split(), "--ledger", str(ledger))

    if isinstance(found, HeadgateError):
        assert ("Permission denied" in str(found.found), "damaged" in found.what, bool(found.fix)) == (
            True,
            False,
            True,
        )
    else:  # a proof takes no bundle, and what can't be read of a tree is a finding
        assert name == "tile/entries/000.p/2"
        assert found == {"verify": Exit.VIOLATIONS, "prove 0": Exit.WELL}[command]


def test_names_of_people_and_tokens_of_others_are_told(ledger: Path) -> None:
    """Each with what to do."""
    assert run("persons", "list", "--ledger", str(ledger)) == Exit.WELL
    with closed(ledger / "persons"):
        found = [run("persons", *command.split(), "--ledger", str(ledger)) for command in ("list", "enable")]
        with pytest.raises(HeadgateError, match="token can't be made"):
            make_token(ledger / "persons" / "token")

    for each in found:
        assert isinstance(each, HeadgateError)
        assert (each.found, bool(each.fix)) == ("Permission denied", True)


@pytest.mark.parametrize("name", ["checkpoint", "key.pub", "checkpoints/000", "tile/0/000.p/2", "tile/0/stranger"])
def test_a_pipe_in_the_place_of_a_file_keeps_nobody_waiting(ledger: Path, name: str) -> None:
    """It is named, and nothing is read."""
    (ledger / name).unlink(missing_ok=True)
    os.mkfifo(ledger / name)
    report = verify(ledger)

    assert [(one.where, one.what) for one in report.findings] == [(name, "it is no file")]


@pytest.mark.parametrize(("name", "is_found"), [("checkpoint", False), ("checkpoints/000", True)])
def test_a_folder_in_the_place_of_a_file_is_told(ledger: Path, name: str, is_found: bool) -> None:
    """By who verifies and by who would write."""
    (ledger / name).unlink()
    (ledger / name).mkdir()

    verified = run("verify", "--ledger", str(ledger))
    assert verified == Exit.VIOLATIONS if is_found else isinstance(verified, HeadgateError)
    with pytest.raises(HeadgateError, match="the ledger can't be written"):
        Ledger(ledger)


def test_a_folder_is_no_tile_of_an_earlier_tree(ledger: Path) -> None:
    """A tree that needs it was signed."""
    tile = ledger / "tile" / "0" / "000.p" / "1"
    tile.unlink()
    tile.mkdir()

    assert [one.where for one in verify(ledger).findings] == ["tile/0/000.p/1"]
