"""The decision as workflow commands, which GitHub shows on the lines of a pull request."""

from __future__ import annotations

from headgate.policy.decision import Decision, Result, Violation
from headgate.report.interface import NO_CHANGE, Change, open_findings, relative, verdict


def render(decision: Decision, _change: Change = NO_CHANGE) -> str:
    """Return one command per violation, and the verdict."""
    lines = [_command(result, item) for result, item in open_findings(decision)]
    return "\n".join([*lines, verdict(decision)]) + "\n"


def _command(result: Result, violation: Violation) -> str:
    properties = {"title": f"{result.rule.id} {result.rule.title}"}
    if violation.source:
        properties = {
            "file": relative(violation.source),
            "line": str(violation.source.line),
            "col": str(violation.source.column),
            **properties,
        }
    head = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    text = f"{violation.message}\n{result.resource.id}: {violation.property}\nWrite: {violation.expected}"
    return f"::{'error' if result.blocking else 'warning'} {head}::{_message(text)}"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
