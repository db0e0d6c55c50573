"""The protected path with the real engine: planned, approved by two, applied as approved; and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from worthless_approvals import worthless

from headgate.approval.document import Kind
from headgate.approver.keys import open_key
from headgate.audit import LedgerReader
from headgate.cli.approval_path import store_of_shell

from .conftest import PASSPHRASE, STACK, Protected

pytestmark = pytest.mark.component

CHANGED = {"data": {"value": "9"}, "metadata": {"name": "b", "namespace": "default"}}


def test_a_plan_is_applied_once_two_people_approved_it(protected: Protected, tmp_path: Path) -> None:
    """Without approvals 3, with worthless ones 1, and nothing touched; with two that count it is applied, and recorded.

    Of what is changed after the approval nothing is: a resource more is another digest, rules of one's own are another
    tree, and the approvals are of no use for either.
    """
    planned, plan = protected.run("plan", "-s", STACK)
    beside = worthless(plan["subject"], open_key("amina", protected.keys / "amina", PASSPHRASE))
    store = store_of_shell()
    for number, token in enumerate(beside.values()):
        store.approve(STACK, plan["subject"]["plan"], f"forged+{number:08x}", Kind.APPROVAL, token)
    early, _ = protected.run("up", "-s", STACK)
    _, seen = protected.run("approvals", "-s", STACK)
    for file in Path(store.where(STACK)).rglob("forged+*"):
        file.unlink()
    own = protected.approve("dina")
    first = protected.approve("amina")
    second = protected.approve("badr")
    listed, approvals = protected.run("approvals", "-s", STACK)
    untouched = protected.trial.existing()
    root = f"urn:pulumi:{STACK}::headgate::kubernetes:core/v1:ConfigMap::a"
    plain = [protected.pulumi("up", "--yes", "--skip-preview", *more) for more in ((), ("--target", root))]
    protected.trial.want(a="1", b="1", smuggled="1")
    added, _ = protected.run("up", "-s", STACK)
    protected.trial.want(a="1", b="1")
    with changed_rules(protected):
        relaxed, error = protected.run("up", "-s", STACK)
    still = protected.trial.existing()
    applied, update = protected.run("up", "-s", STACK)

    assert (planned, early, plan["enough"], untouched, still) == (3, 1, False, [], [])
    problems = [each["problem"] for each in seen["approvals"]]
    assert [told for told, problem in zip(beside, problems, strict=True) if told not in problem] == []
    assert (own[0], own[1].found) == (2, "dina wrote the change")
    assert (first[0], second[0], second[1]["people"]) == (3, 0, ["amina", "badr"])
    assert (listed, [one["counts"] for one in approvals["approvals"]]) == (0, [True, True])
    own_words = ("without a receipt", "with `--skip-preview`: nobody sees", "with `--target`: it applies a part")
    said = [[f"a protected stack is not updated {words}" in each.stdout for words in own_words] for each in plain]
    assert said == [[True, True, False], [True, True, True]]
    assert (added, relaxed, "is for another tree" in str(error.found)) == (3, 1, True)
    assert (applied, update["changes"], protected.trial.existing()) == (0, {"create": 3}, ["a", "b"])
    entries = [json.loads(content) for _, content in LedgerReader(tmp_path / "ledger").entries()]
    life = [(entry["kind"], entry["data"]["plan"]) for entry in entries if entry["kind"] != "decision"]
    assert life == [
        (kind, plan["subject"]["plan"]) for kind in ("plan", "approval", "approval", "operations", "deployment")
    ]


@contextmanager
def changed_rules(protected: Protected) -> Iterator[None]:
    """Ask for no approvals at all, as somebody might who may edit the checkout."""
    parameters = protected.trial.project / "policies" / "parameters" / "base.yaml"
    text = parameters.read_text()
    base = yaml.safe_load(text)
    base["approval"]["stacks"][STACK]["count"] = 0
    parameters.write_text(yaml.safe_dump(base))
    yield
    parameters.write_text(text)


@pytest.mark.stress
def test_no_option_of_the_engine_gets_past_an_approved_plan(
    standing_protected: Protected, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside approvals that count: an option of plain Pulumi, or the variable that stands for one, applies nothing."""
    protected = standing_protected
    protected.trial.want(a="2", b="1")
    protected.commit()
    protected.run("plan", "-s", STACK)
    protected.approve("amina")
    protected.approve("badr")
    before = written(protected)
    target = f"urn:pulumi:{STACK}::headgate::kubernetes:core/v1:ConfigMap::b"
    options = (("--ignore-protect",), ("--replace", target))
    plain = [protected.pulumi("up", "--yes", "--skip-preview", *each) for each in options]
    plain.append(protected.pulumi("up", "--yes", "--skip-preview", PULUMI_OPTION_TARGET=target))
    by_variable = {}
    for name, value in (("PULUMI_OPTION_REPLACE", target), ("PULUMI_OPTION_IGNORE_PROTECT", "true")):
        with monkeypatch.context() as shell:
            shell.setenv(name, value)
            code, error = protected.run("up", "-s", STACK)
            by_variable[name] = (code, error.what)
    still = written(protected)
    applied, update = protected.run("up", "-s", STACK)

    told = ("`--ignore-protect`: it deletes", "`--replace`: it replaces", "`PULUMI_OPTION_TARGET`: it applies a part")
    said = [f"not updated with {words}" in each.stdout for words, each in zip(told, plain, strict=True)]
    assert said == [True] * 3
    # The one makes another plan of it, which nobody has approved; the other is seen beside the plan as it is applied.
    assert by_variable == {
        "PULUMI_OPTION_REPLACE": (3, "the plan is not approved, so nothing was applied"),
        "PULUMI_OPTION_IGNORE_PROTECT": (1, "the update was refused by policy"),
    }
    assert (still, applied, update["changes"]) == (before, 0, {"same": 2, "update": 1})


def written(protected: Protected) -> dict[str, str]:
    """Return what the provider has written, by file."""
    return {path.name: path.read_text() for path in protected.trial.objects.glob("*.json")}


def test_a_destroy_is_run_once_two_people_approved_it(standing_protected: Protected) -> None:
    """Without approvals 3 and nothing touched; with them all goes that was approved, and nothing that came since."""
    protected = standing_protected
    early, error = protected.run("destroy", "-s", STACK)
    still = protected.trial.existing()
    protected.approve("amina")
    protected.approve("badr")
    destroyed, gone = protected.run("destroy", "-s", STACK)

    assert (early, error.what, still) == (3, "the destroy is not approved, so nothing was done", ["a", "b"])
    assert (destroyed, gone["changes"], protected.trial.existing()) == (0, {"delete": 3}, [])


@pytest.mark.stress
def test_a_refresh_takes_its_own_approvals_and_ends_those_of_a_destroy(
    standing_protected: Protected, tmp_path: Path
) -> None:
    """Each is approved for itself, over the state of then; what was approved is run and recorded."""
    protected = standing_protected
    early, error = protected.run("destroy", "-s", STACK)
    protected.approve("amina")
    protected.approve("badr")
    (protected.trial.objects / "default~b.json").write_text(json.dumps(CHANGED))
    drifted, _ = protected.run("refresh", "-s", STACK)
    protected.approve("amina")
    protected.approve("badr")
    refreshed, update = protected.run("refresh", "-s", STACK)
    moved, since = protected.run("destroy", "-s", STACK)
    still = protected.trial.existing()
    protected.approve("amina")
    protected.approve("badr")
    destroyed, gone = protected.run("destroy", "-s", STACK)

    assert (early, error.what) == (3, "the destroy is not approved, so nothing was done")
    assert (drifted, refreshed, update["changes"]) == (3, 0, {"update": 1})
    assert (moved, "since when: the stack's state has moved" in str(since.found), still) == (3, True, ["a", "b"])
    assert (destroyed, gone["changes"], protected.trial.existing()) == (0, {"delete": 3}, [])
    entries = [json.loads(content) for _, content in LedgerReader(tmp_path / "ledger").entries()]
    life = [
        (each["kind"], each["data"].get("action") or each["data"]["subject"]["action"])
        for each in entries
        if each["kind"] not in ("decision", "operations")
    ]
    asked = [("plan", "destroy"), ("approval", "destroy"), ("approval", "destroy")]
    assert life == [
        *asked,
        *[(kind, "refresh") for kind in ("plan", "approval", "approval", "plan", "deployment")],
        *asked,
        ("plan", "destroy"),
        ("deployment", "destroy"),
    ]
