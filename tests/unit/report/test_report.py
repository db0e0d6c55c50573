"""Reports: each format says what is wrong, where and what to write, and breaks on nothing that an author may write."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from headgate.plan import manifests
from headgate.plan.view import Source
from headgate.policy.catalogue import Rule
from headgate.policy.decision import Decision, Outcome, Result, Violation
from headgate.policy.level import Level
from headgate.report.formats import FORMATS

pytestmark = pytest.mark.unit

RULE = Rule(
    id="HG-XX-001",
    title="All is well",
    description="Why it must be well.",
    category="supply_chain",
    name="all_well",
    severity="high",
    gates=("P",),
    scope="object",
    controls=("ISO/IEC 27001:2022 A.8.9",),
    remediation="Make it well.",
    since="2025-01-01",
    deferrable=False,
    operations=("create",),
    file=Path("x.rego"),
)
POD = manifests.from_text("apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: fraud}\n", "pod.yaml")[0]
VIOLATION = Violation("it is ill", "spec.a", ("spec", "a"), "ill", "well", Source("pod.yaml", 3, 5))
FAILED = Result(RULE, POD, Outcome.FAIL, Level.DENY, blocking=True, violations=(VIOLATION,))
WARNED = replace(FAILED, level=Level.WARN, blocking=False)


def decision(*results: Result) -> Decision:
    """Return a decision over one pod."""
    return Decision(
        gate="P",
        phase="preview",
        environment="prod",
        stack="fraud-prod",
        origin="pod.yaml",
        rules=(RULE,),
        resources=1,
        results=results,
        bundle_digest="sha256:0123456789abcdef",
        input_digest="sha256:fedcba",
        time="2026-01-01T00:00:00.000+00:00",
    )


def test_the_console_says_what_where_and_what_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """At any width, without colour where nobody sees it."""
    monkeypatch.setenv("COLUMNS", "60")

    assert FORMATS["console"](decision(FAILED)) == (
        "pod.yaml:3: violation HG-XX-001 (high): it is ill\n"
        "    resource: Pod a\n"
        "    property: spec.a\n"
        "    write:    well\n"
        "    rule:     docs/rules/HG-XX-001.md\n"
        "\n"
        "refused: 1 resource by 1 rule, 1 violation to correct\n"
        "environment prod, gate P, rules sha256:0123456789ab\n"
    )


def test_the_console_says_when_all_is_well() -> None:
    """One line for a person, one for the record."""
    assert FORMATS["console"](decision(Result(RULE, POD, Outcome.PASS))) == (
        "let through: 1 resource by 1 rule\nenvironment prod, gate P, rules sha256:0123456789ab\n"
    )


def test_json_is_the_decision() -> None:
    """Nothing more, nothing less."""
    assert json.loads(FORMATS["json"](decision(FAILED))) == decision(FAILED).as_json()


def test_sarif_has_rule_line_level_and_a_fingerprint_that_lines_do_not_change() -> None:
    """As code scanning reads it."""
    moved = replace(FAILED, violations=(replace(VIOLATION, source=Source("pod.yaml", 30, 5)),))
    runs = [json.loads(FORMATS["sarif"](decision(result)))["runs"][0] for result in (FAILED, moved, WARNED)]
    first = runs[0]["results"][0]

    assert (
        first["ruleId"],
        first["locations"][0]["physicalLocation"],
        [run["results"][0]["level"] for run in runs],
        len({run["results"][0]["partialFingerprints"]["headgate/v1"] for run in runs}),
        runs[0]["tool"]["driver"]["rules"][0]["properties"]["security-severity"],
    ) == (
        "HG-XX-001",
        {"artifactLocation": {"uri": "pod.yaml"}, "region": {"startLine": 3, "startColumn": 5}},
        ["error", "error", "warning"],
        1,
        "8.0",
    )


def test_junit_has_a_case_per_rule_and_resource() -> None:
    """A failure where it stops the change, a note where it warns; what XML can't hold is replaced."""
    odd = replace(FAILED, violations=(replace(VIOLATION, message="it is \x00 <ill>"),))
    suite = ET.fromstring(FORMATS["junit"](decision(odd, WARNED, Result(RULE, POD, Outcome.PASS))))[0]  # noqa: S314

    assert (
        dict(suite.attrib)["failures"],
        [[child.tag for child in case] for case in suite],
        suite[0][0].attrib["message"],
    ) == ("1", [["failure"], ["system-out"], []], "it is \ufffd <ill>")


def test_github_commands_carry_file_and_line_and_hide_no_line_break() -> None:
    """A message can't end its own command and begin another."""
    odd = replace(FAILED, violations=(replace(VIOLATION, message="ill\n::add-mask::x%"),))

    assert FORMATS["github"](decision(odd)).splitlines() == [
        "::error file=pod.yaml,line=3,col=5,title=HG-XX-001 All is well::"
        "ill%0A::add-mask::x%25%0Av1/Pod/fraud/a: spec.a%0AWrite: well",
        "refused: 1 resource by 1 rule, 1 violation to correct",
    ]


def test_markdown_shows_what_an_author_wrote_as_text() -> None:
    """No image, mention, link or table cell of theirs."""
    odd = replace(
        FAILED, violations=(replace(VIOLATION, message="![x](y) @all | <b>", expected="`a` | b", property="a|b"),)
    )
    row = FORMATS["markdown"](decision(odd)).splitlines()[4]

    assert row == (
        "| violation | [HG-XX-001](docs/rules/HG-XX-001.md) | `pod.yaml:3` `a\\|b` | "
        "!\\[x\\](y) &#64;all \\| &lt;b&gt; | `'a' \\| b` |"
    )


def test_a_comment_stays_within_what_github_takes() -> None:
    """What does not fit is counted."""
    many = decision(*[replace(FAILED, violations=(VIOLATION,) * 10)] * 200)
    text = FORMATS["markdown"](many)

    assert (len(text) < 65_536, "more are in the full report." in text) == (True, True)
