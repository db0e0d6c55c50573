"""What goes past `headgate up`, told by the watch over updates: a headgate that was killed, and plain Pulumi."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import urllib3

from headgate.audit import LedgerReader
from headgate.engine import environment
from headgate.engine.backend import Backend
from headgate.gate.watch import Watch
from headgate.sandbox.toolchain import tool_path

from .conftest import STACK, Protected, wait_for

pytestmark = pytest.mark.component
TOKEN = "0123456789abcdef0123456789abcdef"
WITHIN = 240.0
UP = (
    "from headgate.sandbox import shims; shims._PROVIDERS['kubernetes'] = 'trial_kubernetes';"
    f"from headgate.cli.main import cli; cli(['up', '--yes', '-s', {STACK!r}])"
)


def told(ledger: Path) -> list[tuple[str, Any]]:
    """Return kind and particulars of what the ledger has of updates."""
    reader = LedgerReader(ledger)
    found = [reader.document(entry) for _, entry in reader.entries()]
    return [(each["kind"], each["data"]) for each in found if each["kind"] in ("operations", "attempt", "alert")]


def start_collector(folder: Path, ledger: Path) -> tuple[subprocess.Popen[str], str]:
    """Have a collector hold the ledger, and return it with its address."""
    (folder / "token").write_text(TOKEN)
    own = [sys.executable, "-m", "headgate.audit.collector", f"--ledger={ledger}", f"--token-file={folder / 'token'}"]
    process = subprocess.Popen(own, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    return process, process.stdout.readline().split()[-1]


def alarms(address: str) -> str:
    """Return how many alarms of this kind Prometheus is told of."""
    with urllib3.PoolManager(headers={"authorization": f"Bearer {TOKEN}"}) as pool:
        lines = pool.request("GET", f"{address}/metrics").data.decode().splitlines()
    return next(line.split()[-1] for line in lines if 'alarm="update-without-decision"' in line)


def pulumi_without_pack(protected: Protected) -> int:
    """Run plain Pulumi without the pack, as somebody does who has the state's credentials."""
    project = protected.trial.project
    prepared = environment.child_environment(environment.prepare(protected.trial.state, project=project))
    prepared.pop("PULUMI_OPTION_POLICY_PACK")
    command = [str(tool_path("pulumi")), "--non-interactive", "up", "--yes", "--skip-preview", "--stack", STACK]
    return subprocess.run(command, cwd=project, env=prepared, capture_output=True, check=False).returncode


def test_what_a_killed_headgate_did_is_recorded_and_what_went_past_the_gates_raises_the_alarm(
    protected: Protected, tmp_path: Path
) -> None:
    """The engine of the killed one ends by itself; nobody else runs a command; plain Pulumi is told of, once."""
    trial, ledger = protected.trial, tmp_path / "ledger"
    pause = trial.objects / "pause-after-create"
    protected.run("plan", "-s", STACK)
    assert [protected.approve(name)[0] for name in ("amina", "badr")] == [3, 0]
    watch = Watch(ledger, Backend.of(trial.project))
    collector, address = start_collector(tmp_path, ledger)
    try:
        pause.touch()
        with subprocess.Popen([sys.executable, "-c", UP], cwd=trial.project, start_new_session=True) as up:
            wait_for((trial.objects / "reached").exists, WITHIN)
            while_at_work = watch.look()
            os.kill(up.pid, signal.SIGKILL)
            up.wait(30)
        pause.unlink()
        wait_for(lambda: bool(watch.look() or [kind for kind, _ in told(ledger) if kind == "attempt"]), WITHIN)
        after_the_kill, quiet = told(ledger), (watch.look(), alarms(address))
        trial.want(a="1", b="1", c="1")
        assert pulumi_without_pack(protected) == 0
        (found,) = watch.look()
        again = watch.look()
        counted = alarms(address)
    finally:
        pause.unlink(missing_ok=True)
        collector.terminate()
        collector.communicate(timeout=30)

    operations = after_the_kill[0][1]
    assert ([kind for kind, _ in after_the_kill], while_at_work, quiet) == (["operations", "attempt"], [], ([], "0"))
    assert (operations["result"], operations["action"], operations["plan"][:7]) == ("killed", "update", "sha256:")
    assert {(each["urn"].rpartition("::")[2], each["result"]) for each in operations["resources"]} >= {
        ("a", "succeeded"),
        ("b", "succeeded"),
    }
    assert (found.stack, found.known, again, counted) == (STACK, after_the_kill[1][1]["state"], [], "1")
    assert told(ledger)[-1] == ("alert", found.entry().data)
