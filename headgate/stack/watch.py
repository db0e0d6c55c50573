"""From when on a model's team is told of it: drift, faults of inputs, indicators of the business, what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from components.monitoring.business import RESERVED
from components.monitoring.tunables import Inputs, Quality
from headgate.stack.document import KeyPath
from headgate.stack.finding import Finding, repeated
from headgate.stack.values import Label, Settings

_QUALITY, _INPUTS = Quality(), Inputs()
_Share = Annotated[float, Field(gt=0, le=1)]
_Bound = Annotated[float, Field(allow_inf_nan=False)]
Money = Annotated[float, Field(gt=0, le=10**9)]
_LabelName = Annotated[str, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$", max_length=64)]


class InputRange(Settings):
    """What is possible of one input; whatever is outside is a fault of who asks."""

    feature: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
    """The input, or the column of the model's table, as `model.json` names it."""
    least: _Bound
    """Smallest value that is possible."""
    most: _Bound
    """Largest value that is possible."""


class Indicator(Settings):
    """A figure of the business that says whether the model does what it is there for."""

    name: Label
    """What the team calls it: a label of its alert."""
    metric: Annotated[str, Field(pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*$", max_length=200)]
    """Metric that the team's own programs export; its `namespace` is always the team's."""
    labels: dict[_LabelName, Annotated[str, Field(max_length=200)]] = Field(default={}, max_length=10)
    """Labels that choose among the metric's series; their mean in each region is judged."""
    description: Annotated[str, Field(pattern=r"^[A-Za-z0-9][^\n{}]{2,199}$")]
    """What it means, for who is told."""
    below: _Bound | None = None
    """The team is told when it falls below."""
    above: _Bound | None = None
    """The team is told when it rises above."""
    minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    """Minutes for which it must be so."""


class ModelSpending(Settings):
    """What a model may cost."""

    monthly_budget: Money | None = None
    """In the price table's currency; the team is told when a month at the pace of the last hours costs more."""


class Watch(ModelSpending):
    """From when on the team is told of a model."""

    drift_psi: Annotated[float, Field(gt=0, le=10)] = _QUALITY.drift_psi
    """Population stability index of an input or an answer, above which it has drifted."""
    drift_ks: _Share = _QUALITY.drift_ks
    """Kolmogorov-Smirnov distance, above which it has drifted."""
    accuracy_drop: _Share = _QUALITY.accuracy_drop
    """Share of right answers that it may lose against its evaluation."""
    least_labels: Annotated[int, Field(ge=1, le=10**9)] = _QUALITY.least_labels
    """Labels that must have come in before its accuracy is judged."""
    fairness_gap: _Share = _QUALITY.fairness_gap
    """Largest gap between groups of people."""
    missing_ratio: _Share = _INPUTS.missing_ratio
    """Share of an input's values that may be missing."""
    out_of_range_ratio: _Share = _INPUTS.out_of_range_ratio
    """Share that may be outside of `ranges`."""
    schema_ratio: _Share = _INPUTS.schema_ratio
    """Share of requests that may not fit the model."""
    ranges: list[InputRange] = Field(default=[], max_length=100)
    """What is possible of its inputs; the runtime is told, and counts what is not."""
    indicators: list[Indicator] = Field(default=[], max_length=20)
    """Figures of the business."""


def check_watch(path: KeyPath, watch: Watch) -> Iterator[Finding]:
    """Yield ranges that hold nothing and indicators that judge nothing."""
    yield from repeated("range", (*path, "ranges"), [each.feature for each in watch.ranges], key="feature")
    for number, each in enumerate(watch.ranges):
        if each.least >= each.most:
            yield Finding(
                (*path, "ranges", number, "least"),
                f"no value of `{each.feature}` would be possible",
                found=f"least {each.least:g}, most {each.most:g}",
                expected="least below most",
                fix="exchange the two, or correct one",
            )
    yield from repeated("indicator", (*path, "indicators"), [each.name for each in watch.indicators])
    for number, indicator in enumerate(watch.indicators):
        yield from _indicator((*path, "indicators", number), indicator)


def _indicator(path: KeyPath, indicator: Indicator) -> Iterator[Finding]:
    """Yield what makes an indicator judge nothing, or what is another team's."""
    if indicator.below is None and indicator.above is None:
        yield Finding(
            (*path, "name"),
            f"indicator `{indicator.name}` has no bound",
            found="neither `below` nor `above`",
            expected="at least one of them",
            fix="write from when on the team is told, such as `below: 0.9`",
        )
    if indicator.below is not None and indicator.above is not None and indicator.below >= indicator.above:
        yield Finding(
            (*path, "below"),
            f"indicator `{indicator.name}` is never well",
            found=f"below {indicator.below:g}, above {indicator.above:g}",
            expected="below less than above",
            fix="exchange the two, or leave one out",
        )
    for label in sorted(RESERVED & set(indicator.labels)):
        yield Finding(
            (*path, "labels", label),
            f"indicator `{indicator.name}` chooses by `{label}`, which is chosen already",
            found=indicator.labels[label],
            expected="other labels",
            fix=f"leave `{label}` out",
        )
