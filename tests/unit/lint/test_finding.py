"""Findings, and the table of those that stand with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.errors import HeadgateError
from lint.__main__ import told
from lint.finding import Exemption, Finding, exemptions, gathered, standing

pytestmark = pytest.mark.unit

ROW = Exemption("checkov", "CKV_1", "Microsoft.X/y.*-dev-*", "there is no other way at all")


def test_a_row_excuses_its_rule_on_its_resources_alone() -> None:
    """Another rule, and another resource, stand."""
    here = Finding("checkov", "CKV_1", "Microsoft.X/y.a-dev-1", "t")
    elsewhere = Finding("checkov", "CKV_1", "Microsoft.X/y.a-prod-1", "t")
    other = Finding("checkov", "CKV_2", "Microsoft.X/y.a-dev-1", "t")

    assert standing("checkov", [here, elsewhere, other], [ROW]) == [elsewhere, other]


def test_a_row_may_be_limited_to_some_stacks() -> None:
    """What one pod may do in development is not excused in production."""
    row = Exemption("kube-score", "hpa", "HorizontalPodAutoscaler *", "nobody depends on it", "dev *|staging *")
    dev = Finding("kube-score", "hpa", "HorizontalPodAutoscaler t/m", "t", ("dev north", "staging north"))
    prod = Finding("kube-score", "hpa", "HorizontalPodAutoscaler t/m", "t", ("dev north", "prod north"))

    assert (row.covers(dev), row.covers(prod)) == (True, False)


def test_a_row_that_excuses_nothing_is_a_finding() -> None:
    """What was corrected must not stay excused."""
    assert [each.text for each in standing("checkov", [], [ROW])] == [
        "exceptions.yaml excuses what is not found any more: take the row out"
    ]


def test_rows_of_other_checks_are_left_alone() -> None:
    """Checks run one at a time."""
    assert standing("kube-score", [], [ROW]) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {check: checkov, rule: A, resource: B}", "can't be read"),
        ("- {check: nonsense, rule: A, resource: B, reason: this is a good reason}", "can't be read"),
        ("- {check: checkov, rule: A, resource: B, reason: because}", "no reason that a reviewer could judge"),
    ],
)
def test_a_row_needs_a_check_a_rule_a_resource_and_a_reason(tmp_path: Path, text: str, message: str) -> None:
    """The error says which row."""
    table = tmp_path / "exceptions.yaml"
    table.write_text(text)

    with pytest.raises(HeadgateError, match=message) as caught:
        exemptions(table)
    assert caught.value.where == "exceptions.yaml, row 1"


def test_the_committed_table_can_be_read() -> None:
    """Every row, with its reason."""
    assert all(row.reason for row in exemptions())


def test_a_fault_is_told_once_with_the_stacks_that_have_it() -> None:
    """Fourteen stacks of one program have the same faults."""
    one = Finding("kubeconform", "schema", "Service n/s", "t")

    assert gathered([("b", one), ("a", one), ("b", one)]) == [
        Finding("kubeconform", "schema", "Service n/s", "t", ("a", "b"))
    ]
    assert told([Finding("kubeconform", "schema", f"Service n/{i}", "t", ("a",)) for i in range(6)]) == [
        "kubeconform schema: t",
        "  on Service n/0 (a), Service n/1 (a), Service n/2 (a), Service n/3 (a), and 2 more",
        "1 faults: correct the component, or add a row with the reason to lint/exceptions.yaml",
    ]
