"""What the closing screen and the status show on terminals of common widths: all of every name."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from headgate.cli.process_table import broken, process_table
from headgate.cli.tour_screen import TRY, Screen
from headgate.cli.tour_steps import Result
from headgate.sandbox.process import ProcessStatus, RegionEndpoints, RegionStatus, State
from headgate.sandbox.smoke import SmokeResult

pytestmark = pytest.mark.unit

LONG = "aks-one/workloads/headgate-gate.gate-certificates.gate-certificates"
DIGEST = f"sha256:{'8a717de4' * 8}"
HOST = "hg-models-sandbox-ceb8dd0102e456bf.z01.azurefd.net"


def shown(what: RenderableType, width: int) -> list[str]:
    """Return the lines that a terminal of this width shows."""
    console = Console(file=io.StringIO(), width=width, height=50)
    console.print(what)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def process(name: str, restarts: int = 0) -> ProcessStatus:
    """Return a process with two ports."""
    ports = {"http": 28713, "https": 31158}
    return ProcessStatus(name, "aks-one", State.READY, 27046, ports, restarts, 109 * 2**20, "a.log")


def screen() -> Screen:
    """Return a closing screen of one region, with an answer."""
    cluster = "aks-sandbox-uaecentral"
    endpoints = RegionEndpoints(cluster, "uaecentral", "https://127.0.0.1:25588", "", "")
    region = RegionStatus(cluster, "uaecentral", "1.36.3", State.READY, "", endpoints, (process("a"),))
    smoke = SmokeResult(True, "https://edge", 200, 0.085, "uaenorth", "pod", DIGEST, {"score": [0.99]})
    edge = {f"{HOST}:443": "127.0.0.1:20950"}
    return Screen((region,), edge, Path(".headgate/ledger"), Result({}, smoke))


def test_a_process_of_80_columns_keeps_its_name_and_ports() -> None:
    """A long name goes on below where it has a dot; each port has a line; nobody restarted, so no column says so."""
    assert shown(process_table([process(LONG)], "aks-one/", 80), 80) == [
        "  process                          state    pid  memory  ports",
        "  workloads/headgate-gate.         ready  27046  109 MB  http:28713",
        "    gate-certificates.                                   https:31158",
        "    gate-certificates",
    ]


def test_a_wide_terminal_shows_ports_side_by_side() -> None:
    """From 116 columns on there is room for restarts and all ports."""
    lines = shown(process_table([process("aks-one/etcd", restarts=2)], "aks-one/", 120), 120)

    assert [line.split() for line in lines] == [
        ["process", "state", "pid", "memory", "restarts", "ports"],
        ["etcd", "ready", "27046", "109", "MB", "2", "http:28713", "https:31158"],
    ]


def test_a_restart_shows_on_a_narrow_terminal() -> None:
    """What has restarted is the news, so the column appears."""
    assert "restarts" in shown(process_table([process("etcd", restarts=1)], "", 80), 80)[0]


@pytest.mark.parametrize("width", [10, 33, 80])
def test_a_broken_name_loses_nothing(width: int) -> None:
    """Joined again, the lines are the name."""
    assert "".join(line.strip() for line in broken(LONG, width)) == LONG


@pytest.mark.parametrize("width", [80, 100, 120])
def test_the_closing_screen_cuts_nothing(width: int) -> None:
    """Host, API server, digest, ledger and every command stand whole on one line, whatever the width."""
    lines = shown(screen().render(), width)
    wanted = [HOST, "aks-sandbox-uaecentral", "https://127.0.0.1:25588", DIGEST, ".headgate/ledger", "make down"]
    wanted += [command for command, _ in TRY]

    assert [one for one in wanted if not any(one in line for line in lines)] == []
    assert not any("…" in line for line in lines)


def test_commands_stand_beside_their_purpose_where_there_is_room() -> None:
    """At 100 columns a line has both; at 80 the purpose is on the next."""
    command, purpose = TRY[0]
    narrow, wide = (shown(screen().render(), width) for width in (80, 100))

    assert any(command in line and purpose in line for line in wide)
    assert [narrow[at + 1].strip() for at, line in enumerate(narrow) if command in line] == [purpose]


def test_nothing_running_is_said_so() -> None:
    """Without a region the screen names the command that brings them up."""
    assert shown(Screen((), {}, Path("ledger"), None).render(), 40)[2].strip() == "make up brings them up"
