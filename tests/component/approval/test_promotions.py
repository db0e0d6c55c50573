"""Approvals of a version's next stage, judged by the rules: who counts, and what no signature gets past."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from approving import MOMENT, approval, approver, broken_glass
from model_shelf import version

from headgate.approval.promotion import Promotions, subject
from headgate.approver.register import Approvers
from headgate.audit import Ledger
from headgate.model.proofs.ledger import Recorded
from headgate.model.proofs.stage import Stage
from headgate.model.proofs.trust import Question, Step, UnjudgedError
from headgate.policy import opa
from headgate.policy.bundle import CHECKOUT, Bundle

pytestmark = pytest.mark.component

AT = datetime.datetime.fromtimestamp(MOMENT + 60, datetime.UTC)
STEP = Step(
    version(), Stage.PRODUCTION, Stage.STAGING, 2, "sha256:" + "1" * 64, {"card": "sha256:" + "2" * 64}, ("dina",)
)
PEOPLE = (
    approver("amina", "security"),
    approver("badr", "platform"),
    approver("token", "platform", person="amina"),
    approver("dina", "security", known_as=["fraud-training"]),
)


def judge(login_server: str = "hgplatformprod.azurecr.io", people: tuple[Any, ...] = PEOPLE) -> Promotions:
    """Return the judge of a registry, by the rules of this checkout."""
    found = Promotions.of(Bundle.find(CHECKOUT / "policies"), login_server)
    return replace(found, approvers=Approvers(approvers=people))


def signed(name: str, role: str, step: Step = STEP, **changes: Any) -> str:
    """Return what somebody signed of a step."""
    return approval(name, role, subject(step), **changes)


def test_two_people_one_of_them_for_security_are_enough() -> None:
    """To production, in every registry; to staging nobody is asked."""
    given = [signed("amina", "security"), signed("badr", "platform")]

    found = judge().leave(STEP, given, AT)

    assert (found.people, found.problem) == (("amina", "badr"), "")
    assert judge("a.registry.that.nobody.names").leave(STEP, given, AT).problem == ""
    assert judge().leave(replace(STEP, to=Stage.STAGING), [], AT).problem == ""


def test_nobody_and_one_are_not_enough() -> None:
    """It is said how many, and in which role somebody is missing."""
    assert judge().leave(STEP, [], AT).problem == "0 of 2 people have approved it, nobody as security"
    assert judge("unknown.example").leave(STEP, [], AT).problem == "0 of 2 people have approved it, nobody as security"
    one = judge().leave(STEP, [signed("badr", "platform")], AT)
    assert (one.people, one.problem) == (("badr",), "1 of 2 people have approved it, nobody as security")


ELSEWHERE: dict[str, Callable[[], str]] = {
    "that of amina is for another model: models/fraud/other": lambda: signed(
        "amina", "security", replace(STEP, model=version(name="fraud/other"))
    ),
    "that of amina is for another step: promote to staging": lambda: signed(
        "amina", "security", replace(STEP, to=Stage.STAGING)
    ),
    f"that of amina is for another version: {version('2.0.0').digest}": lambda: signed(
        "amina", "security", replace(STEP, model=version("2.0.0"))
    ),
    "that of amina is for another place in the version's history, or other evidence": lambda: signed(
        "amina", "security", replace(STEP, number=4)
    ),
    "other evidence: sha256:": lambda: signed(
        "amina", "security", replace(STEP, evidence={"card": "sha256:" + "3" * 64})
    ),
    "amina did not see that it is also the work of dina": lambda: signed(
        "amina", "security", replace(STEP, authors=())
    ),
    "that of amina expired at 2026-03-02T12:00:30Z": lambda: signed("amina", "security", ends=MOMENT + 30),
    "that of amina counts only from 2026-03-02T13:00:00Z": lambda: signed(
        "amina", "security", begins=MOMENT + 3600, ends=MOMENT + 7200
    ),
    "amina signed it at 2026-03-02T13:00:00Z, which is still to come": lambda: signed(
        "amina", "security", issued=MOMENT + 3600, begins=MOMENT, ends=MOMENT + 7200
    ),
    "that of amina would count for longer than 72 hours": lambda: signed("amina", "security", ends=MOMENT + 73 * 3600),
    "that of amina would count for longer than 0 hours": lambda: broken_glass(
        "amina", "security", subject=subject(STEP)
    ),
    "dina made the version, or attested something of it": lambda: signed("dina", "security"),
    "amina has no role platform": lambda: signed("amina", "platform"),
    "the key cyrus+": lambda: signed("cyrus", "security"),
    "it is not signed": lambda: "not a signature",
}


@pytest.mark.parametrize("told", ELSEWHERE)
def test_what_does_not_count_is_told_in_its_own_words(told: str) -> None:
    """A replay, a wrong time, an own work, a stranger: none of them makes the second approval."""
    found = judge().leave(STEP, [signed("badr", "platform"), ELSEWHERE[told]()], AT)

    assert (found.people, told in found.problem) == (("badr",), True), found.problem


def test_a_person_counts_once_under_however_many_keys() -> None:
    """The second key is told as hers."""
    found = judge().leave(STEP, [signed("amina", "security"), signed("token", "platform")], AT)

    assert (found.people, "it is the second of amina, who counts once" in found.problem) == (("amina",), True)


def test_a_signer_who_is_known_by_another_name_does_not_approve_either() -> None:
    """The key that signed the model is a pipeline's of hers."""
    step = replace(STEP, authors=("fraud-training",))
    found = judge().leave(step, [signed("dina", "security", step), signed("badr", "platform", step)], AT)

    assert "dina made the version, or attested something of it" in found.problem


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"revoked": "the laptop was stolen"}, "the key of amina is revoked: the laptop was stolen"),
        ({"until": datetime.date(2026, 3, 1)}, "the key of amina was good until 2026-03-01"),
        ({"until": datetime.date(2026, 3, 2)}, ""),
    ],
)
def test_a_stolen_key_counts_for_nothing_and_one_that_was_given_up_for_what_it_signed_before(
    change: dict[str, Any], told: str
) -> None:
    """So a model stays in production when somebody who approved it leaves the company, and not when a thief did."""
    people = (approver("amina", "security", **change), *PEOPLE[1:])
    found = judge(people=people).leave(STEP, [signed("amina", "security"), signed("badr", "platform")], AT)

    assert told in found.problem
    assert bool(told) == bool(found.problem)


def test_what_was_promoted_before_anybody_was_asked_is_made_good_later() -> None:
    """Days after the statement, while both count at one time; what had expired by then is not added to the other."""
    day = 24 * 3600
    late = {"issued": MOMENT + 9 * day, "begins": MOMENT + 9 * day, "ends": MOMENT + 10 * day}
    both = [signed("amina", "security", **late), signed("badr", "platform", **late)]
    mixed = [signed("amina", "security"), signed("badr", "platform", **late)]
    to_come = {name: second + 10000 * day for name, second in late.items()}

    assert judge().leave(STEP, both, AT).people == ("amina", "badr")
    assert "1 of 2 people have approved it" in judge().leave(STEP, mixed, AT).problem
    assert "which is still to come" in judge().leave(STEP, [both[0], signed("badr", "platform", **to_come)], AT).problem


HOUR = 3600


def event(at: int, kind: str = "kubernetes", **data: Any) -> dict[str, Any]:
    """Return an entry that says its time, about the version where it is of a model."""
    time = datetime.datetime.fromtimestamp(at, datetime.UTC).isoformat().replace("+00:00", "Z")
    digest = {"digest": STEP.model.digest} if kind == "model" else {}
    return {"kind": kind, "time": time, "actor": "a", "subject": "s", "data": {**digest, **data}}


def promoted(at: int, **data: Any) -> dict[str, Any]:
    """Return the entry of the step, or of another."""
    return event(at, "model", **{"action": "promote", "to": "production", "ground": STEP.ground, **data})


APPROVED = event(MOMENT, "model", action="approve", to="production", ground=STEP.ground, taken=False)
LATE = event(MOMENT + 9 * 24 * HOUR)
WITHOUT = "and the ledger, which has its approvals, has no entry of it"
BEHIND = "and the ledger has it behind entries of 2026-03-11T12:00:00.000000Z, as of which they count"
IN_LEDGERS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "taken when it says": ([LATE | {"time": "2026-01-01T00:00:00Z"}, APPROVED, promoted(MOMENT + 60), LATE], ""),
    "dated back, in its entry too": ([APPROVED, LATE, promoted(MOMENT + 60)], BEHIND),
    "dated back, and recorded as it was": ([APPROVED, promoted(MOMENT + 9 * 24 * HOUR)], BEHIND),
    "taken past the ledger": ([APPROVED, LATE], WITHOUT),
    "another step of it was taken": ([APPROVED, promoted(MOMENT + 60, ground="sha256:" + "4" * 64)], WITHOUT),
    "the step to staging was taken": ([APPROVED, promoted(MOMENT + 60, to="staging")], WITHOUT),
    "recorded before entries told steps apart": (
        [APPROVED, {**promoted(0), "data": {"action": "promote", "to": "production", "digest": STEP.model.digest}}],
        "",
    ),
    "approved after it was taken, and never again": (
        [APPROVED, LATE, event(MOMENT, "model", action="approve", to="production", ground=STEP.ground, taken=True)],
        BEHIND,
    ),
    "an entry of days to come says nothing": (
        [APPROVED, event(MOMENT + 10**9), promoted(MOMENT + 60), LATE],
        "",
    ),
    "its approvals are recorded elsewhere": ([LATE], ""),
}


@pytest.mark.parametrize("case", IN_LEDGERS)
def test_an_expired_approval_is_not_used_by_a_step_that_is_dated_back(tmp_path: Path, case: str) -> None:
    """The order of the ledger says when it was taken at the earliest, whatever statement and entry say of it."""
    entries, told = IN_LEDGERS[case]
    with Ledger(tmp_path) as ledger:
        ledger.append_documents(entries)
    given = [signed("amina", "security", ends=MOMENT + HOUR), signed("badr", "platform", ends=MOMENT + HOUR)]
    found = replace(judge(), recorded=Recorded(tmp_path)).leave(STEP, given, AT)

    assert (told in found.problem, bool(told)) == (True, bool(found.problem)), found.problem
    assert ("that of amina expired" in found.problem) == (told is BEHIND)


def test_a_step_past_the_ledger_is_made_good_by_who_approves_it_then(tmp_path: Path) -> None:
    """Their approvals tell the ledger that it was taken; those that had expired by then help nobody."""
    day = 24 * HOUR
    late = {"issued": MOMENT + 9 * day + 60, "begins": MOMENT + 9 * day, "ends": MOMENT + 10 * day}
    again = event(MOMENT + 9 * day + 60, "model", action="approve", to="production", ground=STEP.ground, taken=True)
    with Ledger(tmp_path) as ledger:
        ledger.append_documents([APPROVED, LATE, again])
    asked = replace(judge(), recorded=Recorded(tmp_path))
    both = [signed("amina", "security", **late), signed("badr", "platform", **late)]

    assert asked.leave(STEP, both, AT).people == ("amina", "badr")
    assert asked.leave(STEP, [both[0], signed("badr", "platform")], AT).people == ("amina",)


def test_a_ledger_that_has_not_begun_says_nothing(tmp_path: Path) -> None:
    """As of a platform that is being made."""
    given = [signed("amina", "security"), signed("badr", "platform")]

    assert replace(judge(), recorded=Recorded(tmp_path)).leave(STEP, given, AT).problem == ""


def test_who_judges_is_the_same_as_long_as_the_rules_are() -> None:
    """Who publishes facts looks at the rules again and again, and reads all versions anew when they are others."""
    once, again = (Promotions.of(Bundle.find(CHECKOUT / "policies"), "hgplatformprod.azurecr.io") for _ in range(2))

    assert once == again
    assert once != replace(again, approvers=Approvers(approvers=PEOPLE))
    assert once != Promotions.of(Bundle.find(CHECKOUT / "policies"), "hgplatformsandbox.azurecr.io")


def test_many_steps_are_judged_in_one_evaluation_each_by_its_own_approvals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers stand in the order of the questions; those made good later take a second one, the rest none at all."""
    queries: list[int] = []

    def counted(bundle: Bundle, query: str, document: dict[str, Any], **more: Any) -> Any:
        queries.append(len(document["each"]))
        return opa.value(bundle, query, document, **more)

    monkeypatch.setattr("headgate.approval.standing.opa", SimpleNamespace(value=counted, unavailable=opa.unavailable))
    steps = [replace(STEP, model=version(f"1.{number}.0")) for number in range(6)]
    later = {"issued": MOMENT + 9 * 86400, "begins": MOMENT + 9 * 86400, "ends": MOMENT + 10 * 86400}
    given: list[list[str]] = [
        [signed("amina", "security", steps[0]), signed("badr", "platform", steps[0])],
        [],
        [signed("amina", "security", steps[0]), "not a signature"],
        ["x"] * 51,
        [signed("amina", "security", steps[4], **later), signed("badr", "platform", steps[4], **later)],
        [signed("badr", "platform", replace(steps[5], to=Stage.STAGING))],
    ]
    steps[5] = replace(steps[5], to=Stage.STAGING)
    questions = [Question(step, tuple(tokens), AT) for step, tokens in zip(steps, given, strict=True)]

    found = judge().leaves(questions)

    assert found == [judge().leave(each.step, each.approvals, each.at) for each in questions]
    assert [each.people for each in found] == [("amina", "badr"), (), (), (), ("amina", "badr"), ()]
    assert queries[:2] == [3, 1]


def test_a_heap_of_approvals_is_not_read() -> None:
    """Whoever can write the registry can make no gate slow by it."""
    assert judge().leave(STEP, ["x"] * 51, AT).problem == "51 approvals stand beside it, at most 50 are read"


def test_rules_that_can_not_be_asked_are_no_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    """And no word about the version either: who publishes facts says nothing new then."""
    monkeypatch.setattr("headgate.policy.opa.executable", lambda: CHECKOUT / "there-is-none")

    questions = [Question(STEP, (signed("amina", "security"),), AT)] * 2

    with pytest.raises(UnjudgedError, match=r"fraud/score 1\.0\.0: its approvals could not be judged"):
        judge().leaves(questions)
