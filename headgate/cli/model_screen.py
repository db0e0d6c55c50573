"""A version as a person reads it before signing that it goes up: card, evaluation, what is other than in production."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headgate.model.proofs.documents import Card, Evaluation
    from headgate.model.proofs.standing import Standing
    from headgate.model.proofs.trust import Step


def lines(step: Step, standing: Standing, production: Standing | None) -> Iterator[str]:
    """Yield the version, and then what differs from the one in production."""
    model = step.model
    yield f"model     {model.name} {model.version} ({model.framework})"
    yield f"digest    {model.digest}"
    yield f"step      {step.before} → {step.to}, statement {step.number} of its history"
    yield f"authors   {', '.join(step.authors) or 'nobody'}"
    if standing.card:
        yield from _card(standing.card)
    if standing.evaluation:
        yield from _evaluation(standing.evaluation)
    yield from _against(standing, production)


def _card(card: Card) -> Iterator[str]:
    said = (
        ("summary", card.summary),
        ("owners", ", ".join(card.owners)),
        ("for", card.intended_use),
        ("not for", card.out_of_scope),
        ("weak at", card.limitations),
        ("data", card.training_data),
        ("license", card.license),
    )
    yield from (f"{name:<10}{' '.join(text.split())}" for name, text in said)


def _evaluation(evaluation: Evaluation) -> Iterator[str]:
    yield f"measured  on {evaluation.data.name} {evaluation.data.version}"
    for part in ("quality", "fairness", "explainability"):
        for each in getattr(evaluation, part):
            yield f"  {'met   ' if each.passed else 'missed'}  {part}: {each.text}"


def _against(standing: Standing, production: Standing | None) -> Iterator[str]:
    from headgate.model.proofs.difference import difference

    if production is None:
        yield "against   nothing: no other version is in production"
        return
    rows = difference(production, standing)
    yield f"against   {production.model.version}, in production: {len(rows)} differences"
    yield from (f"  {row.what}: {row.before or '-'} → {row.after or '-'}" for row in rows)
