"""Where the reports of `headgate check` go: several formats in one run, each to its file or to the terminal."""

from __future__ import annotations

import contextlib
import importlib
import threading
from collections.abc import Callable, Collection
from pathlib import Path

import click

from headgate.errors import HeadgateError

FORMATS = ("console", "json", "sarif", "junit", "github", "azure-devops", "gitlab", "markdown", "policy-report")
TERMINAL = "-"
# What every report is made of.
_PARTS = ("headgate.gate.difference", "headgate.report.formats")


def load_ahead(forms: Collection[str]) -> None:
    """Load what reports of some forms are made with, aside, while OPA judges and we would only wait."""

    def load() -> None:
        # Whoever needs a part that can't be loaded says so.
        with contextlib.suppress(Exception):
            for each in _PARTS:
                importlib.import_module(each)
            from headgate.report import formats

            if formats.TELL_COST.intersection(forms):
                importlib.import_module("headgate.cost.estimate")
                importlib.import_module("headgate.cost.table").shipped()
            for form in forms:
                formats.load(form)

    threading.Thread(target=load, name="reports", daemon=True).start()


def pairs(formats: tuple[str, ...], outputs: tuple[str, ...], as_json: bool) -> list[tuple[str, str]]:
    """Return each format with its file, in the order of the command line.

    One format may do without a file, and goes to the terminal: the console's, or the only one.
    """
    chosen = [*formats, *(["json"] if as_json else [])] or ["console"]
    files = list(outputs)
    if len(files) == len(chosen) - 1 and (len(chosen) == 1 or "console" in chosen):
        files.insert(chosen.index("console") if "console" in chosen else 0, TERMINAL)
    if len(files) != len(chosen):
        raise click.UsageError(f"{len(chosen)} of --format, {len(files)} of --output: name a file for each (- prints).")
    if len(set(files)) != len(files):
        raise click.UsageError("two reports can't go to one file: name an --output for each --format.")
    return list(zip(chosen, files, strict=True))


def write(reports: list[tuple[str, str]], render: Callable[[str], str]) -> None:
    """Write every report where it was asked for."""
    for form, output in reports:
        text = render(form)
        if output == TERMINAL:
            click.echo(text, nl=False)
        else:
            _write_file(text, Path(output))


def _write_file(text: str, path: Path) -> None:
    try:
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise HeadgateError(
            "the report can't be written",
            where=str(path),
            found=error.strerror or str(error),
            fix="name a file that you may write with --output",
        ) from error
