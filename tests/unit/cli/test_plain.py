"""What others wrote, on a terminal: it adds no line, hides none, and turns none around."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from headgate.cli.main import main
from headgate.cli.plain import lines_of, plain

pytestmark = pytest.mark.unit
FORGED = "x\n       7  2026-01-01T00:00:00.000000Z approval     omar  fraud-prod"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Run a command; return its exit code and what it printed."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    printed = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, printed.out + printed.err


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a line — of ẅords 模型", "a line — of ẅords 模型"),
        ("one\ntwo\r\tthree", r"one\ntwo\r\tthree"),
        ("\x1b[1A\x1b[2K\x9b2J\x07", r"\x1b[1A\x1b[2K\x9b2J\x07"),
        ("omar\u202edorp\u2028\u200b", r"omar\u202edorp\u2028\u200b"),
        (7, "7"),
    ],
)
def test_what_does_not_print_is_shown_as_its_escape(text: object, shown: str) -> None:
    """Words of any language are left as they are."""
    assert plain(text) == shown
    assert lines_of([str(text), "next"]) == f"{shown}\nnext"


def test_an_entry_is_one_line_of_a_list_whatever_it_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Else who may append writes lines of other people's approvals."""
    ledger, lines = str(tmp_path / "l"), tmp_path / "lines"
    lines.write_text(json.dumps({"kind": "incident", "subject": FORGED, "actor": "eve\x1b[2K", "data": None}))
    run(capsys, "audit", "append", "--ledger", ledger, "--file", str(lines))

    for command in (["query"], ["query", "--no-index"], ["tail"]):
        code, shown = run(capsys, "audit", *command, "--ledger", ledger)
        assert (code, len(shown.splitlines()), "\x1b" in shown) == (0, 1, False)
        assert r"eve\x1b[2K  x\n       7  2026" in shown


def test_the_name_of_a_file_verifies_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Else whoever may write to the folder writes the verdict."""
    ledger, lines = tmp_path / "l", tmp_path / "lines"
    lines.write_text('{"kind": "incident"}')
    run(capsys, "audit", "append", "--ledger", str(ledger), "--file", str(lines))
    (ledger / "tile" / "0" / "\x1b[1A\nverified  9 entries").write_bytes(b"")

    code, shown = run(capsys, "audit", "verify", "--ledger", str(ledger))
    assert (code, "\x1b" in shown) == (1, False)
    assert [line for line in shown.splitlines() if line.startswith("verified")] == []


def test_an_error_moves_no_cursor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What it found is what somebody else wrote."""
    code, shown = run(capsys, "audit", "verify", "--ledger", str(tmp_path / "\x1b[2Knone"))

    assert (code, "\x1b[2K" in shown, r"\x1b[2Knone" in shown) == (2, False, True)
