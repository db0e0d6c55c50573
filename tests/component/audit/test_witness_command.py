"""`headgate audit witness` and `cosign`: over HTTP, as the protocol has it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import urllib3

from headgate.audit import Ledger
from headgate.cli.main import main

pytestmark = pytest.mark.component


def run(*arguments: str) -> int:
    """Run the command line and return its exit code."""
    with pytest.raises(SystemExit) as ended:
        main(["audit", *arguments])
    return int(ended.value.code or 0)


def test_a_witness_signs_and_its_signature_verifies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And it answers a smaller tree with the size that it knows."""
    ledger, state = tmp_path / "l", tmp_path / "w"
    with Ledger(ledger) as opened:
        opened.append([b"1"])
    earlier = (ledger / "checkpoint").read_text()
    with Ledger(ledger) as opened:
        opened.append([b"2"])
    command = [sys.executable, "-m", "headgate.cli.main", "audit", "witness"]
    options = ["--state", str(state), "--log", str(ledger / "key.pub")]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            address = process.stdout.readline().split()[-1]
            about = ["--address", address, "--witness", str(state / "key.pub")]
            code = run("cosign", "--ledger", str(ledger), *about)
            with urllib3.PoolManager() as pool:
                old = pool.request("POST", f"{address}/add-checkpoint", body=f"old 0\n\n{earlier}".encode())
        finally:
            process.terminate()

    assert (code, process.returncode) == (0, 0)
    assert (old.status, old.headers["content-type"].split(";")[0], old.data) == (409, "text/x.tlog.size", b"2\n")
    assert run("verify", "--ledger", str(ledger), "--witness", str(state / "key.pub")) == 0
    assert "signed the first 2 entries" in capsys.readouterr().out
