"""The table of formats: what `--format` takes. One that is not asked for is not loaded."""

from __future__ import annotations

import importlib

from headgate.policy.decision import Decision
from headgate.report.interface import NO_CHANGE, Change, Report

_HOMES = {
    "console": "console",
    "json": "json_document",
    "sarif": "sarif",
    "junit": "junit",
    "github": "github",
    "azure-devops": "azure_devops",
    "gitlab": "gitlab",
    "markdown": "markdown",
    "policy-report": "policy_report",
}
# Those that say what the change costs.
TELL_COST = frozenset({"json", "markdown"})


def load(form: str) -> Report:
    """Return the function that writes a form."""
    render: Report = importlib.import_module(f"headgate.report.{_HOMES[form]}").render
    return render


def _rendering(form: str) -> Report:
    def render(decision: Decision, change: Change = NO_CHANGE) -> str:
        return load(form)(decision, change)

    return render


FORMATS: dict[str, Report] = {form: _rendering(form) for form in _HOMES}
