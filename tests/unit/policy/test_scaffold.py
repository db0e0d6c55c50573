"""A new rule, as it is written for its author."""

from __future__ import annotations

import datetime
import re
import shutil
from pathlib import Path

import pytest
import yaml

from headgate.errors import HeadgateError
from headgate.policy import samples
from headgate.policy.bundle import CHECKOUT, Bundle
from headgate.policy.catalogue import CATEGORIES
from headgate.policy.scaffold import new_rule, next_id

pytestmark = pytest.mark.unit

TODAY = datetime.date(2026, 3, 1)


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """Copy the rules, so that one can be added."""
    shutil.copytree(CHECKOUT / "policies", tmp_path / "policies")
    return Bundle(tmp_path / "policies")


def test_a_new_rule_of_one_resource_is_written_whole(bundle: Bundle) -> None:
    """A rule, its test and a sample of each kind, for all three gates; it warns for 30 days."""
    rule_id, files = new_rule(bundle, "serving", "never_paused", "object", TODAY)
    rule = next(each for each in Bundle(bundle.root).rules if each.id == rule_id)

    assert [str(path.relative_to(bundle.root)) for path in files] == [
        "rego/rules/serving/never_paused/never_paused.rego",
        "rego/rules/serving/never_paused/never_paused_test.rego",
        "samples/serving/never_paused/allowed/running.yaml",
        "samples/serving/never_paused/disallowed/paused.yaml",
    ]
    assert (rule.gates, rule.scope, rule.since, rule.name) == (("P", "U", "A"), "object", "2026-03-31", "never_paused")
    assert [(sample.allowed, sample.is_review) for sample in samples.of(bundle, rule)] == [(True, True), (False, True)]
    assert not [path for path in files if re.search("@[A-Z]+@", path.read_text(encoding="utf-8"))]


def test_a_new_rule_of_several_resources_runs_where_several_are_seen(bundle: Bundle) -> None:
    """Not at admission, and its samples hold more than one."""
    rule_id, _ = new_rule(bundle, "network", "own_names", "relation", TODAY)
    rule = next(each for each in Bundle(bundle.root).rules if each.id == rule_id)

    assert (rule.gates, rule.scope) == (("P", "U"), "relation")
    assert [(sample.allowed, len(sample.members)) for sample in samples.of(bundle, rule)] == [(True, 2), (False, 2)]


def test_an_id_follows_all_that_its_category_has_had(bundle: Bundle) -> None:
    """One more than the highest, of rules and of pages; a category without rules begins at one."""
    taken = [int(rule.id[-3:]) for rule in bundle.rules if rule.category == "serving"]

    assert next_id(bundle, "SV") == f"HG-SV-{max(taken) + 1:03d}"
    assert next_id(bundle, "XX") == "HG-XX-001"


@pytest.mark.parametrize(
    ("category", "name", "what", "found"),
    [
        ("servings", "never_paused", "there is no such category of rules", "servings"),
        ("serving", "never-paused", "a rule's name is a package of Rego", "never-paused"),
        ("serving", "../never", "a rule's name is a package of Rego", "../never"),
        ("serving", "autoscaler", "there is such a rule already", "a folder of this name"),
    ],
)
def test_what_can_t_be_a_new_rule_is_refused_and_nothing_written(
    bundle: Bundle, category: str, name: str, what: str, found: str
) -> None:
    """The error says what was expected."""
    before = sorted(bundle.root.rglob("*"))

    with pytest.raises(HeadgateError) as caught:
        new_rule(bundle, category, name, "object", TODAY)

    assert (caught.value.what, caught.value.found, sorted(bundle.root.rglob("*"))) == (what, found, before)


def test_the_categories_are_those_of_the_check_of_metadata() -> None:
    """An id that the command gives is one that `headgate policy test` takes."""
    text = (CHECKOUT / "policies/rego/checks/metadata.rego").read_text(encoding="utf-8")
    written = re.search(r"_categories := (\{.*?\n\})", text, re.DOTALL)

    assert written
    assert yaml.safe_load(written[1].replace("\t", " ")) == CATEGORIES
