"""Moving up asks for everything, and names at once all that is missing; moving down asks for nothing."""

from __future__ import annotations

from typing import Any

import pytest
from model_shelf import EVALUATION, NOON, People, Shelf, agreed

from headgate.errors import Exit, HeadgateError
from headgate.model.artifact import ModelVersion
from headgate.model.proofs.documents import Kind
from headgate.model.proofs.promotion import check_down, check_up
from headgate.model.proofs.stage import Stage
from headgate.model.proofs.standing import Standing, read

pytestmark = pytest.mark.unit


def standing(shelf: Shelf, model: ModelVersion, people: People) -> Standing:
    """Read a version."""
    return read(shelf, model.name, model.digest, agreed(people.signers()), NOON)  # type: ignore[arg-type]


def test_a_proven_version_goes_up_one_step_at_a_time(shelf: Shelf, proven: ModelVersion, people: People) -> None:
    """Candidate, staging, production; there is nothing above."""
    key = people.manager.public.id
    for expected in (Stage.STAGING, Stage.PRODUCTION):
        found = standing(shelf, proven, people)
        assert check_up(found, None, key) is expected
        people.desk(shelf, people.manager).move(found, expected, "because")

    with pytest.raises(HeadgateError, match="no step of the way candidate → staging → production: it is production"):
        check_up(standing(shelf, proven, people), None, key)


def test_no_stage_is_skipped(shelf: Shelf, proven: ModelVersion, people: People) -> None:
    """What was not in staging does not go to production."""
    with pytest.raises(HeadgateError, match="it is candidate"):
        check_up(standing(shelf, proven, people), Stage.PRODUCTION, people.manager.public.id)


def test_all_that_is_missing_is_named_at_once(shelf: Shelf, model: ModelVersion, people: People) -> None:
    """One refusal, five things to do."""
    with pytest.raises(HeadgateError) as caught:
        check_up(standing(shelf, model, people), None, people.manager.public.id)

    assert (caught.value.exit_code, str(caught.value.found).split("; ")) == (
        Exit.VIOLATIONS,
        [
            "no signature that counts (headgate model sign)",
            "no model card (headgate model attest --card FILE)",
            "no lineage (headgate model attest --lineage FILE)",
            "no bill of materials (headgate model attest --bom)",
            "no evaluation (headgate model evaluate --file FILE)",
        ],
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"quality": [{"name": "auc", "value": 0.8, "at_least": 0.9}]}, "threshold missed: quality: auc 0.8"),
        (
            {"fairness": [{"name": "gap", "group": "age", "value": 0.2, "at_most": 0.1}]},
            "threshold missed: fairness: gap (age) 0.2, at most 0.1",
        ),
        ({"fairness": []}, "no measure of fairness"),
        ({"explainability": []}, "no measure of explainability"),
    ],
)
def test_an_evaluation_has_to_pass_and_to_be_whole(
    shelf: Shelf, proven: ModelVersion, people: People, change: dict[str, Any], told: str
) -> None:
    """The newest one counts, whatever an older one said."""
    people.desk(shelf, people.trainer).attest(proven, Kind.EVALUATION, {**EVALUATION, **change})

    with pytest.raises(HeadgateError) as caught:
        check_up(standing(shelf, proven, people), None, people.manager.public.id)
    assert told in str(caught.value.found)


def test_who_signed_alone_does_not_promote_to_production(shelf: Shelf, proven: ModelVersion, people: People) -> None:
    """Two pairs of eyes; to staging one is enough."""
    key = people.trainer.public.id
    assert check_up(standing(shelf, proven, people), None, key) is Stage.STAGING
    people.desk(shelf, people.manager).move(standing(shelf, proven, people), Stage.STAGING, "because")

    with pytest.raises(HeadgateError, match="by somebody else than who promotes it"):
        check_up(standing(shelf, proven, people), None, key)


def test_down_asks_for_no_proof_but_keeps_to_the_ways(shelf: Shelf, model: ModelVersion, people: People) -> None:
    """A version that nobody signed can be stopped; one that was stopped does not come straight back."""
    found = standing(shelf, model, people)
    assert check_down(found, Stage.RESTRICTED) is Stage.RESTRICTED
    people.desk(shelf, people.manager).move(found, Stage.RESTRICTED, "it leaks")

    with pytest.raises(HeadgateError, match="candidate or archived"):
        check_down(standing(shelf, model, people), Stage.STAGING)
