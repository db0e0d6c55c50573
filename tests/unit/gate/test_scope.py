"""Which rules count: those that were named, or a collection; never none."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from decisions import decision, failed, rule

from headgate.errors import HeadgateError
from headgate.gate.scope import WHOLE, Scope, chosen, collections
from headgate.policy.bundle import CHECKOUT, Bundle
from headgate.policy.decision import Decision, Result

pytestmark = pytest.mark.unit

BUNDLE = Bundle.find(CHECKOUT / "policies")
IDS = {each.id for each in BUNDLE.rules}


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """Copy the policies, so that a test can add to them."""
    shutil.copytree(CHECKOUT / "policies", tmp_path / "policies")
    return tmp_path / "policies"


def test_nothing_chosen_is_everything() -> None:
    """And leaves a decision as it is."""
    whole = decision(failed())

    assert (chosen(BUNDLE), WHOLE.of(whole)) == (WHOLE, whole)


def test_a_rule_is_chosen_by_its_id_whatever_its_case() -> None:
    """More of them may be."""
    assert chosen(BUNDLE, ["hg-sc-001", "HG-SC-002"]) == Scope(frozenset({"HG-SC-001", "HG-SC-002"}))


def test_a_collection_is_what_its_file_selects(policies: Path) -> None:
    """By id, category, severity or control; with --only, a rule has to be in both."""
    (policies / "collections" / "mine.yaml").write_text("title: Mine\nrules: [HG-SC-001]\nseverities: [high]\n")
    bundle = Bundle.find(policies)
    mine = {"HG-SC-001"} | {each.id for each in bundle.rules if each.severity == "high"}

    assert chosen(bundle, collection="mine") == Scope(frozenset(mine))
    assert chosen(bundle, ["HG-SC-001"], "mine") == Scope(frozenset({"HG-SC-001"}))


@pytest.mark.parametrize("name", collections(BUNDLE))
def test_every_committed_collection_has_rules(name: str) -> None:
    """One that has none would judge nothing."""
    assert chosen(BUNDLE, collection=name).rules


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("title: Empty\n", "names no rule of this bundle"),
        ("rules: [HG-SC-001]\n", "can't be read"),
        ("title: T\nrule: [HG-SC-001]\n", "can't be read"),
        ("title: T\nrules: HG-SC-001\n", "can't be read"),
        ("[]\n", "can't be read"),
        ("title: [\n", "can't be read"),
    ],
)
def test_a_collection_that_selects_nothing_is_an_error(policies: Path, text: str, told: str) -> None:
    """A misspelt key must not empty it in silence."""
    (policies / "collections" / "mine.yaml").write_text(text)

    with pytest.raises(HeadgateError, match="nothing was judged") as caught:
        chosen(Bundle.find(policies), collection="mine")

    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("only", "collection", "told"),
    [(["HG-XX-999"], None, "no such rule"), ([], "none", "no such collection")],
)
def test_what_does_not_exist_is_an_error(only: list[str], collection: str | None, told: str) -> None:
    """Never a check of nothing."""
    with pytest.raises(HeadgateError, match=told):
        chosen(BUNDLE, only, collection)


def test_a_scope_leaves_out_results_of_other_rules_and_never_all_rules() -> None:
    """What is judged by one rule says so; a rule of another gate judges nothing here."""
    other = rule("HG-XX-002")
    both: Decision = decision(failed(), failed(other), rules=(rule(), other))
    kept: tuple[Result, ...] = (both.results[1],)

    assert Scope(frozenset({"HG-XX-002"})).of(both) == replace(both, rules=(other,), results=kept)
    with pytest.raises(HeadgateError, match="nothing was judged"):
        Scope(frozenset({"HG-XX-003"})).of(both)
