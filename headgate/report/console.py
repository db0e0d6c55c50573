"""The decision for a person at a terminal: what is wrong, where, what to write instead, which page explains it."""

from __future__ import annotations

import io
import os
import shutil
import sys
import textwrap

from rich.console import Console
from rich.text import Text

from headgate.policy.decision import Decision, Outcome, Result, Violation
from headgate.report.interface import NO_CHANGE, Change, label, open_findings, verdict

_STYLES = {
    "violation": "bold red",
    "undetermined": "bold red",
    "approval": "bold magenta",
    "warning": "yellow",
    "deferred": "cyan",
}
_LABEL = 14


def render(decision: Decision, change: Change = NO_CHANGE) -> str:
    """Return the decision as terminal text, coloured only where the terminal is one."""
    coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    out = io.StringIO()
    console = Console(
        file=out,
        width=shutil.get_terminal_size((100, 24)).columns,
        force_terminal=coloured,
        color_system="auto" if coloured else None,
        highlight=False,
        soft_wrap=True,
    )
    for result, violation in open_findings(decision):
        _finding(console, result, violation)
    for result in decision.findings:
        _waived(console, result)
    for leave in (each for each in decision.waivers if each.idle):
        console.print(
            Text.assemble(f"{leave.where}: ", ("waiver ", "yellow"), leave.id, f" ({leave.rule}): {leave.became}")
        )
    colour = "bold magenta" if decision.only_approvals_missing else "bold red" if decision.blocking else "bold green"
    console.print(Text(verdict(decision), style=colour))
    if change.counts:
        console.print(Text("changes: " + ", ".join(f"{number} {word}" for word, number in change.counts.items())))
    console.print(
        Text(f"environment {decision.environment}, gate {decision.gate}, rules {decision.bundle_digest[:19]}")
    )
    return out.getvalue()


def _finding(console: Console, result: Result, violation: Violation) -> None:
    kind = label(result)
    head = Text.assemble(
        (f"{violation.source}: " if violation.source else "", "bold"),
        (kind, _STYLES[kind]),
        f" {result.rule.id} ({result.rule.severity}): {violation.message}",
    )
    console.print(head)
    _row(console, "resource", f"{result.resource.kind or result.resource.type} {result.resource.name}")
    _row(console, "property", violation.property)
    _row(console, "write", violation.expected)
    _row(console, "rule", result.rule.page)
    console.print()


def _waived(console: Console, result: Result) -> None:
    """Show a waiver as one line: it is no finding, and must not be forgotten."""
    if result.outcome is Outcome.WAIVED and result.waiver is not None:
        leave = f"until {result.waiver.expires} ({result.waiver.ticket}): {result.waiver.reason}"
        console.print(Text.assemble(("waived ", "cyan"), f"{result.rule.id} for {result.resource.name} {leave}"))


def _row(console: Console, name: str, value: str) -> None:
    """Print a value under its name; a long one goes on below its own beginning, and no word of it is cut."""
    if not value:
        return
    indent = " " * _LABEL
    lines = textwrap.wrap(
        value,
        width=max(console.width, 40),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    console.print(Text(f"    {name + ':':<10}" + "\n".join(lines)[_LABEL:]))
