"""What a region is told to do wrong, and how traffic is weighted: set by tests and drills, gone at a restart."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from headgate.errors import HeadgateError
from headgate.sandbox.dataplane.objects import Pod

_NUMBERS = ("latency", "error_rate", "wrong_rate", "drift", "unfairness", "weight")


@dataclass(frozen=True)
class Rule:
    """A named deviation for the pods that it selects: by model (`team/model` or its last part) and by labels.

    `latency` is added, in seconds; rates are 0 to 1; `drift` is added to each floating input; `unfairness` is the gap
    between groups that the simulated figures show; `weight` multiplies a pod's share of traffic (0 takes it out);
    `unhealthy` makes the region's health answer 503 (it selects nothing).
    """

    name: str
    model: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    latency: float = 0.0
    error_rate: float = 0.0
    wrong_rate: float = 0.0
    drift: float = 0.0
    weight: float = 1.0
    unhealthy: bool = False
    unfairness: float = 0.0

    @classmethod
    def from_json(cls, name: str, document: Any) -> Rule:
        """Read a rule, refusing what it does not know."""
        if not isinstance(document, dict):
            raise HeadgateError("a behaviour is an object", where=name, found=str(document)[:80])
        fields = {key: value for key, value in document.items() if key != "name"}
        unknown = set(fields) - set(cls.__dataclass_fields__)
        if unknown:
            raise HeadgateError(
                "a behaviour has unknown keys",
                where=name,
                found=", ".join(sorted(unknown)),
                expected=", ".join(sorted(set(cls.__dataclass_fields__) - {"name"})),
            )
        for key in _NUMBERS:
            value = fields.get(key, 0)
            if isinstance(value, bool) or not isinstance(value, int | float) or (key != "drift" and value < 0):
                raise HeadgateError("a behaviour's number is wrong", where=f"{name}.{key}", found=repr(value))
        shapes = (("model", str), ("labels", dict), ("unhealthy", bool))
        wrong = [key for key, kind in shapes if key in fields and not isinstance(fields[key], kind)]
        if wrong:
            raise HeadgateError("a behaviour's value is of the wrong kind", where=f"{name}.{wrong[0]}")
        return cls(name=name, **fields)

    def as_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return {**asdict(self), "labels": dict(self.labels)}

    def selects(self, model: str, pod: Pod) -> bool:
        """Say whether a pod serving `model` deviates by this rule."""
        named = self.model in ("", model, model.rpartition("/")[2])
        return named and all(pod.labels.get(key) == value for key, value in self.labels.items())


@dataclass(frozen=True)
class Deviation:
    """All rules that select a pod, summed up."""

    latency: float = 0.0
    error_rate: float = 0.0
    wrong_rate: float = 0.0
    drift: float = 0.0
    weight: float = 1.0
    unfairness: float = 0.0

    @property
    def changes_answers(self) -> bool:
        """Whether a pod answers otherwise than it would by itself: later, wrongly, or not at all."""
        return any((self.latency, self.error_rate, self.wrong_rate, self.drift))


class Behaviour:
    """The rules in force."""

    def __init__(self, seed: int = 1) -> None:
        self.rules: dict[str, Rule] = {}
        # Seeded, so that a drill repeats; nothing here is a secret.
        self.random = random.Random(seed)  # noqa: S311

    @property
    def unhealthy(self) -> bool:
        """Whether the region was told to fail its health checks."""
        return any(rule.unhealthy for rule in self.rules.values())

    def of(self, model: str, pod: Pod) -> Deviation:
        """Return what a pod does differently: delays and drift add up, rates take the worst, weights multiply."""
        rules = [rule for rule in self.rules.values() if rule.selects(model, pod)]
        weight = 1.0
        for rule in rules:
            weight *= rule.weight
        return Deviation(
            latency=sum(rule.latency for rule in rules),
            error_rate=max((rule.error_rate for rule in rules), default=0.0),
            wrong_rate=max((rule.wrong_rate for rule in rules), default=0.0),
            drift=sum(rule.drift for rule in rules),
            weight=weight,
            unfairness=max((rule.unfairness for rule in rules), default=0.0),
        )

    def happens(self, rate: float) -> bool:
        """Say whether something of probability `rate` happens now."""
        return rate > 0 and self.random.random() < rate

    def choose(self, weights: Sequence[float]) -> int | None:
        """Return an index by weight, or nothing when all are 0."""
        if not any(weight > 0 for weight in weights):
            return None
        return self.random.choices(range(len(weights)), weights=weights)[0]
