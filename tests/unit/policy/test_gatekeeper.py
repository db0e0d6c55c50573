"""The rules as Gatekeeper takes them: which, from what, and how they are written down."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from headgate.errors import HeadgateError
from headgate.policy import gatekeeper
from headgate.policy.bundle import Bundle

pytestmark = pytest.mark.unit

BUNDLE = Bundle.find()
RULES, LEFT = gatekeeper.told(BUNDLE, "prod")


def told(rule: str, environment: str = "prod") -> gatekeeper.Told:
    """Return one rule."""
    return next(each for each in gatekeeper.told(BUNDLE, environment)[0] if each.rule.id == rule)


def test_every_rule_of_admission_is_told_or_left_out_with_its_reason() -> None:
    """None is lost on the way, and what needs facts is none of Gatekeeper's."""
    claimed = [rule.id for rule in BUNDLE.rules if "A" in rule.gates]

    assert sorted([*(each.rule.id for each in RULES), *(each.rule.id for each in LEFT)]) == claimed
    assert {each.rule.id: each.why for each in LEFT} == dict.fromkeys(
        ("HG-SC-003", "HG-SC-004", "HG-SC-005", "HG-SC-006", "HG-SC-008"),
        "it asks what the registry or the ledger knows, and Gatekeeper is told no facts",
    )


def test_the_rego_is_that_of_the_rule_and_its_libraries() -> None:
    """File by file: only the package of the rule, and the tabs, are others."""
    each = told("HG-SV-003")
    source = each.template()["spec"]["targets"][0]["code"][0]["source"]
    library = BUNDLE.files["lib/view.rego"].replace("\t", "  ")

    assert list(each.sources) == ["lib.finding", "lib.pods", "lib.review", "lib.view", "rules.serving.canaries"]
    assert library in source["libs"]
    assert "\npackage lib.rules.serving.canaries\n" in source["libs"][-2]
    assert source["libs"][-1].startswith("package lib.parameters\n")
    assert (source["version"], each.template()["metadata"]["name"]) == ("v1", "headgatesv003")


def test_a_constraint_has_its_environments_level_and_parameters_and_no_others() -> None:
    """HG-SC-002 warns in dev; what it reads is its own parameters, and kinds are those of its METADATA."""
    specs = {name: told("HG-SC-002", name).constraint()["spec"] for name in ("dev", "prod")}
    canary = told("HG-SV-003").constraint()

    assert {name: spec["enforcementAction"] for name, spec in specs.items()} == {"dev": "warn", "prod": "deny"}
    assert list(canary["spec"]["parameters"]) == ["serving"]
    assert canary["spec"]["parameters"]["serving"]["rollouts"]["canary"] is True
    assert "Rollout" in canary["spec"]["match"]["kinds"][0]["kinds"]
    assert canary["spec"]["match"]["excludedNamespaces"] == ["headgate-gate", "kube-system"]


def test_equal_rules_give_equal_files(tmp_path: Path) -> None:
    """So that they can be committed, and a change be seen."""
    some = RULES[:3]
    files = gatekeeper.files(some)
    gatekeeper.write(tmp_path / "out", files)

    assert gatekeeper.files(gatekeeper.told(Bundle.find(), "prod")[0][:3]) == files
    assert {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.yaml")} == set(files)
    assert [test["name"] for test in yaml.safe_load(files["suite.yaml"])["tests"]] == [each.rule.id for each in some]


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    """Rules that are gone would stay there, and be applied."""
    (tmp_path / "old.yaml").touch()

    with pytest.raises(HeadgateError, match="the folder is not empty"):
        gatekeeper.write(tmp_path, {"a.yaml": ""})
    assert [path.name for path in tmp_path.iterdir()] == ["old.yaml"]
