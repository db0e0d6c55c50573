"""The decision as JUnit XML: a test case per rule and resource, so that any CI shows it."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from headgate.policy.decision import Decision, Outcome, Result
from headgate.report.interface import NO_CHANGE, Change, place


def render(decision: Decision, _change: Change = NO_CHANGE) -> str:
    """Return the decision as one test suite."""
    suite = ET.Element(
        "testsuite",
        name=f"headgate {decision.stack or decision.environment}",
        tests=str(len(decision.results)),
        failures=str(len(decision.blocking)),
        errors="0",
        skipped=str(sum(each.outcome is Outcome.WAIVED for each in decision.results)),
        timestamp=decision.time.partition(".")[0],
        time="0",
    )
    for result in decision.results:
        _case(suite, result)
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ET.Element, result: Result) -> None:
    case = ET.SubElement(suite, "testcase", classname=result.rule.id, name=_clean(result.resource.id), time="0")
    text = "\n".join(
        _clean(f"{place(result, item)}: {item.property}: {item.message}. Write: {item.expected}")
        for item in result.violations
    )
    if result.waiver is not None:
        leave = f"waived until {result.waiver.expires} ({result.waiver.ticket}): {result.waiver.reason}"
        ET.SubElement(case, "skipped", message=_clean(leave))
    elif result.blocking:
        failure = ET.SubElement(
            case, "failure", message=_clean(result.violations[0].message), type=result.rule.severity
        )
        failure.text = text
    elif result.outcome is not Outcome.PASS:
        kind = "warning" if result.is_new else "known before this change"
        ET.SubElement(case, "system-out").text = f"{kind}\n{text}"


def _clean(text: str) -> str:
    """Take out what XML 1.0 can't hold at all."""
    return "".join(
        char if char in "\t\n\r" or " " <= char <= "\ud7ff" or char >= "\ue000" else "\ufffd" for char in text
    )
