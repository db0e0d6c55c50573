"""What a build tells a log and a terminal."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from headgate.sandbox.toolchain import reporting, tool

pytestmark = pytest.mark.unit

# Of an estimate of its own: those of the catalogue are measured anew from time to time.
OPA = replace(tool("opa"), estimate=75)


def test_without_a_terminal_each_event_is_a_line() -> None:
    """A log has no bars: start with estimate and log, a line every half minute, the end with its time."""
    out = io.StringIO()
    with reporting(Console(file=out, width=200)) as reporter:
        reporter.started(OPA, Path("/logs/opa.log"))
        for seconds in (0.5, 29.0, 31.0, 45.0, 61.0):
            reporter.running(OPA, seconds)
        reporter.finished(OPA, 62.0, Path("/tools/opa"))

    assert [" ".join(line.split()) for line in out.getvalue().splitlines()] == [
        "opa v1.22.0 building, about 1 min 15 s (log: /logs/opa.log)",
        "opa v1.22.0 building, 31 s of about 1 min 15 s",
        "opa v1.22.0 building, 1 min 01 s of about 1 min 15 s",
        "opa v1.22.0 built in 1 min 02 s: /tools/opa",
    ]


def test_a_build_past_its_estimate_says_so() -> None:
    """The bar does not stand at 99 % without a word."""
    out = io.StringIO()
    with reporting(Console(file=out, width=120, force_terminal=True)) as reporter:
        reporter.started(OPA, Path("/logs/opa.log"))
        reporter.running(OPA, 500.0)

    assert "longer than the estimate of 1 min 15 s" in out.getvalue()
