"""`headgate check --fix`: what goes with it, what is printed where, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from decisions import decision, failed

from headgate.cli import check
from headgate.cli.check_fix import asked_for, printed
from headgate.cli.check_input import Input
from headgate.gate.mend import ByHand, Edit, Mending
from headgate.policy.decision import Decision
from headgate.report.interface import NO_CHANGE
from headgate.stack.rewrite import StackFile

pytestmark = pytest.mark.unit

MENDS = (("HG-XX-001", "Pod/fraud/a", "spec.a"),)
EDIT = Edit(("quota", "pods"), 1, 2, 1, MENDS)
WHY = ByHand("HG-YY-001", "Pod/fraud/b", "it is a decision")
WHY_ELSEWHERE = ByHand("HG-YY-001", "Pod/fraud/c", WHY.why)
TERMINAL = [("console", "-")]


def mending(
    path: Path, *edits: Edit, by_hand: tuple[ByHand, ...] = (WHY, ByHand("HG-YY-001", "c", WHY.why))
) -> Mending:
    """Return a change to a file that says `pods: 1`."""
    path.write_text("pods: 1\n")
    file = StackFile(path, "stacks/a.yaml", "pods: 1\n")
    return Mending(file, "pods: 2\n" if edits else file.text, edits, by_hand)


@pytest.mark.parametrize(
    ("stack", "given"),
    [
        (None, {"fix": False, "write": True, "explain": False}),
        (None, {"fix": True, "write": False, "explain": False}),
        ("fraud-dev", {"fix": True, "write": False, "explain": True}),
    ],
)
def test_what_does_not_go_together_is_a_mistake(stack: str | None, given: dict[str, bool]) -> None:
    """Only a stack has a file to change, and a question changes nothing."""
    with pytest.raises(click.UsageError, match="--fix"):
        asked_for(stack, **given)


def test_without_it_no_file_is_read() -> None:
    """A stack need not even exist."""
    assert asked_for("nobody-dev", fix=False, write=False, explain=False) is None


def test_the_patch_stands_below_the_report_with_what_is_left_to_a_person(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each reason once, with how many resources it is about."""
    printed(mending(tmp_path / "a", EDIT), TERMINAL, written=False)

    assert capsys.readouterr() == (
        "by hand: HG-YY-001 (2 resources): it is a decision\n"
        "--- a/stacks/a.yaml\n+++ b/stacks/a.yaml\n@@ -1 +1 @@\n-pods: 1\n+pods: 2\n"
        "1 setting of stacks/a.yaml: --write writes this\n",
        "",
    )


def test_a_report_for_programs_stays_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is for people goes to the error stream there."""
    printed(mending(tmp_path / "a"), [("json", "-")], written=False)
    printed(mending(tmp_path / "a", by_hand=()), [("json", "-")], written=False)

    assert capsys.readouterr() == (
        "",
        "by hand: HG-YY-001 (2 resources): it is a decision\n"
        "nothing that a change to the stack's file alone would fix\nnothing to fix\n",
    )


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Return the command over decisions that are given: the one before, and those after."""

    def command(before: Decision, after: Decision, *edits: Edit, write: bool) -> int:
        found = mending(tmp_path / "a", *edits, by_hand=())
        monkeypatch.setattr(check, "mended", lambda *_: found)
        monkeypatch.setattr(check, "_judged", lambda *_, **__: _judged(after))
        monkeypatch.setattr(check, "_change", lambda *_, **__: NO_CHANGE)
        return check._fixed(_judged(before), Input(stack="a-dev"), TERMINAL, found.file, write, {})

    return command


def _judged(found: Decision) -> Any:
    return SimpleNamespace(decision=found, before=None, view=None)


BAD, GOOD = decision(failed()), decision()
STILL = ((failed().rule.id, failed().resource.id, "spec.a"),)


@pytest.mark.parametrize(
    ("after", "mends", "write", "code", "says"),
    [
        (GOOD, MENDS, False, 1, "--write writes this"),
        (GOOD, MENDS, True, 0, "1 setting of stacks/a.yaml written"),
        (BAD, STILL, True, 1, "not mended: HG-XX-001 still finds spec.a of"),
    ],
)
def test_the_verdict_is_that_of_what_was_written(
    run: Callable[..., int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    after: Decision,
    mends: Any,
    write: bool,
    code: int,
    says: str,
) -> None:
    """And a finding that stays is named, with exit code 1."""
    ended = run(BAD, after, Edit(("quota", "pods"), 1, 2, 1, mends), write=write)

    assert (ended, (tmp_path / "a").read_text()) == (code, "pods: 2\n" if write else "pods: 1\n")
    assert says in capsys.readouterr().out


def test_a_finding_that_only_warns_and_stays_is_exit_code_one_too(run: Callable[..., int]) -> None:
    """What was written did not do what it was written for."""
    warning = decision(replace(failed(), blocking=False))

    assert run(BAD, warning, Edit(("quota", "pods"), 1, 2, 1, STILL), write=True) == 1


def test_where_nothing_can_be_written_the_verdict_stays(run: Callable[..., int], tmp_path: Path) -> None:
    """And the file, too."""
    assert (run(BAD, GOOD, write=True), (tmp_path / "a").read_text()) == (1, "pods: 1\n")
