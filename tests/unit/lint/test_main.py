"""`python -m lint`: what it prints, how it ends, and what it need not do twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from headgate.errors import HeadgateError
from lint import __main__ as program
from lint.finding import Finding

pytestmark = pytest.mark.unit
FAULT = Finding("pod-security", "hostPorts", "Deployment n/d", "spec: no", ("fraud-dev",))


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[Finding]]:
    """Return what the check will find, run by run."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    given: list[list[Finding]] = []
    monkeypatch.setattr(program, "rendered", lambda: {"fraud-dev": []})
    monkeypatch.setattr(program, "written", lambda: {"ModelRegistry.max": []})
    monkeypatch.setattr(program, "exemptions", lambda: ())
    monkeypatch.setitem(program.RUNNERS, "pod-security", lambda _: given.pop(0))
    return given


def test_a_fault_is_printed_and_ends_with_one(answers: list[list[Finding]]) -> None:
    """And it is asked anew each time, until it is corrected."""
    answers += [[FAULT], [FAULT], []]
    runs = [CliRunner().invoke(program.main, ["--only", "pod-security"]) for _ in range(3)]

    assert [run.exit_code for run in runs] == [1, 1, 0]
    assert runs[0].stderr.splitlines()[:2] == ["pod-security hostPorts: spec: no", "  on Deployment n/d (fraud-dev)"]
    assert runs[2].stdout == "pod-security: 1 stacks and 1 cases of components pass\n"


def test_what_passed_is_not_asked_again(answers: list[list[Finding]]) -> None:
    """Until the stacks or the checks change."""
    answers += [[]]

    assert [CliRunner().invoke(program.main, ["--only", "pod-security"]).exit_code for _ in range(2)] == [0, 0]
    assert answers == []


def test_what_cannot_be_checked_is_an_error(answers: list[list[Finding]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Never a pass."""

    def fail(_: object) -> list[Finding]:
        raise HeadgateError("the tool did not answer", where="tool")

    monkeypatch.setitem(program.RUNNERS, "pod-security", fail)
    run = CliRunner().invoke(program.main, ["--only", "pod-security"])

    assert (run.exit_code, run.stderr.splitlines()[0]) == (2, "error: tool: the tool did not answer")
