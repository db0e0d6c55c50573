"""What the rules are told: policy, keys, verdict; and how a receipt is looked at."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from approving import MOMENT, SUBJECT, approver, signer
from decisions import decision, failed, rule

from headgate.approval.facts import facts, verdict_of
from headgate.approval.policy import StackPolicy, policy_of
from headgate.errors import HeadgateError
from headgate.gate.update import receipt
from headgate.plan.digest import digest_of
from headgate.policy.bundle import CHECKOUT, Bundle

pytestmark = pytest.mark.unit

BUNDLE = Bundle.find(CHECKOUT / "policies")
UP = [
    "/x/pulumi",
    "--non-interactive",
    "--color=never",
    "up",
    "--yes",
    "--stack",
    "s",
    "--skip-preview",
    "--plan",
    "/p",
]


def test_production_is_protected_and_what_is_tried_out_is_not() -> None:
    """Two people, one for security; other environments deploy as they did."""
    assert policy_of(BUNDLE, "fraud-prod") == StackPolicy(
        2, ("platform", "security"), ("security",), 72, ("platform", "security", "on-call")
    )
    assert [policy_of(BUNDLE, f"fraud-{name}").is_protected for name in ("sandbox", "dev", "staging", "other")] == [
        False,
        False,
        False,
        True,
    ]


def test_a_stack_may_have_a_policy_of_its_own(tmp_path: Path) -> None:
    """Over that of its environment, field by field."""
    (tmp_path / "rego").mkdir()
    (tmp_path / "parameters").mkdir()
    for name, approval in {
        "base": {"count": 0, "hours": 72, "break_glass": {"roles": ["on-call"]}},
        "prod": {"count": 2, "stacks": {"fraud-prod": {"count": 3}}},
    }.items():
        (tmp_path / "parameters" / f"{name}.yaml").write_text(yaml.safe_dump({"approval": approval}))

    counts = {stack: policy_of(Bundle(tmp_path), stack).count for stack in ("fraud-prod", "vision-prod")}

    assert counts == {"fraud-prod": 3, "vision-prod": 2}


def test_the_keys_are_those_of_the_rules(tmp_path: Path) -> None:
    """Each with its person and names, as a JSON Web Key; nothing else of the register."""
    entry = approver("amina", "security", person="a.h", until="2027-01-31")
    register = {"approvers": [entry.model_dump(mode="json")], "waivers": ["security"]}
    (tmp_path / "approvers.yaml").write_text(yaml.safe_dump(register))

    found = facts(SUBJECT, ["token"], Bundle(tmp_path), applies=True, now=MOMENT)

    (key,) = found.pop("keys")
    assert found == {**SUBJECT.as_json(), "now": MOMENT, "applies": True, "approvals": ["token"], "pipelines": []}
    assert json.loads(key.pop("jwk"))["kid"] == key["kid"] == entry.key_name
    assert key == {
        "kid": entry.key_name,
        "name": "amina",
        "person": "a.h",
        "names": ["a.h", "amina", "amina@example.com"],
        "roles": ["security"],
        "until": "2027-01-31",
    }
    assert signer("amina").verifier.name == "amina"


def test_the_verdict_is_that_of_all_rules_but_those_that_ask_for_approvals() -> None:
    """Missing approvals change nothing of it, any other finding and other rules do."""
    whole, asking, wrong = decision(), failed(rule("HG-AP-001")), failed(rule("HG-SC-001"))
    told = verdict_of(whole)

    assert verdict_of(replace(whole, results=(asking,))) == told
    assert (told["outcome"], verdict_of(replace(whole, results=(wrong, asking)))["outcome"]) == ("pass", "fail")
    others = [replace(whole, bundle_digest="sha256:other"), replace(whole, results=(wrong,))]
    assert all(verdict_of(other) != told for other in others)


@pytest.mark.parametrize(
    ("command", "plan", "options"),
    [
        (UP, "approved", []),
        ([*UP, "--event-log", "/log"], "approved", []),
        ([*UP, "--target", "urn:x"], "approved", ["--target"]),
        ([*UP, "--target=urn:x"], "approved", ["--target"]),
        ([*UP, "-t", "urn:x"], "approved", ["--target"]),
        ([*UP, "-turn:x"], "approved", ["-turn:x"]),
        ([*UP, "--target-dependents", "--target", "urn:x"], "approved", ["--target", "--target-dependents"]),
        ([*UP, "--replace", "urn:x"], "approved", ["--replace"]),
        ([*UP, "--target-replace=urn:x"], "approved", ["--target-replace"]),
        ([*UP, "--exclude", "urn:x"], "approved", ["--exclude"]),
        ([*UP, "--ignore-protect"], "approved", ["--ignore-protect"]),
        ([*UP, "-r"], "approved", ["--refresh"]),
        ([*UP, "-C", "/elsewhere"], "approved", ["-C"]),
        ([*UP, "--color=always"], "approved", ["--color"]),
        ([*UP, "--policy-pack-config", "/weaker.json"], "approved", ["--policy-pack-config"]),
        ([*UP, "--plan", "/other"], "another", []),
        ([*UP, "--plan=/other"], "approved", ["--plan"]),
        ([*UP[:-1], "/other"], "another", []),
        (UP[:-2], "none", []),
        (["destroy" if word == "up" else word for word in UP], "no update", []),
        (["/x/python", *UP[1:]], "no update", []),
    ],
)
def test_an_engine_is_held_to_the_plan_only_with_the_options_of_the_protected_path(
    command: list[str], plan: str, options: list[str]
) -> None:
    """Whatever narrows or replaces the plan is not the approved update, and is told by its name."""
    engine = receipt.engine_of([["pulumi-language-python"], [], command, ["bash"]])

    assert (receipt.plan_of(engine, "/p"), receipt.options_of(engine, {})) == (plan, options)


def test_an_option_in_the_environment_counts_as_one() -> None:
    """Every flag of the engine has a variable."""
    options = ("IGNORE_PROTECT", "POLICY_PACK_CONFIG", "REFRESH", "REPLACE", "TARGET", "TARGET_DEPENDENTS")
    narrowing = [f"PULUMI_OPTION_{option}" for option in options]

    assert receipt.options_of(UP, dict.fromkeys([*narrowing, "PULUMI_OPTION_POLICY_PACK", "PATH"], "x")) == narrowing


def test_without_a_receipt_only_the_engines_options_are_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The rules refuse that; a receipt that can't be read is an error, and refuses too."""
    monkeypatch.delenv(receipt.VARIABLE, raising=False)
    monkeypatch.setattr(receipt, "ancestors", lambda: [["/x/pulumi", "up", "--yes", "-f", "--target", "urn:x"]])
    assert receipt.facts_of(BUNDLE, tmp_path) == {"engine": {"options": ["--skip-preview", "--target"]}}
    for text in ("", "[]", "{}", '{"subject": {"authors": []}}'):
        (tmp_path / "receipt").write_text(text)
        monkeypatch.setenv(receipt.VARIABLE, str(tmp_path / "receipt"))
        with pytest.raises(HeadgateError, match="the receipt of the update can't be read"):
            receipt.facts_of(BUNDLE, tmp_path)


def test_a_receipt_is_believed_in_nothing_that_can_be_found_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Digest, tree, plan file and engine are looked at; what it says of them does not count."""
    plan, file = tmp_path / "plan.json", tmp_path / "receipt.json"
    plan.write_text("{}")
    form = {"stack": "fraud-prod", "action": "update", "resources": {}}
    file.write_text(receipt.written(SUBJECT, form, ["token"], plan, MOMENT))
    monkeypatch.setenv(receipt.VARIABLE, str(file))
    monkeypatch.setattr(receipt, "tree_of", lambda _project: "git:now")
    monkeypatch.setattr(receipt, "ancestors", lambda: [[*UP[:-1], str(plan)]])
    for name in ("PULUMI_OPTION_TARGET", "PULUMI_OPTION_REPLACE"):
        monkeypatch.delenv(name, raising=False)

    true = receipt.facts_of(BUNDLE, tmp_path) or {}
    plan.write_text('{"edited": true}')
    edited = receipt.facts_of(BUNDLE, tmp_path) or {}

    told = {"stack": "fraud-prod", "action": "update", "carried": digest_of(form)} | {
        "tree": "git:now",
        "made": MOMENT,
        "engine": {"plan": "approved", "options": []},
    }
    assert (true["receipt"], edited["receipt"]) == (told, {**told, "engine": {"plan": "edited", "options": []}})
    assert (true["approvals"], true["applies"]) == (["token"], True)


@pytest.mark.parametrize(
    ("command", "is_one"),
    [
        (["/t/pulumi", "policy", "analyze", "--stack", "s"], True),
        (["/t/pulumi", "up", "policy", "analyze"], False),
        (["/t/pulumi", "-C", "policy", "analyze", "up"], False),
        (["/t/pulumi", "policy"], False),
        (["/t/another", "policy", "analyze"], False),
    ],
)
def test_an_analysis_is_told_by_the_engines_own_command(command: list[str], is_one: bool) -> None:
    """Nothing that an update can be called with makes it one; the nearest engine counts."""
    assert receipt.is_analysis([["pulumi-language-python"], command, ["pulumi", "policy", "analyze"]]) is (
        is_one or command[0].endswith("another")
    )
