"""Where the passphrase of a key comes from."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from headgate.cli.passphrase import PASSPHRASE_FILE, passphrase
from headgate.errors import Exit, HeadgateError

pytestmark = pytest.mark.unit


def test_a_job_takes_it_from_the_file_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the end of the line, which an editor leaves."""
    file = tmp_path / "passphrase"
    file.write_text("correct horse battery\n")
    monkeypatch.setenv(PASSPHRASE_FILE, str(file))

    assert passphrase() == "correct horse battery"


def test_where_nobody_can_be_asked_the_error_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job without a terminal does not wait, and does not fall back to reading its input aloud."""
    monkeypatch.delenv(PASSPHRASE_FILE, raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n"))

    with pytest.raises(HeadgateError) as caught:
        passphrase()

    assert (caught.value.found, caught.value.exit_code) == ("no terminal", Exit.NOT_EVALUATED)
    assert PASSPHRASE_FILE in str(caught.value.fix)
