"""The catalogue, the bundle, and the strict reading of decisions."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from headgate.errors import Exit, HeadgateError
from headgate.plan import manifests
from headgate.plan.view import View
from headgate.policy import catalogue, opa
from headgate.policy.bundle import CHECKOUT, ENVIRONMENTS, Bundle
from headgate.policy.decision import Decision, Outcome
from headgate.policy.evaluator import Envelope, judge
from headgate.policy.level import Level
from headgate.policy.page import FOLDER, all_pages
from headgate.policy.schemas import derived

pytestmark = pytest.mark.unit

BUNDLE = Bundle.find(CHECKOUT / "policies")
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - image: nginx\n"
VIOLATION = {
    "msg": "wrong",
    "details": {"property": "spec", "path": ["spec", "containers", 0, "image"], "found": "a", "expected": "b"},
}
FAILED = {
    "resource": 0,
    "rule": "HG-SC-001",
    "outcome": "fail",
    "level": "deny",
    "blocking": True,
    "deferred": False,
    "violations": [VIOLATION],
}
RULES = [rule.id for rule in catalogue.for_gate(BUNDLE.rules, "P")]
DIGEST, REGISTRY = (next(rule for rule in BUNDLE.rules if rule.id == f"HG-SC-00{n}") for n in (2, 1))


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """Copy the policies, so that a test can break them."""
    shutil.copytree(CHECKOUT / "policies", tmp_path / "policies")
    return tmp_path / "policies"


def decide(document: dict[str, Any]) -> Decision:
    """Judge one pod by an OPA that answers as told."""
    view = View(tuple(manifests.from_text(POD, "pod.yaml")), "pod.yaml", "fraud-prod")
    return judge(BUNDLE, view, Envelope("P", "preview", "prod"), lambda _run: document)


def test_the_catalogue_is_read_from_the_rules_themselves() -> None:
    """Ids, and what the decision needs of each."""
    assert [rule.as_data() for rule in (REGISTRY, DIGEST)] == [
        {
            "id": identity,
            "category": "supply_chain",
            "name": name,
            "scope": "object",
            "since": "2025-01-01",
            "deferrable": False,
            "operations": ["create", "update", "replace", "same", "connect", "unknown"],
        }
        for identity, name in (("HG-SC-001", "allowed_registry"), ("HG-SC-002", "digest"))
    ]


def test_admission_is_given_no_rule_about_relations() -> None:
    """It sees one object."""
    related = tuple(catalogue.Rule(**{**vars(rule), "scope": "relation"}) for rule in (REGISTRY, DIGEST))

    assert [len(catalogue.for_gate(related, gate)) for gate in ("P", "U", "A")] == [2, 2, 0]


def test_the_index_names_the_rules_that_judge_an_operation_on_a_type() -> None:
    """Those that name the type and those that judge everything; relations are of no type."""
    everything, pods, kubernetes, storage, related = (
        catalogue.Rule(**{**vars(DIGEST), "types": types, "scope": scope, "operations": operations})
        for types, scope, operations in (
            (("*",), "object", ("create", "update", "delete")),
            (("kubernetes:Pod",), "object", ("create", "update")),
            (("kubernetes:*",), "object", ("create", "update")),
            (("azure-native:storage:StorageAccount",), "object", ("create", "update", "delete")),
            (("*",), "relation", ("same",)),
        )
    )

    assert catalogue.index([everything, pods, kubernetes, storage, related]) == [
        {
            "operations": ["create", "update"],
            "types": {
                "?": [0, 1, 2, 3],
                "*": [0],
                "kubernetes:*": [0, 2],
                "kubernetes:Pod": [0, 1, 2],
                "azure-native:storage:StorageAccount": [0, 3],
            },
        },
        {
            "operations": ["delete"],
            "types": {"?": [0, 3], "*": [0], "kubernetes:*": [0], "azure-native:storage:StorageAccount": [0, 3]},
        },
    ]


@pytest.mark.parametrize(
    "broken",
    [
        "package rules.supply_chain.digest\n",
        "# METADATA\n# title: x\npackage rules.supply_chain.digest\n",
        "# METADATA\n# title: x\npackage rules.other.digest\n",
        "",
    ],
)
def test_a_rule_that_does_not_describe_itself_stops_everything(policies: Path, broken: str) -> None:
    """A catalogue with a gap would judge with a gap."""
    (policies / "rego/rules/supply_chain/digest/digest.rego").write_text(broken)

    with pytest.raises(HeadgateError, match="nothing was judged") as caught:
        _ = Bundle(policies).rules
    assert caught.value.exit_code is Exit.NOT_EVALUATED


def test_an_empty_rule_set_stops_everything(policies: Path) -> None:
    """It would pass anything."""
    for category in (policies / "rego/rules").glob("*/"):
        shutil.rmtree(category)

    with pytest.raises(HeadgateError, match="the rule set is empty"):
        _ = Bundle(policies).rules


def test_one_id_names_one_rule(policies: Path) -> None:
    """Ids are stable, and unique."""
    file = policies / "rego/rules/supply_chain/digest/digest.rego"
    file.write_text(file.read_text().replace("HG-SC-002", "HG-SC-001"))

    with pytest.raises(HeadgateError, match="two rules have one id"):
        _ = Bundle(policies).rules


def test_tests_and_checks_are_not_part_of_what_decides() -> None:
    """A bundle holds no Rego that judges nothing."""
    assert [name for name in BUNDLE.files if "_test" in name or name.startswith("checks")] == []


def test_every_environment_has_parameters_that_fit_their_schema() -> None:
    """As laid over base, which is how the decision reads them."""
    schema = Draft7Validator(json.loads((CHECKOUT / "policies/schemas/parameters.json").read_text()))
    base = BUNDLE.parameters["base"]

    errors = {
        name: [error.message for error in schema.iter_errors(_laid_over(base, BUNDLE.parameters[name]))]
        for name in ENVIRONMENTS
    }

    assert errors == {name: [] for name in ENVIRONMENTS}


def test_the_schemas_of_what_rules_see_are_up_to_date() -> None:
    """`headgate policy pages` writes them: a parameter that they lack would be a mistyped path to `opa check`."""
    schemas = derived(BUNDLE)

    assert {name: (CHECKOUT / "policies/schemas" / name).read_text() for name in schemas} == schemas


def test_the_view_fits_the_rules_schema() -> None:
    """What Python builds is what the schema promises to rules."""
    schema = json.loads((CHECKOUT / "policies/schemas/rule_input.json").read_text())["properties"]["resource"]

    assert list(Draft7Validator(schema).iter_errors(manifests.from_text(POD, "pod.yaml")[0].as_json())) == []


@pytest.mark.parametrize(
    ("stack", "given", "expected"),
    [
        ("fraud-dev", None, "dev"),
        ("platform-sandbox", None, "sandbox"),
        (None, None, "prod"),
        ("fraud-moon", None, "prod"),
        ("fraud-dev", "staging", "staging"),
    ],
)
def test_the_environment_is_the_stacks_or_the_strictest(stack: str | None, given: str | None, expected: str) -> None:
    """What can't be told is judged as production."""
    assert BUNDLE.environment_of(stack, given) == expected


def test_an_environment_without_parameters_is_an_error() -> None:
    """There is no falling back from what was asked for."""
    with pytest.raises(HeadgateError, match="no parameters for this environment"):
        BUNDLE.environment_of(None, "moon")


def test_dev_warns_where_prod_denies() -> None:
    """Levels are the environment's."""
    assert [BUNDLE.level(DIGEST, name) for name in ("dev", "prod")] == [Level.WARN, Level.DENY]


def test_the_digest_is_of_all_that_decides(policies: Path) -> None:
    """A changed parameter or rule is another bundle; a changed test is not."""
    before = Bundle(policies).digest
    (policies / "rego/lib/view_test.rego").write_text("package x")
    same = Bundle(policies).digest
    (policies / "parameters/dev.yaml").write_text("levels: {default: warn}\n")

    assert (same == before, Bundle(policies).digest == before) == (True, False)


def test_a_cluster_is_given_its_own_environment_alone() -> None:
    """No other environment's registries, and no other gate's rules."""
    data = json.loads(BUNDLE.admission_files("dev")["data.json"])

    assert (data["environment"], *(sorted(data[name]) for name in ("parameters", "catalogue", "index"))) == (
        "dev",
        ["base", "dev"],
        ["A"],
        ["A"],
    )


def test_a_cluster_that_pulls_no_facts_is_not_asked_for_what_they_alone_can_tell() -> None:
    """Else every model would be denied; the signed bundle holds these rules, since facts come with it."""
    given = json.loads(BUNDLE.admission_files("prod")["data.json"])
    alone, whole = ({each["id"] for each in data["catalogue"]["A"]} for data in (given, BUNDLE.data()))

    assert whole - alone == {"HG-SC-003", "HG-SC-004", "HG-SC-005", "HG-SC-006"}
    assert {place for each in given["index"]["A"] for place in each["types"]["?"]} == set(range(len(alone)))


def test_a_decision_has_the_line_of_what_is_wrong() -> None:
    """From the document that the property came from."""
    decision = decide({"rules": RULES, "errors": [], "results": [FAILED]})

    assert (decision.exit_code, decision.summary, decision.as_json()["results"]) == (
        Exit.VIOLATIONS,
        {"pass": 0, "fail": 1, "undetermined": 0, "waived": 0, "not applicable": len(RULES) - 1},
        [
            {
                "rule": "HG-SC-001",
                "resource": "v1/Pod/a",
                "type": "kubernetes:v1:Pod",
                "outcome": "fail",
                "level": "deny",
                "blocking": True,
                "deferred": False,
                "violations": [
                    {
                        "message": "wrong",
                        "property": "spec",
                        "found": "a",
                        "expected": "b",
                        "source": "pod.yaml:6",
                        "known": False,
                        "fingerprint": decision.results[0].fingerprint(decision.results[0].violations[0]),
                    }
                ],
            }
        ],
    )


def test_a_pass_is_a_pass_and_a_warning_stops_nothing() -> None:
    """Only what blocks makes the exit code."""
    warned = FAILED | {"level": "warn", "blocking": False}
    passed = {"resource": 0, "rule": "HG-SC-002", "outcome": "pass"}
    decision = decide({"rules": RULES, "errors": [], "results": [warned, passed]})

    assert ([result.outcome for result in decision.results], decision.exit_code) == (
        [Outcome.FAIL, Outcome.PASS],
        Exit.WELL,
    )


@pytest.mark.parametrize(
    "document",
    [
        {"rules": ["HG-SC-001"], "errors": [], "results": []},
        {"rules": [*RULES, "HG-XX-001"], "errors": [], "results": []},
        {"rules": RULES, "errors": [], "results": [FAILED | {"rule": "HG-XX-001"}]},
        {"rules": RULES, "errors": [], "results": [FAILED | {"resource": 9}]},
        {"rules": RULES, "errors": [], "results": [FAILED | {"outcome": "maybe"}]},
        {"rules": RULES, "errors": [], "results": [{"rule": "HG-SC-001"}]},
        {"rules": RULES, "errors": [], "results": [FAILED | {"violations": []}]},
    ],
)
def test_an_answer_that_is_not_whole_is_no_decision(document: dict[str, Any]) -> None:
    """Other rules than the bundle's, or a result that can't be read: nothing is let through."""
    with pytest.raises(HeadgateError, match="could not be evaluated"):
        decide(document)


def test_a_result_blocks_unless_it_clearly_does_not() -> None:
    """Anything but `false` stops the change."""
    decision = decide({"rules": RULES, "errors": [], "results": [FAILED | {"blocking": None}]})

    assert decision.exit_code is Exit.VIOLATIONS


def test_the_rule_pages_are_up_to_date() -> None:
    """`headgate policy pages` writes them."""
    written = {path.name: path.read_text() for path in (CHECKOUT / FOLDER).glob("*.md")}

    assert written == all_pages(BUNDLE)


@pytest.mark.parametrize(
    ("rule", "left_out"),
    [
        ("violation := set()", True),
        ("violation := data.main.admission.x", False),
        ("violation := data.system.x", False),
    ],
)
def test_a_decision_is_asked_without_what_answers_in_a_cluster(tmp_path: Path, rule: str, left_out: bool) -> None:
    """Unless a rule asks for that: what is not there would be undefined, and find nothing."""
    folder = tmp_path / "policies"
    shutil.copytree(BUNDLE.root / "rego", folder / "rego")
    (folder / "rego" / "rules" / "cost" / "more.rego").write_text(f"package rules.cost.more\n\n{rule}\n")
    bundle = Bundle.find(folder)

    needed = opa.needed(bundle, opa.QUERY)

    others = {name for name in bundle.files if name.startswith(("main/admission/", "main/recording/", "main/system/"))}
    assert (set(needed), bool(others)) == (set(bundle.files) - (others if left_out else set()), True)


def test_another_question_than_the_decision_has_all_rules() -> None:
    """Or those below the folder that it names."""
    assert (set(opa.needed(BUNDLE, "data.main.admission.x")), set(opa.needed(BUNDLE, "data.lib.x", "lib/"))) == (
        set(BUNDLE.files),
        {name for name in BUNDLE.files if name.startswith("lib/")},
    )


def _laid_over(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    merge: Callable[[Any, Any], Any] = lambda old, new: (  # noqa: E731
        {key: merge(old.get(key), new.get(key, old.get(key))) for key in old | new}
        if isinstance(old, dict) and isinstance(new, dict)
        else new
    )
    merged: dict[str, Any] = merge(base, own)
    return merged
