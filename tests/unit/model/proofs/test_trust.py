"""A step up is one statement and the leave of people; what they approved is one version, one place, one evidence."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import pytest
from model_shelf import EVALUATION, NOON, Agreed, People, Shelf, agreed

from headgate.errors import Exit, HeadgateError
from headgate.model.artifact import ModelVersion
from headgate.model.facts import fact
from headgate.model.proofs.documents import Kind
from headgate.model.proofs.fault import Wrong
from headgate.model.proofs.promotion import check_down, check_leave, step_up
from headgate.model.proofs.stage import Stage
from headgate.model.proofs.standing import Standing, read
from headgate.model.proofs.trust import Leave, Question, Step, Trust, Unasked, resting_on

pytestmark = pytest.mark.unit


class Refusing(Agreed):
    """Lets nobody go to one stage."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.asked: list[Question] = []

    def leaves(self, questions: Sequence[Question]) -> list[Leave]:
        """Remember what was asked."""
        self.asked += questions
        no = Leave(problem="0 of 2 people have approved it")
        return [no if each.step.to is self.stage else Leave(("amina",)) for each in questions]


def standing(shelf: Shelf, model: ModelVersion, people: People, judge: Any = None) -> Standing:
    """Read a version, two days later."""
    trust = Trust(people.signers(), judge) if judge else agreed(people.signers())
    return read(shelf, model.name, model.digest, trust, NOON + datetime.timedelta(days=2))  # type: ignore[arg-type]


def move(shelf: Shelf, model: ModelVersion, people: People, to: Stage, hours: int = 1) -> Step:
    """Take a step as `promote` does, and return it."""
    found, desk = standing(shelf, model, people), people.desk(shelf, people.manager, hours)
    step = step_up(found, to, desk.at)
    desk.move(found, to, "because", step)
    return step


@pytest.fixture
def released(shelf: Shelf, proven: ModelVersion, people: People) -> ModelVersion:
    """Return a version whose statements lead to production."""
    move(shelf, proven, people, Stage.STAGING, 1)
    move(shelf, proven, people, Stage.PRODUCTION, 2)
    return proven


def test_a_statement_that_nobody_approved_is_worth_nothing(
    shelf: Shelf, released: ModelVersion, people: People
) -> None:
    """Gates are told that the version stands nowhere, and why."""
    found = standing(shelf, released, people, Refusing(Stage.PRODUCTION))

    assert (found.stage, found.claimed, found.approved_by) == (None, Stage.PRODUCTION, ())
    assert [(each.wrong, each.proof) for each in found.problems] == [(Wrong.UNAPPROVED, "approval")]
    told = fact(found)
    assert (told["stage"], told["revoked"]) == ("none", False)
    assert told["faults"][0].startswith(
        "approval: not approved: to production: 0 of 2 people have approved it (sha256:"
    )


def test_each_step_that_a_stage_rests_on_is_asked_about(shelf: Shelf, released: ModelVersion, people: People) -> None:
    """At the time of its statement, with what was attested by then and by whom."""
    judge = Refusing(Stage.ARCHIVED)
    found = standing(shelf, released, people, judge)

    assert (found.stage, found.approved_by) == (Stage.PRODUCTION, ("amina",))
    assert [(each.step.to, each.at) for each in judge.asked] == [
        (Stage.STAGING, NOON + datetime.timedelta(hours=1)),
        (Stage.PRODUCTION, NOON + datetime.timedelta(hours=2)),
    ]
    first = judge.asked[0].step
    assert (set(first.evidence), first.authors) == ({str(kind) for kind in Kind}, ("trainer",))
    assert standing(shelf, released, people, Refusing(Stage.STAGING)).stage is None


def test_what_stands_nowhere_for_want_of_leave_can_be_stopped(
    shelf: Shelf, released: ModelVersion, people: People
) -> None:
    """The way down asks nobody, and what was restricted stays so."""
    found = standing(shelf, released, people, Unasked())
    assert check_down(found, Stage.RESTRICTED) is Stage.RESTRICTED
    people.desk(shelf, people.manager, 3).move(found, Stage.RESTRICTED, "it leaks")

    stopped = standing(shelf, released, people, Unasked())

    assert (stopped.stage, fact(stopped)["revoked"]) == (Stage.RESTRICTED, True)


def test_what_came_down_rests_on_what_it_came_up_by(shelf: Shelf, released: ModelVersion, people: People) -> None:
    """Back to staging: on the step to staging; back to candidate and up again: on the new one alone."""
    desk = people.desk(shelf, people.manager, 3)
    desk.move(standing(shelf, released, people), Stage.STAGING, "look again")
    down = standing(shelf, released, people, Refusing(Stage.PRODUCTION))
    assert (down.stage, [each.number for each in resting_on(down.history)]) == (Stage.STAGING, [1])

    people.desk(shelf, people.manager, 4).move(standing(shelf, released, people), Stage.CANDIDATE, "from the start")
    assert resting_on(standing(shelf, released, people).history) == ()
    move(shelf, released, people, Stage.STAGING, 5)
    assert [each.number for each in resting_on(standing(shelf, released, people).history)] == [5]


def test_a_step_is_another_after_anything_that_people_went_by(
    shelf: Shelf, proven: ModelVersion, people: People
) -> None:
    """A new evaluation, another place in the history, another stage; not the time, nor the reason."""
    at = NOON + datetime.timedelta(hours=1)
    before = step_up(standing(shelf, proven, people), Stage.STAGING, at)
    assert step_up(standing(shelf, proven, people), Stage.STAGING, at + datetime.timedelta(hours=5)) == before

    people.desk(shelf, people.trainer, 1).attest(proven, Kind.EVALUATION, {**EVALUATION, "explainability": []})
    assert step_up(standing(shelf, proven, people), Stage.STAGING, at).ground != before.ground
    desk = people.desk(shelf, people.manager, 2)
    desk.move(standing(shelf, proven, people), Stage.ARCHIVED, "rest")
    people.desk(shelf, people.manager, 3).move(standing(shelf, proven, people), Stage.CANDIDATE, "again")
    grounds = {step_up(standing(shelf, proven, people), Stage.STAGING, at).ground, before.ground}
    assert len(grounds) == 2


def test_a_step_stays_the_same_after_it_was_taken(shelf: Shelf, proven: ModelVersion, people: People) -> None:
    """What people approved is what gates ask about, also when the version is evaluated anew by somebody else."""
    judge = Refusing(Stage.ARCHIVED)
    taken = move(shelf, proven, people, Stage.STAGING, 1)
    people.desk(shelf, people.trainer, 5).attest(proven, Kind.EVALUATION, EVALUATION)

    found = standing(shelf, proven, people, judge)

    assert judge.asked[0].step == taken
    assert step_up(found, Stage.STAGING, NOON + datetime.timedelta(days=1)) == taken


def test_who_made_it_is_not_the_statements_to_leave_out(shelf: Shelf, proven: ModelVersion, people: People) -> None:
    """A promoter's statement may name more authors, such as who pushed it, and never fewer."""
    desk = people.desk(shelf, people.manager, 1)
    step = step_up(standing(shelf, proven, people), Stage.STAGING, desk.at, ["omar"])
    assert step.authors == ("omar", "trainer")
    desk.move(standing(shelf, proven, people), Stage.STAGING, "because", Step(**{**vars(step), "authors": ("omar",)}))

    judge = Refusing(Stage.ARCHIVED)
    standing(shelf, proven, people, judge)

    assert judge.asked[0].step.authors == ("omar", "trainer")


def test_too_few_approvals_end_a_promotion_with_a_code_of_their_own(
    shelf: Shelf, proven: ModelVersion, people: People
) -> None:
    """Exit code 3, and the command that is missing."""
    step = step_up(standing(shelf, proven, people), Stage.STAGING, NOON)
    check_leave(step, Leave(("amina", "badr")))

    with pytest.raises(HeadgateError) as caught:
        check_leave(step, Leave(("amina",), "1 of 2 people have approved it"))

    assert (caught.value.exit_code, caught.value.fix) == (
        Exit.APPROVALS_MISSING,
        "headgate model approve fraud/score@1.0.0 --stage staging",
    )
