"""The decision as logging commands, which Azure Pipelines shows as issues of the run, with file and line."""

from __future__ import annotations

from headgate.policy.decision import Decision, Result, Violation
from headgate.report.interface import NO_CHANGE, Change, open_findings, relative, verdict


def render(decision: Decision, _change: Change = NO_CHANGE) -> str:
    """Return one command per violation, and the task's result with the verdict."""
    lines = [_issue(result, violation) for result, violation in open_findings(decision)]
    warned = any(not result.blocking for result, _ in open_findings(decision))
    done = "Failed" if decision.blocking else "SucceededWithIssues" if warned else "Succeeded"
    return "\n".join([*lines, f"##vso[task.complete result={done};]{_message(verdict(decision))}"]) + "\n"


def _issue(result: Result, violation: Violation) -> str:
    source = violation.source
    place = {}
    if source:
        place = {
            "sourcepath": relative(source),
            "linenumber": str(source.line),
            "columnnumber": str(source.column),
        }
    fields = {"type": "error" if result.blocking else "warning", **place, "code": result.rule.id}
    head = "".join(f"{name}={_property(value)};" for name, value in fields.items())
    text = f"{violation.message}. {result.resource.id} {violation.property}. Write: {violation.expected}"
    return f"##vso[task.logissue {head}]{_message(text)}"


def _message(text: str) -> str:
    """Keep the text on its line: a second one could be a command of its own."""
    return text.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(";", "%3B").replace("]", "%5D")
