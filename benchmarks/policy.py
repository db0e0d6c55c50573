"""`headgate check` of a large plan against conftest with the same rules over the same resources.

The plan is the committed production stack of a team, as often as it takes, each time under another team's name. The
peer has a head start: its input is the resource view, which Headgate makes itself, and rules gathered already. It is
asked twice: by a namespace for each rule, as its users have it, and by the one question that Headgate asks OPA.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from benchmarks import conftest
from headgate.plan.pulumi import from_preview
from headgate.policy.bundle import Bundle
from lint.stacks import rendered

STACK, TEAM = "fraud-prod", "fraud"
SIZES = (100, 1_000, 10_000)
# By seconds and by memory, of conftest.
_GOALS = {100: ("at most 2", "-"), 10_000: ("at most 0.4", "at most 1")}
_ROUNDS = 3
_LONG_SECONDS = 30.0
OUTPUT = "out"
_POLL_SECONDS = 0.02
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Timed:
    """The best of some runs of one program: seconds, and the most memory that all of its processes had at once.

    And the processor time of them all, which tells more than seconds where something else runs, too.
    """

    seconds: float
    peak_bytes: int
    code: int
    processor: float


@dataclass(frozen=True)
class Compared:
    """Headgate and its peer over one plan."""

    resources: int
    headgate: Timed
    conftest: Timed
    lent: Timed


def measure() -> list[Compared]:
    """Judge plans of three sizes with both."""
    with tempfile.TemporaryDirectory(prefix="hg-bench-") as folder:
        return [_compared(Path(folder), size) for size in SIZES]


def _compared(folder: Path, size: int) -> Compared:
    plan, run, bundle = folder / f"{size}.json", folder / f"{size}-run.json", Bundle.find()
    document = preview(size)
    plan.write_text(json.dumps(document))
    view = from_preview(document, str(plan)).as_json()
    told = {"gate": conftest.GATE, "phase": "preview", "environment": "prod", "stack": STACK, "resources": view}
    run.write_text(json.dumps(told))
    ours = best(checking(plan), folder)
    found = _findings((folder / OUTPUT).read_text())
    theirs = best(conftest.own(bundle, folder / "own", run), folder)
    if found != (others := conftest.findings((folder / OUTPUT).read_text())):
        raise RuntimeError(f"the two don't find the same: {sorted(found ^ others)[:5]}")
    lent = best(conftest.lent(bundle, folder / "lent", run), folder)
    made = Compared(size, ours, theirs, lent)
    # Shown at once: a long measurement that is interrupted has said something.
    click.echo(f"{size:,} resources: {made}", err=True)
    return made


def _findings(printed: str) -> conftest.Findings:
    """Return which rule found something on which resource, of what `headgate check` printed."""
    return frozenset((each["rule"], each["resource"]) for each in json.loads(printed)["results"])


def preview(size: int) -> dict[str, Any]:
    """Return what `pulumi preview --json` would print of so many resources."""
    return {"steps": [step for _, step in zip(range(size), _steps(), strict=False)]}


def _steps() -> Iterator[dict[str, Any]]:
    registered = json.dumps([asdict(each) for each in rendered()[STACK]])
    copy = 0
    while True:
        # All at once: URNs, names, namespaces and labels of a copy fit each other, and nobody else's.
        again = registered.replace(TEAM, f"{TEAM}{copy:04d}").replace(
            f"urn:pulumi:{TEAM}{copy:04d}-prod", f"urn:pulumi:{STACK}"
        )
        yield from (step(each) for each in json.loads(again))
        copy += 1


def step(registered: Mapping[str, Any]) -> dict[str, Any]:
    """Return the step of a preview that makes what a program has registered."""
    state = {name: registered[name] for name in ("urn", "type", "parent", "provider", "inputs")}
    state |= {"dependencies": registered["uses"], "custom": ":" in registered["provider"]}
    return {"op": "create", "urn": registered["urn"], "newState": state}


def checking(plan: Path, *more: str) -> list[str]:
    """Return the command that judges a plan."""
    return [sys.executable, "-m", "headgate.cli.main", "check", "--plan", str(plan), "--json", *more]


def best(command: list[str], folder: Path, more: Mapping[str, str] | None = None) -> Timed:
    """Run a command some times, with more variables; what else the machine did only makes a run longer."""
    runs = [_run(command, folder, more or {})]
    # What takes a minute is not told apart by who came in between.
    runs += [_run(command, folder, more or {}) for _ in range(_ROUNDS - 1) if runs[0].seconds < _LONG_SECONDS]
    return Timed(
        min(each.seconds for each in runs),
        min(each.peak_bytes for each in runs),
        runs[0].code,
        min(each.processor for each in runs),
    )


def _run(command: list[str], folder: Path, more: Mapping[str, str]) -> Timed:
    with (folder / OUTPUT).open("wb") as out, (folder / "err").open("wb") as err:
        began, peak = time.monotonic(), 0
        child = subprocess.Popen(
            command, stdout=out, stderr=err, start_new_session=True, env={**_environment(), **more}
        )
        while not (ended := os.wait4(child.pid, os.WNOHANG))[0]:
            peak = max(peak, _resident(child.pid))
            time.sleep(_POLL_SECONDS)
        seconds = time.monotonic() - began
    child.returncode = code = os.waitstatus_to_exitcode(ended[1])
    if code not in (0, 1):
        raise RuntimeError(f"{command}: exit code {code}: {(folder / 'err').read_text()[-2000:]}")
    # Its own, and that of every process that it has waited for.
    return Timed(seconds, peak, code, ended[2].ru_utime + ended[2].ru_stime)


def _environment() -> dict[str, str]:
    # A check that is recorded does something else than its peer. Who has installed Headgate has it compiled, which a
    # shell may forbid: then each start would compile it anew.
    installed = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**installed, "HEADGATE_STATE": "/nonexistent", "HEADGATE_LEDGER": ""}


def _resident(session: int) -> int:
    """Return the resident bytes of all processes of a session."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session:
            total += int(fields[21]) * _PAGE
    return total


def table(compared: list[Compared]) -> str:
    """Return the comparison as a table."""
    by_size = {each.resources: each.headgate.seconds for each in compared}
    growth = by_size[10_000] / by_size[1_000]
    return "\n".join(
        [
            "Each rule in a namespace of its own, as conftest's users have theirs; both find the same:",
            "",
            *_rows([(each.resources, each.headgate, each.conftest) for each in compared], _GOALS),
            "",
            "conftest lent what Headgate finds its rules by, so that one question judges the whole plan:",
            "",
            *_rows([(each.resources, each.headgate, each.lent) for each in compared], {}),
            "",
            f"From 1,000 to 10,000 resources: {growth:.1f} times as long (goal: at most 11).",
        ]
    )


def _rows(compared: list[tuple[int, Timed, Timed]], goals: Mapping[int, tuple[str, str]]) -> Iterator[str]:
    yield "| resources | Headgate | conftest | ratio | goal | processor time | of it | memory | of it | goal |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for size, ours, theirs in compared:
        most, memory = goals.get(size, ("-", "-"))
        cells = [
            f"{size:,}",
            f"{ours.seconds:.2f} s",
            f"{theirs.seconds:.2f} s",
            f"{ours.seconds / theirs.seconds:.2f}",
            most,
            f"{ours.processor:.2f} s",
            f"{ours.processor / theirs.processor:.2f}",
            f"{ours.peak_bytes / 1e6:.0f} MB",
            f"{ours.peak_bytes / theirs.peak_bytes:.2f}",
            memory,
        ]
        yield f"| {' | '.join(cells)} |"
