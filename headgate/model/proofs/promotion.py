"""What a version has to have before it moves up. All that is missing is named at once."""

from __future__ import annotations

from collections.abc import Iterator

from headgate.errors import Exit, HeadgateError
from headgate.model.proofs.documents import Kind
from headgate.model.proofs.stage import DOWN, UP, Stage
from headgate.model.proofs.standing import Standing

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
    before, model = standing.stage, standing.model
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
