"""What is wrong between the values of a strategy: too many at once, shares that shrink, no way to tell A from B."""

from __future__ import annotations

from collections.abc import Iterator

from headgate.stack.document import KeyPath
from headgate.stack.finding import Finding
from headgate.stack.strategy import Canary
from headgate.stack.team import Model


def pods_beside(model: Model) -> int:
    """Return the pods that a model has beside its own: a second version's and a fallback's."""
    return sum(variant.replicas for variant in (model.strategy.variant, model.fallback) if variant)


def check_strategy(index: int, model: Model) -> Iterator[Finding]:
    """Yield what a strategy lacks, or has too much of."""
    path: KeyPath = ("models", index, "strategy")
    chosen = model.strategy.chosen
    if len(chosen) != 1:
        yield Finding(
            path,
            f"model `{model.name}` needs one strategy",
            found=", ".join(chosen) or "none",
            expected="one of canary, bluegreen, abtest, shadow, champion_challenger",
            fix="keep one; leave `strategy` out for a canary",
        )
    test = model.strategy.abtest
    if test and (test.header is None) == (test.cookie is None):
        yield Finding(
            (*path, "abtest"),
            "versions A and B are told apart by a header or by a cookie",
            found="both" if test.header else "neither",
            expected="`header` or `cookie`",
            fix="write one of the two",
        )
    if model.strategy.canary:
        yield from check_shares((*path, "canary"), model.strategy.canary)


def check_shares(path: KeyPath, canary: Canary) -> Iterator[Finding]:
    """Yield shares that shrink."""
    weights = [step.weight for step in canary.steps]
    if weights != sorted(weights):
        yield Finding(
            (*path, "steps"),
            "a canary's shares must grow",
            found=", ".join(map(str, weights)),
            expected="each step's weight no less than the one before",
            fix="order the steps by weight",
        )
