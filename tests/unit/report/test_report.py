"""Reports: each format says what is wrong, where and what to write, and breaks on nothing that an author may write."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from decisions import POD, decision, failed, rule, violation

from headgate.plan.view import Operation, Source
from headgate.policy.decision import Decision, Outcome, Result, Waiver
from headgate.policy.level import Level
from headgate.report.formats import FORMATS, TELL_COST
from headgate.report.interface import NO_CHANGE, Change, Cost

pytestmark = pytest.mark.unit

RULE = rule()
VIOLATION = violation()
FAILED = failed()
WARNED = replace(FAILED, level=Level.WARN, blocking=False)


def render(form: str, of: Decision, change: Change = NO_CHANGE) -> str:
    """Return a report, in a form."""
    return FORMATS[form](of, change)


def test_the_console_says_what_where_and_what_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """At any width, without colour where nobody sees it."""
    monkeypatch.setenv("COLUMNS", "60")

    assert render("console", decision(FAILED)) == (
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
    assert render("console", decision(Result(RULE, POD, Outcome.PASS))) == (
        "let through: 1 resource by 1 rule\nenvironment prod, gate P, rules sha256:0123456789ab\n"
    )


def test_json_is_the_decision() -> None:
    """Nothing more, nothing less."""
    assert json.loads(render("json", decision(FAILED))) == {
        **decision(FAILED).as_json(),
        "changes": [],
        "cost": None,
    }


def test_sarif_has_rule_line_level_and_a_fingerprint_that_lines_do_not_change() -> None:
    """As code scanning reads it."""
    moved = replace(FAILED, violations=(replace(VIOLATION, source=Source("pod.yaml", 30, 5)),))
    runs = [json.loads(render("sarif", decision(result)))["runs"][0] for result in (FAILED, moved, WARNED)]
    first = runs[0]["results"][0]

    assert (
        first["ruleId"],
        first["locations"][0]["physicalLocation"],
        [run["results"][0]["level"] for run in runs],
        len({run["results"][0]["partialFingerprints"]["headgate/v1"] for run in runs}),
        runs[0]["tool"]["driver"]["rules"][0]["properties"]["security-severity"],
    ) == (
        "HG-XX-001",
        {
            "artifactLocation": {"uri": "pod.yaml", "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": 3, "startColumn": 5},
        },
        ["error", "error", "warning"],
        1,
        "8.0",
    )


def test_junit_has_a_case_per_rule_and_resource() -> None:
    """A failure where it stops the change, a note where it warns; what XML can't hold is replaced."""
    odd = replace(FAILED, violations=(replace(VIOLATION, message="it is \x00 <ill>"),))
    suite = ET.fromstring(render("junit", decision(odd, WARNED, Result(RULE, POD, Outcome.PASS))))[0]  # noqa: S314

    assert (
        dict(suite.attrib)["failures"],
        [[child.tag for child in case] for case in suite],
        suite[0][0].attrib["message"],
    ) == ("1", [["failure"], ["system-out"], []], "it is \ufffd <ill>")


def test_github_commands_carry_file_and_line_and_hide_no_line_break() -> None:
    """A message can't end its own command and begin another."""
    odd = replace(FAILED, violations=(replace(VIOLATION, message="ill\n::add-mask::x%"),))

    assert render("github", decision(odd)).splitlines() == [
        "::error file=pod.yaml,line=3,col=5,title=HG-XX-001 All is well::"
        "ill%0A::add-mask::x%25%0Av1/Pod/fraud/a: spec.a%0AWrite: well",
        "refused: 1 resource by 1 rule, 1 violation to correct",
    ]


def test_markdown_shows_what_an_author_wrote_as_text() -> None:
    """No image, mention, link or table cell of theirs."""
    odd = replace(
        FAILED, violations=(replace(VIOLATION, message="![x](y) @all | <b>", expected="`a` | b", property="a|b"),)
    )
    row = render("markdown", decision(odd)).splitlines()[4]

    assert row == (
        "| violation | [HG-XX-001](docs/rules/HG-XX-001.md) | `pod.yaml:3` `a\\|b` | "
        "!\\[x\\](y) &#64;all \\| &lt;b&gt; | `'a' \\| b` |"
    )


def test_a_comment_stays_within_what_github_takes() -> None:
    """What does not fit is counted."""
    each = tuple(replace(VIOLATION, property=f"spec.a[{number}]") for number in range(2000))
    many = decision(replace(FAILED, violations=each))
    text = render("markdown", many)

    assert (len(text) < 65_536, "more are in the full report." in text) == (True, True)


def test_gitlab_has_an_issue_per_violation_each_with_a_fingerprint_of_its_own() -> None:
    """The fields that GitLab asks for; two violations that read alike stay two."""
    twice = replace(FAILED, violations=(VIOLATION, VIOLATION))
    issues = json.loads(render("gitlab", decision(twice, WARNED)))
    mark = FAILED.fingerprint(VIOLATION)
    first = {
        "description": "violation HG-XX-001: it is ill. Write: well",
        "check_name": "HG-XX-001",
        "fingerprint": mark,
        "severity": "critical",
        "location": {"path": "pod.yaml", "lines": {"begin": 3}},
    }

    assert issues == [
        first,
        {**first, "fingerprint": f"{mark}-2"},
        {
            **first,
            "fingerprint": f"{mark}-3",
            "severity": "info",
            "description": "warning HG-XX-001: it is ill. Write: well",
        },
    ]


def test_azure_pipelines_are_told_line_code_and_result_and_no_command_of_an_author() -> None:
    """A message stays on its line, and a property in its brackets."""
    odd = replace(
        FAILED,
        violations=(replace(VIOLATION, message="ill\n##vso[x]%", source=Source("a;b].yaml", 3, 5)),),
    )

    assert render("azure-devops", decision(odd)).splitlines() == [
        "##vso[task.logissue type=error;sourcepath=a%3Bb%5D.yaml;linenumber=3;columnnumber=5;code=HG-XX-001;]"
        "ill%0A##vso[x]%AZP25. v1/Pod/fraud/a spec.a. Write: well",
        "##vso[task.complete result=Failed;]refused: 1 resource by 1 rule, 1 violation to correct",
    ]


@pytest.mark.parametrize(
    ("results", "ending"),
    [((), "Succeeded;]let through: 1 resource by 1 rule"), ((WARNED,), "SucceededWithIssues;]let through: ")],
    ids=["well", "warned"],
)
def test_azure_pipelines_are_told_how_it_ended(results: tuple[Result, ...], ending: str) -> None:
    """A warning is seen and stops nothing."""
    assert f"##vso[task.complete result={ending}" in render("azure-devops", decision(*results))


WAIVED = replace(
    FAILED,
    outcome=Outcome.WAIVED,
    blocking=False,
    waiver=Waiver("w", "the vendor has no other", "FR-12", "2026-03-01", "amina"),
)
KNOWN = replace(FAILED, blocking=False, violations=(replace(VIOLATION, known=True),))
MISSING = replace(FAILED, rule=replace(RULE, id="HG-AP-001", category="approval"))


def test_what_is_waived_or_known_is_left_out_where_alerts_are_made() -> None:
    """Suppressed results would be shown as alerts; a known violation keeps its alert, as unchanged."""
    both = replace(decision(WAIVED, KNOWN), baseline="main")
    results = json.loads(render("sarif", both))["runs"][0]["results"]

    assert (
        [(each["level"], each["baselineState"]) for each in results],
        json.loads(render("gitlab", both)),
        "::error" in render("github", both),
        "logissue" in render("azure-devops", both),
    ) == ([("warning", "unchanged")], [], False, False)


def test_a_waiver_is_shown_with_its_reason_and_last_day() -> None:
    """In the console, in the comment, and as a skipped test case."""
    suite = ET.fromstring(render("junit", decision(WAIVED)))[0]  # noqa: S314
    comment = render("markdown", decision(WAIVED))

    assert (
        render("console", decision(WAIVED)).splitlines()[0],
        "| [HG-XX-001](docs/rules/HG-XX-001.md) | `a` | the vendor has no other | FR-12 | 2026-03-01 |" in comment,
        (suite.attrib["skipped"], suite[0][0].tag, suite[0][0].attrib["message"]),
    ) == (
        "waived HG-XX-001 for a until 2026-03-01 (FR-12): the vendor has no other",
        True,
        ("1", "skipped", "waived until 2026-03-01 (FR-12): the vendor has no other"),
    )


def test_a_change_that_waits_for_approval_alone_says_so() -> None:
    """It is exit code 3, no violation, and the comment lists what is needed apart."""
    waiting, wrong = decision(MISSING), decision(MISSING, FAILED)
    comment = render("markdown", waiting)

    assert (
        (waiting.exit_code, waiting.as_json()["verdict"], wrong.exit_code),
        render("console", waiting).splitlines()[0],
        comment.splitlines()[0],
        comment.splitlines()[2:5],
    ) == (
        (3, "approvals missing", 1),
        "pod.yaml:3: approval HG-AP-001 (high): it is ill",
        "### ⏳ Headgate: waiting for approval: 1 resource by 1 rule, 1 approval missing",
        ["**Approvals still needed**", "", "- it is ill: well"],
    )


def test_a_comment_says_what_changes_and_what_it_costs() -> None:
    """Deletions first; the difference before the sum."""
    gone = replace(POD, operation=Operation.DELETE, name="old")
    change = Change((POD, gone), Cost("EUR", after=(100.0, 250.5), before=(90.0, 300.0), unpriced=1))

    assert render("markdown", decision(), change).splitlines()[2:10] == [
        "<details><summary>What changes: 1 created, 1 deleted</summary>",
        "",
        "- delete `Pod` `old`",
        "- create `Pod` `a`",
        "",
        "</details>",
        "",
        "**Cost**: +10.00 at the least, -49.50 at the most; then 100.00 to 250.50 EUR a month; "
        "1 resource without a price left out",
    ]


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_a_form_is_told_of_the_cost_where_it_says_it(form: str) -> None:
    """What a change costs is worked out for these forms alone: any other is the same without."""
    cost = Cost("EUR", after=(100.0, 250.5), before=(90.0, 300.0), unpriced=1)
    with_it, without = render(form, decision(), Change((POD,), cost)), render(form, decision(), Change((POD,)))

    assert (with_it != without) == (form in TELL_COST)


def test_a_long_text_goes_on_below_its_own_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line of the console's is longer than the terminal, and no word is cut."""
    long = replace(FAILED, violations=(replace(VIOLATION, expected=" ".join(["registry.example.com/model"] * 6)),))
    monkeypatch.setenv("COLUMNS", "60")
    lines = render("console", decision(long)).splitlines()

    assert [line for line in lines if "registry" in line] == [
        "    write:    registry.example.com/model",
        *["              registry.example.com/model"] * 5,
    ]


@pytest.mark.parametrize("form", FORMATS)
def test_every_report_holds_any_text_that_an_author_may_write(form: str) -> None:
    """Lone surrogates, control characters and the ends of lines that only some readers know."""
    odd = replace(VIOLATION, message="\ud800\x00\x1b[31m\u2028x", expected="\u202e\x85", property="\x07")

    assert render(form, decision(replace(FAILED, violations=(odd,)))).encode("utf-8", "backslashreplace")


def test_what_is_wrong_alike_in_several_resources_is_one_row_of_the_comment() -> None:
    """One line to correct, however many regions it is deployed to."""
    other = replace(FAILED, resource=replace(POD, id="v1/Pod/fraud/b", name="b"))
    rows = [line for line in render("markdown", decision(FAILED, other)).splitlines() if "HG-XX-001" in line]

    assert rows == [
        "| violation | [HG-XX-001](docs/rules/HG-XX-001.md) | `pod.yaml:3` `spec.a` (2 resources) "
        "| it is ill | `well` |"
    ]


def test_a_cluster_is_told_by_namespace_what_is_wrong_in_it() -> None:
    """As the kinds that its dashboards read; what passes is a number, and a waiver is named."""
    leave = Waiver("W-1", "r", "t", "2026-03-01", "a")
    waived = replace(FAILED, outcome=Outcome.WAIVED, blocking=False, waiver=leave)
    role = replace(POD, kind="ClusterRole", name="all", namespace="", properties={"apiVersion": "rbac/v1"})
    found = decision(FAILED, waived, WARNED, Result(RULE, POD, Outcome.PASS), replace(FAILED, resource=role))
    whole, team = json.loads(render("policy-report", found))["items"]

    assert [(each["kind"], each["metadata"].get("namespace"), each["summary"]) for each in (whole, team)] == [
        ("ClusterPolicyReport", None, {"pass": 0, "fail": 1, "warn": 0, "error": 0, "skip": 0}),
        ("PolicyReport", "fraud", {"pass": 1, "fail": 1, "warn": 1, "error": 0, "skip": 1}),
    ]
    assert whole["results"][0]["resources"] == [{"apiVersion": "rbac/v1", "kind": "ClusterRole", "name": "all"}]
    assert team["metadata"] == {
        "name": "headgate",
        "namespace": "fraud",
        "labels": {"app.kubernetes.io/managed-by": "headgate"},
    }
    assert team["results"][1]["properties"]["waiver"] == "W-1"
    assert team["results"][0] | {"timestamp": {}} == {
        "source": "headgate",
        "policy": "HG-XX-001",
        "rule": "all_well",
        "category": "supply_chain",
        "severity": "high",
        "result": "fail",
        "scored": True,
        "timestamp": {},
        "message": "it is ill",
        "resources": [{"apiVersion": "v1", "kind": "Pod", "name": "a", "namespace": "fraud"}],
        "properties": {"property": "spec.a", "write": "well", "page": "docs/rules/HG-XX-001.md"},
    }


def test_more_than_one_object_holds_goes_into_several() -> None:
    """Nothing is left out."""
    many = replace(FAILED, outcome=Outcome.UNDETERMINED, violations=(VIOLATION,) * 1500)
    items = json.loads(render("policy-report", decision(many, Result(RULE, POD, Outcome.PASS))))["items"]

    assert [(each["metadata"]["name"], each["summary"]["error"], each["summary"]["pass"]) for each in items] == [
        ("headgate", 1000, 1),
        ("headgate-2", 500, 0),
    ]
