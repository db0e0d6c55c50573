"""The table of attacks says what is there: tests that exist, rules that exist, each attack once."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest
from attack_table import TABLE, attacks, failures, rows

from headgate.policy.bundle import Bundle

pytestmark = pytest.mark.unit

CHECKOUT = Path(__file__).resolve().parents[3]
NAMED = [test for row in rows()["elsewhere"] for test in row["tests"]]
NAMED += [row[gate]["test"] for row in failures() for gate in "PUA" if "test" in row[gate]]


@cache
def names_in(file: str) -> frozenset[str]:
    """Return the names of a file's tests, by what pytest would collect."""
    tree = ast.parse((CHECKOUT / file).read_text(encoding="utf-8"))
    return frozenset(
        each.name for each in tree.body if isinstance(each, ast.FunctionDef) and each.name.startswith("test_")
    )


@pytest.mark.parametrize("test", sorted(set(NAMED)))
def test_a_test_that_the_table_names_exists(test: str) -> None:
    """An attack whose test is renamed or removed is not tested any more, and the table would still say so."""
    file, _, name = test.partition("::")

    assert name in names_in(file)


def test_each_attack_is_there_once_and_names_rules_of_that_gate() -> None:
    """A rule that is not asked at a gate refuses nothing there."""
    gates = {rule.id: set(rule.gates) for rule in Bundle.find(CHECKOUT / "policies").rules}
    names = [row["name"] for part in ("attacks", "elsewhere") for row in rows()[part]]
    wrong = [
        (each.name, gate, rule)
        for each in attacks()
        for gate, rule in each.refused.items()
        if gate not in gates.get(rule, set())
    ]

    assert (len(names), wrong) == (len(set(names)), [])
    assert TABLE.is_file()


def test_each_failure_says_what_becomes_of_it_at_every_gate() -> None:
    """With the test that tries it, or the reason why a gate can't meet it."""
    forms = {tuple(sorted(row[gate])) for row in failures() for gate in "PUA"}

    assert forms == {("says", "test"), ("none",)}
    assert len({row["name"] for row in failures()}) == len(failures())
