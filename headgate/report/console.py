"""The decision for a person at a terminal: what is wrong, where, what to write instead, which page explains it."""

from __future__ import annotations

import io
import os
import shutil
import sys

from rich.console import Console
from rich.text import Text

from headgate.policy.decision import Decision, Result
from headgate.report.interface import label, place, verdict

_STYLES = {"violation": "bold red", "undetermined": "bold red", "warning": "yellow", "deferred": "cyan"}


def render(decision: Decision) -> str:
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
    for result in decision.findings:
        _finding(console, result)
    style = "bold red" if decision.blocking else "bold green"
    console.print(Text(verdict(decision), style=style))
    console.print(
        Text(f"environment {decision.environment}, gate {decision.gate}, rules {decision.bundle_digest[:19]}")
    )
    return out.getvalue()


def _finding(console: Console, result: Result) -> None:
    kind = label(result)
    resource = f"{result.resource.kind or result.resource.type} {result.resource.name}"
    for violation in result.violations:
        console.print(
            Text.assemble(
                (f"{place(result, violation)}", "bold"),
                ": ",
                (kind, _STYLES[kind]),
                f" {result.rule.id} ({result.rule.severity}): {violation.message}",
            )
        )
        rows = [
            ("resource", resource),
            ("property", violation.property),
            ("write", violation.expected),
            ("rule", result.rule.page),
        ]
        for name, value in rows:
            if value:
                console.print(Text(f"    {name + ':':<10}{value}"))
        console.print()
