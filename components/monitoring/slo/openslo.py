"""Reads OpenSLO v1 documents, refusing what can't be turned into rules.

Owns the part of the format that it takes: `kind: SLO`, one rolling window, budgets by occurrence, one objective, an
indicator in place with a ratio of Prometheus counters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

API_VERSION = "openslo/v1"
# A counter's name with or without label matchers: windows and rates are ours to add.
_MATCHER = r'[a-zA-Z_][a-zA-Z0-9_]*(=|!=|=~|!~)"([^"\\]|\\.)*"'
_SELECTOR = re.compile(rf"[a-zA-Z_:][a-zA-Z0-9_:]*(\{{({_MATCHER}(,{_MATCHER})*)?\}})?")
_WINDOW = re.compile(r"\d+[dw]")


class OpenSloError(ValueError):
    """A document that is not OpenSLO, or says what we do not do; the message names the place."""


@dataclass(frozen=True)
class Objective:
    """One objective: at least `target` of what `total` counts must be good, over `window`.

    Exactly one of `good` and `bad` is set. All three are selectors of counters.
    """

    name: str
    service: str
    description: str
    target: float
    window: str
    total: str
    good: str | None = None
    bad: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def budget(self) -> float:
        """Return the share that may be bad."""
        return round(1 - self.target, 9)

    def errors(self, window: str) -> str:
        """Return the expression of the share that is bad over a window."""
        total = f"sum(rate({self.total}[{window}]))"
        if self.bad is not None:
            # No bad request yet means no series of them, which is 0 of them.
            return f"(sum(rate({self.bad}[{window}])) or {total} * 0) / ({total} > 0)"
        return f"1 - (sum(rate({self.good}[{window}])) or {total} * 0) / ({total} > 0)"


def parse(document: Any) -> Objective:
    """Read one document."""
    root = _mapping(document, "document")
    if root.get("apiVersion") != API_VERSION or root.get("kind") != "SLO":
        raise OpenSloError(
            f"expected apiVersion {API_VERSION} and kind SLO, found {root.get('apiVersion')}, {root.get('kind')}"
        )
    metadata, spec = _mapping(root.get("metadata"), "metadata"), _mapping(root.get("spec"), "spec")
    if spec.get("budgetingMethod", "Occurrences") != "Occurrences":
        raise OpenSloError("spec.budgetingMethod: expected Occurrences")
    ratio = _ratio(spec)
    counted = {part: _selector(ratio[part], f"ratioMetric.{part}") for part in ("good", "bad") if part in ratio}
    if len(counted) != 1:
        raise OpenSloError("spec.indicator.spec.ratioMetric: expected one of good and bad")
    return Objective(
        name=_text(metadata, "name", "metadata"),
        service=_text(spec, "service", "spec"),
        description=str(spec.get("description", "")),
        target=_target(spec),
        window=_window(spec),
        total=_selector(ratio.get("total"), "ratioMetric.total"),
        labels={str(key): str(value) for key, value in (metadata.get("labels") or {}).items()},
        **counted,
    )


def _ratio(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the ratio of the indicator."""
    indicator = _mapping(spec.get("indicator"), "spec.indicator")
    inner = _mapping(indicator.get("spec"), "spec.indicator.spec")
    ratio = _mapping(inner.get("ratioMetric"), "spec.indicator.spec.ratioMetric")
    if ratio.get("counter") is not True:
        raise OpenSloError("spec.indicator.spec.ratioMetric.counter: expected true, since rates are taken of it")
    return ratio


def _target(spec: Mapping[str, Any]) -> float:
    """Return the share that must be good."""
    objectives = spec.get("objectives")
    if not isinstance(objectives, list) or len(objectives) != 1:
        raise OpenSloError("spec.objectives: expected one objective")
    target = _mapping(objectives[0], "spec.objectives[0]").get("target")
    if isinstance(target, bool) or not isinstance(target, int | float) or not 0 < target < 1:
        raise OpenSloError(f"spec.objectives[0].target: expected a share between 0 and 1, found {target!r}")
    return float(target)


def _window(spec: Mapping[str, Any]) -> str:
    """Return the rolling window."""
    windows = spec.get("timeWindow")
    if not isinstance(windows, list) or len(windows) != 1 or windows[0].get("isRolling") is not True:
        raise OpenSloError("spec.timeWindow: expected one rolling window")
    window = str(windows[0].get("duration"))
    if not _WINDOW.fullmatch(window):
        raise OpenSloError(f"spec.timeWindow[0].duration: expected days or weeks such as 30d, found {window}")
    return window


def _selector(metric: Any, where: str) -> str:
    """Return the selector of a counter."""
    source = _mapping(_mapping(metric, where).get("metricSource"), f"{where}.metricSource")
    if source.get("type") != "Prometheus":
        raise OpenSloError(f"{where}.metricSource.type: expected Prometheus, found {source.get('type')}")
    query = _text(_mapping(source.get("spec"), f"{where}.metricSource.spec"), "query", where)
    if not _SELECTOR.fullmatch(query):
        raise OpenSloError(f"{where}: expected the selector of a counter, without functions and windows, found {query}")
    return query


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise OpenSloError(f"{where}: expected a mapping, found {type(value).__name__}")
    return value


def _text(mapping: Mapping[str, Any], key: str, where: str) -> str:
    value = mapping.get(key)
    if not isinstance(value, str) or not value:
        raise OpenSloError(f"{where}.{key}: expected text, found {value!r}")
    return value
