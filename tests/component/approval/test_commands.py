"""`headgate approve` and `headgate approvals`: who may sign, what counts, and what is recorded."""

from __future__ import annotations

import pytest

from headgate.approval.document import Kind
from headgate.errors import HeadgateError
from headgate.plan.digest import digest_of

from .conftest import FORM, STACK, Waiting, git

pytestmark = pytest.mark.component


def test_two_people_sign_and_each_signature_is_recorded(waiting: Waiting) -> None:
    """One is not enough, two are; the ledger has who signed which plan with which key."""
    record = waiting.keep()
    first, second = waiting.approve("amina"), waiting.approve("badr")
    code, listed = waiting.run("approvals")

    assert (first[0], second[0], code) == (3, 0, 0)
    assert (listed["people"], [one["counts"] for one in listed["approvals"]]) == (["amina", "badr"], [True, True])
    entries = waiting.entries()
    told = [(entry["kind"], entry["subject"], entry["data"]["approver"], entry["data"]["plan"]) for entry in entries]
    plan = record.subject.plan
    assert told == [("approval", STACK, "amina", plan), ("approval", STACK, "badr", plan)]


@pytest.mark.parametrize(
    ("name", "more", "found"),
    [
        ("dina", (), "dina wrote the change"),
        ("cyrus", ("--role", "on-call"), "role on-call approves nothing here"),
        ("amina", ("--role", "platform"), "amina has no role platform"),
        ("eve", (), "eve"),
    ],
)
def test_a_signature_that_would_not_count_is_not_made(
    waiting: Waiting, name: str, more: tuple[str, ...], found: str
) -> None:
    """It is told at once, and nothing is kept or recorded."""
    record = waiting.keep()

    code, error = waiting.approve(name, *more)

    assert (code, str(error.found)) == (2, found)
    assert waiting.store.approvals(STACK, record.subject.plan) == ()
    assert not (waiting.keys.parent / "ledger").exists()


def test_the_key_of_another_signs_nothing(waiting: Waiting) -> None:
    """Who has a key but not the one of the register's entry is found out by the signature."""
    waiting.keep()

    code, error = waiting.run("approve", "--as", "amina", "--key", str(waiting.keys / "badr"), "--yes")

    assert (code, "is in no entry of policies/approvers.yaml" in str(error.found)) == (2, True)


def test_two_on_call_break_the_glass_and_it_raises_an_alert(waiting: Waiting) -> None:
    """For one incident; each signature leaves an alert and an incident to follow up."""
    waiting.keep()
    codes = [waiting.approve(name, "--break-glass", "INC-7")[0] for name in ("cyrus", "amina")]
    _, listed = waiting.run("approvals")

    assert (codes, listed["enough"], listed["emergency"]) == ([3, 0], True, ["INC-7"])
    assert [entry["kind"] for entry in waiting.entries()] == ["approval", "alert", "incident"] * 2
    lives = {one["exp"] - one["nbf"] for one in listed["approvals"]}
    assert lives == {3600}


def test_what_lies_beside_good_signatures_is_listed_with_what_is_wrong(waiting: Waiting) -> None:
    """Somebody else's file neither counts nor keeps the others from counting."""
    record = waiting.keep()
    waiting.store.approve(STACK, record.subject.plan, "aaa+00000000", Kind.APPROVAL, "no token")
    waiting.approve("amina")
    waiting.approve("badr")

    code, listed = waiting.run("approvals")

    problems = [one["problem"] for one in listed["approvals"]]
    assert (code, problems) == (0, ["it is not signed: no JWS of three parts", "", ""])


def test_a_plan_that_breaks_rules_is_not_signed(waiting: Waiting) -> None:
    """No approval lifts a rule, so there is nothing to approve."""
    waiting.keep(verdict={"outcome": "fail", "rules": "sha256:r", "results": "sha256:s"})

    code, error = waiting.approve("amina")

    assert (code, error.what) == (1, "the plan breaks rules that no approval lifts, so there is nothing to sign")


def test_without_a_plan_there_is_nothing_to_approve(waiting: Waiting) -> None:
    """The error says how to make one."""
    assert waiting.approve("amina")[1].fix == f"headgate plan -s {STACK}"


def test_who_approves_is_the_target_branchs_to_say(waiting: Waiting) -> None:
    """An approver who adds themselves in the same change is none, edited, committed or on a branch of their own."""
    waiting.keep()
    git(waiting.project, "checkout", "--quiet", "-b", "mine")
    waiting.register(cyrus={"roles": ["platform", "security"]}, dina={"known_as": []})
    edited = [waiting.approve(name)[1] for name in ("cyrus", "dina")]
    git(waiting.project, "commit", "--quiet", "--all", "--message=mine")
    committed = [waiting.approve(name, "--target", "main")[1] for name in ("cyrus", "dina")]
    merged = waiting.approve("cyrus", "--target", "mine")

    assert [str(error.found) for error in edited] == [str(error.found) for error in committed]
    assert [isinstance(error, HeadgateError) for error in edited] == [True, True]
    assert str(edited[1].found) == "dina wrote the change"
    assert merged[0] == 3


def test_a_target_that_is_not_there_is_an_error(waiting: Waiting) -> None:
    """Nobody is judged by other rules than those that were named."""
    waiting.keep()

    assert waiting.approve("amina", "--target", "nowhere")[0] == 2


def test_a_key_that_was_revoked_on_the_target_branch_counts_no_more(waiting: Waiting) -> None:
    """What it signed before is listed with its last day."""
    waiting.keep()
    waiting.approve("amina")
    waiting.register(amina={"until": "2026-01-01"})
    git(waiting.project, "commit", "--quiet", "--all", "--message=revoke")

    code, listed = waiting.run("approvals")

    assert (code, listed["approvals"][0]["problem"]) == (3, "the key of amina was good until 2026-01-01")


def test_who_signs_reads_the_cost_and_what_is_other_than_in_the_plan_that_was_approved_last(waiting: Waiting) -> None:
    """Of the plan that enough people approved, whether or not it was applied; one that only one signed is none."""
    urn = "urn:pulumi:fraud-prod::headgate::kubernetes:core/v1:ConfigMap::"
    made = {"operations": ["create"], "inputs": {}, "options": {}}
    waiting.keep()
    first = waiting.reads("amina")
    waiting.reads("badr")
    costing = {"currency": "USD", "after": [1200.0, 1500.0], "before": [1000.0, 1000.0]}
    waiting.keep({**FORM, "resources": {f"{urn}labels": made}}, cost=costing)

    shown = waiting.reads("amina")
    waiting.keep({**FORM, "resources": {**FORM["resources"], f"{urn}labels": made}}, cost=costing)
    again = waiting.reads("amina")

    assert "cost      nothing that has a price" in first
    assert "against   nothing: no other update was approved yet on this path" in first
    assert "cost      1,200 to 1,500 USD a month, +200 to +500 against now" in shown
    approved = digest_of(FORM)[:19]
    at = shown.index(f"against   {approved}, approved last: 2 differences")
    assert shown[at + 1 : at + 3] == [
        "  new   kubernetes:core/v1:ConfigMap labels",
        "  gone  kubernetes:core/v1:ConfigMap scores",
    ]
    assert f"against   {approved}, approved last: 1 differences" in again
    assert waiting.store.approved(STACK) == digest_of(FORM)
