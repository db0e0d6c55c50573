"""`headgate check` of a large plan against conftest with the same rules over the same resources.

The plan is the committed production stack of a team, as often as it takes, each time under another team's name. The
peer has a head start: its input is the resource view, which Headgate makes itself, and rules gathered already.
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

from headgate.plan.pulumi import from_preview
from headgate.policy.bundle import Bundle
from headgate.policy.opa import write
from headgate.sandbox.toolchain import tool_path
from lint.stacks import rendered

STACK, TEAM = "fraud-prod", "fraud"
SIZES = (100, 1_000, 10_000)
_ROUNDS = 3
_POLL_SECONDS = 0.02
_PAGE = os.sysconf("SC_PAGE_SIZE")
# What conftest asks: the decision that the gates ask for, in its own words.
_ASKED = """package bench

deny contains msg if {
	some result in data.main.decision.results
	result.blocking != false
	msg := sprintf("%s %v", [result.rule, result.resource])
}

deny contains msg if some msg in data.main.decision.errors
"""


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


def measure() -> list[Compared]:
    """Judge plans of three sizes with both."""
    with tempfile.TemporaryDirectory(prefix="hg-bench-") as folder:
        return [_compared(Path(folder), size) for size in SIZES]


def _compared(folder: Path, size: int) -> Compared:
    plan, run, rules = folder / f"{size}.json", folder / f"{size}-run.json", folder / "rules"
    bundle = Bundle.find()
    document = preview(size)
    plan.write_text(json.dumps(document))
    view = from_preview(document, str(plan))
    run.write_text(
        json.dumps(
            {"gate": "P", "phase": "preview", "environment": "prod", "stack": STACK, "resources": view.as_json()}
        )
    )
    if not rules.exists():
        write(bundle, rules)
        (rules / "bench.rego").write_text(_ASKED)
    theirs = [str(tool_path("conftest")), "test", str(run), "--policy", str(rules), "--data", str(rules / "data.json")]
    theirs += ["--namespace", "bench", "--output", "json"]
    made = Compared(size, best(checking(plan), folder), best(theirs, folder))
    # Shown at once: a long measurement that is interrupted has said something.
    click.echo(f"{size:,} resources: {made.headgate} against {made.conftest}", err=True)
    return made


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
    runs = [_run(command, folder, more or {}) for _ in range(_ROUNDS)]
    return Timed(
        min(each.seconds for each in runs),
        min(each.peak_bytes for each in runs),
        runs[0].code,
        min(each.processor for each in runs),
    )


def _run(command: list[str], folder: Path, more: Mapping[str, str]) -> Timed:
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
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
    lines = [
        "| resources | Headgate | conftest | ratio | goal | processor time | of conftest | memory | of conftest |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    goals = {100: "at most 2", 10_000: "at most 0.4"}
    for each in compared:
        ours, theirs = each.headgate, each.conftest
        cells = [
            f"{each.resources:,}",
            f"{ours.seconds:.2f} s",
            f"{theirs.seconds:.2f} s",
            f"{ours.seconds / theirs.seconds:.2f}",
            goals.get(each.resources, "-"),
            f"{ours.processor:.2f} s",
            f"{ours.processor / theirs.processor:.2f}",
            f"{ours.peak_bytes / 1e6:.0f} MB",
            f"{ours.peak_bytes / theirs.peak_bytes:.2f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    by_size = {each.resources: each.headgate.seconds for each in compared}
    growth = by_size[10_000] / by_size[1_000]
    return "\n".join([*lines, "", f"From 1,000 to 10,000 resources: {growth:.1f} times as long (goal: at most 11)."])
