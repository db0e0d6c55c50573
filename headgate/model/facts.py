"""What the rules are told of a version: a plain document in place of proofs, made of proofs that were verified.

The form is policies/schemas/facts.json. Nothing here decides; what a stage or a missed threshold means is said in Rego.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headgate.model.proofs.documents import Kind
from headgate.model.proofs.ingredients import ingredients
from headgate.model.proofs.stage import Stage
from headgate.model.proofs.standing import Standing
from headgate.model.proofs.statement import written


def key(standing: Standing) -> str:
    """Return what a version is looked up by: a digest alone would say nothing of whose model it is."""
    return f"{standing.model.repository}@{standing.model.digest}"


def fact(standing: Standing, deployed: Sequence[str] = ()) -> dict[str, Any]:
    """Return what is known of a version, and in which stacks it was deployed."""
    model, evaluation = standing.model, standing.evaluation
    found: dict[str, Any] = {
        "name": model.name,
        "version": model.version,
        "digest": model.digest,
        "stage": str(standing.stage or "none"),
        "revoked": standing.stage is Stage.RESTRICTED,
        "signers": sorted({each.by for each in standing.signatures}),
        "attested": {str(kind): written(each.at) for kind, each in standing.attested.items()},
        "missed": list(evaluation.missed) if evaluation else [],
        # That nobody has signed it is told by the signers.
        "faults": [str(each) for each in standing.problems if each.referrer],
        "deployed": sorted(deployed),
    }
    if evaluation:
        parts = ("quality", "fairness", "explainability")
        found["measures"] = {part: len(getattr(evaluation, part)) for part in parts}
        if evaluation.largest_gap is not None:
            found["largest_gap"] = evaluation.largest_gap
    bom = standing.attested.get(Kind.BOM)
    named = ingredients(bom.predicate) if bom else None
    if named is not None:
        found["ingredients"] = named
    return found
