"""A failover drill on a real edge before two gateways: what it measures, undoes and records.

Requests go on while a drill runs, so a machine that is busy with other tests fails some: these run by themselves.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from headgate import engine
from headgate.audit.reader import LedgerReader
from headgate.cli import drill_failover
from headgate.cli.drill_platform import Azure
from headgate.cli.main import cli
from headgate.drill.failover import Terms
from headgate.sandbox import network
from headgate.sandbox.azure.resources import Resources
from headgate.sandbox.azure.server import AzureServer
from headgate.sandbox.layout import StateDir
from tests.component.azure import test_counterparts
from tests.component.azure.test_counterparts import Origin, put_edge

pytestmark = pytest.mark.component

STACK = "platform-sandbox"
# The Azure of this process, whose counterparts the session's supervisor runs.
edge_azure = pytest.fixture(name="edge_azure")(test_counterparts.azure.__wrapped__)  # type: ignore[attr-defined]


@pytest.fixture
def origins(edge_azure: Resources, sandbox: StateDir, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """Two gateways behind an edge, exported as a platform's stack does; Azure answers on its socket."""
    gateways = {name: Origin(sandbox, name) for name in "ab"}
    host = put_edge(edge_azure, {"priority": 1}, {"priority": 2})
    exported = {
        "endpoint": f"https://{host}",
        "gateways": {name: f"{name}.test" for name in "ab"},
        "summary": {"host": "models.test"},
    }
    server = AzureServer(sandbox.azure_socket, edge_azure)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    monkeypatch.setenv("HEADGATE_STATE", str(sandbox.root))
    monkeypatch.setenv("HEADGATE_LEDGER", str(tmp_path / "ledger"))
    monkeypatch.setattr(engine, "outputs", lambda *_, **__: exported)
    monkeypatch.setattr(drill_failover, "Terms", lambda objective: Terms(objective, hold=1.0, patience=60.0))
    yield gateways
    server.shutdown()
    server.server_close()
    for each in gateways.values():
        each.close()
        network.withdraw(sandbox, f"test-origin-{each.name}")


def drilled(*arguments: str) -> tuple[int, dict[str, Any]]:
    """Run the command; return its exit code and what it printed."""
    done = CliRunner().invoke(cli, ["drill", "failover", STACK, *arguments, "--json"], standalone_mode=False)
    assert done.exception is None, done.output
    return int(done.return_value), json.loads(done.stdout)


@pytest.mark.stress
def test_a_region_that_is_turned_off_at_the_edge_is_answered_for_and_comes_back(
    origins: Any, sandbox: StateDir, tmp_path: Path
) -> None:
    """Real requests through a real proxy: the other gateway answers, then the first one again; no entry is lost."""
    code, told = drilled("--by", "edge")

    reader = LedgerReader(tmp_path / "ledger")
    results = [reader.document(entry)["data"]["result"] for _, entry in reader.entries()]
    assert (code, told["region"], told["faults"], told["lost_entries"]) == (0, "a", [], 0), told
    assert (told["requests"]["during"]["failed"], told["requests"]["after"]["failed"]) == (0, 0)
    assert told["recovery_seconds"] >= 0
    assert set(told["answered_by"]["before"]) == {"a"}
    assert "b" in told["answered_by"]["during"]
    assert "a" in told["answered_by"]["after"]
    assert results == ["began", "succeeded"]
    assert set(Azure(sandbox).origins("a").values()) == {True}


@dataclass
class Standstill:
    """A gateway that takes connections and answers nobody, as one whose processes are frozen."""

    origin: Origin
    regions: Any

    def begin(self) -> None:
        """Stop answering."""
        self.origin.going.clear()

    def holds(self) -> bool:
        """Say whether nobody is answered."""
        return bool(self.regions.fault_of(self.origin.name))

    def end(self) -> None:
        """Go on."""
        self.origin.going.set()

    def undo(self) -> dict[str, Any]:
        """Return what another process has to know."""
        return {"by": "outage", "region": self.origin.name}


@pytest.mark.stress
def test_a_region_that_stands_still_is_left_when_the_probes_have_seen_it(
    origins: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests hang until then; measured is when the other one answers them all, and both serve at the end."""
    monkeypatch.setattr(drill_failover, "outage_of", lambda _, region, regions: Standstill(origins[region], regions))

    code, told = drilled()

    assert (code, told["region"], told["faults"]) == (0, "a", []), told
    assert told["requests"]["during"]["failed"] > 0
    assert told["recovery_seconds"] > 0
    assert set(told["answered_by"]["during"]) == {"b"}
    assert "a" in told["answered_by"]["after"]


def test_an_outage_that_does_nothing_is_a_failed_drill(origins: Any, sandbox: StateDir) -> None:
    """No cluster stands behind these regions, so the outage stops nothing: the drill says so, and ends the fault."""
    code, told = drilled("--region", "b")

    assert (code, told["result"]) == (1, "failed")
    assert told["faults"] == ["b was not out of service: nothing was tried"]
    assert Azure(sandbox).own("GET", "/-/faults") == {"value": []}
