"""Reports against schemas: SARIF's own, and what services ask for where there is no schema to be had."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from decisions import POD, decision, failed, rule, violation
from jsonschema import Draft7Validator

from headgate.plan.view import Source
from headgate.policy.bundle import CHECKOUT, Bundle
from headgate.policy.decision import Decision, Outcome, Result, Waiver
from headgate.policy.level import Level
from headgate.report.formats import FORMATS
from headgate.report.interface import NO_CHANGE

pytestmark = pytest.mark.unit

SCHEMAS = Path(__file__).parent / "schemas"
SCHEMAS_OF = {
    "sarif": ("sarif-2.1.0", "github-code-scanning"),
    "junit": ("junit-subset",),
    "gitlab": ("gitlab-code-quality-subset",),
}
FAILED = failed()
ODD = replace(
    violation(), message='![x](y) \x00\u2028 "<b>&', expected="", source=Source("a folder/ü%.yaml", 7, 1), property=""
)
WAIVED = replace(
    FAILED,
    outcome=Outcome.WAIVED,
    blocking=False,
    waiver=Waiver("w", "the vendor has no other", "FR-12", "2026-03-01", "amina"),
)
KNOWN = replace(FAILED, blocking=False, violations=(replace(violation(), known=True),))
ALL = decision(
    FAILED,
    replace(FAILED, level=Level.WARN, blocking=False),
    replace(FAILED, outcome=Outcome.UNDETERMINED, violations=(violation(), violation())),
    replace(FAILED, violations=(ODD,)),
    replace(FAILED, violations=(replace(violation(), source=None),)),
    WAIVED,
    KNOWN,
    Result(rule(), POD, Outcome.PASS),
)
DECISIONS = {
    "nothing to say": decision(),
    "all that can be said": ALL,
    "compared with a baseline": replace(ALL, baseline="main"),
    "of a folder of manifests": replace(ALL, stack=None),
    "every rule": decision(rules=Bundle.find(CHECKOUT / "policies").rules),
}


def read(form: str, of: Decision) -> Any:
    """Return a report as a program reads it; XML as nested objects."""
    text = FORMATS[form](of, NO_CHANGE)
    return _element(ET.fromstring(text)) if form == "junit" else json.loads(text)  # noqa: S314  our own text


def _element(element: ET.Element) -> dict[str, Any]:
    children = [_element(child) for child in element]
    return {
        "tag": element.tag,
        "attributes": element.attrib,
        "children": children,
        "text": (element.text or "").strip(),
    }


def faults(form: str, document: Any) -> list[str]:
    """Return what the schemas of a form find wrong."""
    schemas = [json.loads((SCHEMAS / f"{name}.json").read_text()) for name in SCHEMAS_OF[form]]
    found = [each for schema in schemas for each in Draft7Validator(schema).iter_errors(document)]
    return [f"{each.json_path}: {each.message}" for each in found]


@pytest.mark.parametrize("form", SCHEMAS_OF)
@pytest.mark.parametrize("of", DECISIONS.values(), ids=DECISIONS)
def test_a_report_fits_what_reads_it(form: str, of: Decision) -> None:
    """Whatever was decided, and whatever an author wrote."""
    assert faults(form, read(form, of)) == []


@pytest.mark.parametrize("form", SCHEMAS_OF)
def test_the_schemas_are_sound_and_find_what_is_wrong(form: str) -> None:
    """A schema that takes anything would prove nothing."""
    for name in SCHEMAS_OF[form]:
        Draft7Validator.check_schema(json.loads((SCHEMAS / f"{name}.json").read_text()))
    spoiled = {
        "sarif": {"version": "2.1.0", "runs": [{"tool": {}, "results": [{"message": "text"}]}]},
        "junit": {"tag": "testsuites", "attributes": {}, "children": [], "text": ""},
        "gitlab": [{"description": "x", "severity": "high"}],
    }

    assert faults(form, spoiled[form]) != []


def test_the_numbers_of_a_test_suite_are_those_of_its_cases() -> None:
    """Services show the suite's own numbers."""
    (suite,) = read("junit", ALL)["children"]
    kinds = [child["tag"] for case in suite["children"] for child in case["children"]]
    numbers = {name: int(suite["attributes"][name]) for name in ("tests", "failures", "skipped", "errors")}

    assert numbers == {
        "tests": len(suite["children"]),
        "failures": kinds.count("failure"),
        "skipped": kinds.count("skipped"),
        "errors": 0,
    }


def test_each_fingerprint_of_a_report_is_of_one_finding() -> None:
    """Two findings under one fingerprint would be shown as one."""
    (run,) = read("sarif", ALL)["runs"]
    hashes = [each["partialFingerprints"]["primaryLocationLineHash"] for each in run["results"]]
    marks = [each["fingerprint"] for each in read("gitlab", ALL)]

    assert (len(set(hashes)), len(set(marks))) == (len(hashes), len(marks))
