"""What a version has to have before it moves up. All that is missing is named at once."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator

from headgate.errors import Exit, HeadgateError
from headgate.model.proofs import stage
from headgate.model.proofs.documents import Kind
from headgate.model.proofs.stage import DOWN, UP, Stage
from headgate.model.proofs.standing import Standing
from headgate.model.proofs.trust import Leave, Step, resting_on

_MAKES = {
    Kind.CARD: "no model card (headgate model attest --card FILE)",
    Kind.LINEAGE: "no lineage (headgate model attest --lineage FILE)",
    Kind.BOM: "no bill of materials (headgate model attest --bom)",
    Kind.EVALUATION: "no evaluation (headgate model evaluate --file FILE)",
}


def check_up(standing: Standing, to: Stage | None, promoter_key: str) -> Stage:
    """Return the stage that a version may go up to, or refuse with all that it lacks."""
    before = standing.stage
    target = to or (UP.get(before) if before else None)
    lacking = list(_lacking(standing, target, promoter_key))
    if before is None or target is None or UP.get(before) is not target:
        way = " → ".join([*UP, Stage.PRODUCTION])
        lacking.insert(0, f"no step of the way {way}: it is {before or 'nowhere, its stages contradict each other'}")
    if lacking or target is None:
        model = standing.model
        raise HeadgateError(
            f"{model.name} {model.version} is not promoted",
            where=model.digest,
            found="; ".join(lacking),
            expected="signature, card, lineage, bill of materials and an evaluation within its thresholds",
            fix=f"headgate model verify {model.name}@{model.version}",
            exit_code=Exit.VIOLATIONS,
        )
    return target


def step_up(standing: Standing, to: Stage, at: datetime.datetime, others: Iterable[str] = ()) -> Step:
    """Return the step that would be taken now, as people approve it; `others` had a hand in the version too.

    One that was taken already is returned as it was: a version that stood where it does before anybody was asked is
    approved afterwards.
    """
    taken = resting_on(standing.history)
    if taken and standing.claimed is to:
        return Step.of(standing.model, taken[-1], standing.makers(taken[-1].at))
    said = stage.predicate(to, standing.history, "")
    evidence = {str(kind): each.digest for kind, each in standing.attested.items()}
    authors = tuple(sorted({*standing.makers(at), *others}))
    before = Stage(said["from"])
    return Step(standing.model, to, before, said["number"], said["previous"], evidence, authors)


def check_leave(step: Step, leave: Leave) -> None:
    """Refuse a step that too few have approved."""
    if not leave.problem:
        return
    model = step.model
    raise HeadgateError(
        f"{model.name} {model.version} is not promoted to {step.to}: approvals are missing",
        where=model.digest,
        found=leave.problem,
        expected="the people whom `approval.promotions` in policies/parameters/ asks for",
        fix=f"headgate model approve {model.name}@{model.version} --stage {step.to}",
        exit_code=Exit.APPROVALS_MISSING,
    )


def _lacking(standing: Standing, target: Stage | None, promoter_key: str) -> Iterator[str]:
    if not standing.signatures:
        yield "no signature that counts (headgate model sign)"
    yield from (_MAKES[kind] for kind in Kind if kind not in standing.attested)
    yield from (str(each) for each in standing.problems if each.proof != "signature" or standing.signatures)
    if standing.evaluation:
        yield from (f"threshold missed: {each}" for each in standing.evaluation.missed)
        if not standing.evaluation.fairness:
            yield "no measure of fairness in the evaluation"
        if not standing.evaluation.explainability:
            yield "no measure of explainability in the evaluation"
    if target is Stage.PRODUCTION and {each.key_id for each in standing.signatures} == {promoter_key}:
        yield "no signature by somebody else than who promotes it to production"


def check_down(standing: Standing, to: Stage) -> Stage:
    """Return the stage that a version may go down to. One whose stages contradict each other can go nowhere."""
    before, model = standing.claimed, standing.model
    ways = DOWN[before] if before else ()
    if to not in ways:
        raise HeadgateError(
            f"{model.name} {model.version} does not go to {to}",
            where=model.digest,
            found=str(before or "stages that contradict each other"),
            expected=" or ".join(ways) or "a chain of stages that is whole",
            fix=f"headgate model show {model.name}@{model.version}",
            exit_code=Exit.VIOLATIONS,
        )
    return to
