"""`headgate audit serve` and `drain`: a gate finds the writer by itself, and what waited reaches it."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from headgate.audit import Entry, record
from headgate.audit.spool import Spool
from headgate.cli.main import main
from tests.component.audit.test_collector import stored

pytestmark = pytest.mark.component


def test_gates_find_the_writer_and_what_waited_is_drained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its token is made for the owner alone; the entries that waited come before nothing that was sent earlier."""
    ledger, spool = tmp_path / "l", Spool(tmp_path / "spool")
    entry = Entry("drill", "waited", 1).as_json()
    spool.put([entry])
    command = [sys.executable, "-m", "headgate.cli.main", "audit", "serve", "--ledger", str(ledger)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert "on http://127.0.0.1:" in process.stdout.readline()
            assert stat.S_IMODE((ledger / "token").stat().st_mode) == 0o600
            assert record(ledger, [Entry("decision", "sent", 1)]) == range(1)
            with pytest.raises(SystemExit) as ended:
                main(["audit", "drain", "--ledger", str(ledger), "--spool", str(spool.folder)])
        finally:
            process.terminate()

    assert (ended.value.code, process.returncode) == (0, 0)
    assert "sent 1 requests" in capsys.readouterr().out
    assert spool.waiting() == []
    assert [one["subject"] for one in stored(ledger)] == ["sent", "waited"]
