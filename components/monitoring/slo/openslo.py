"""Reads OpenSLO v1 documents, refusing what can't be turned into rules.

Owns the part of the format that it takes: `kind: SLO`, one rolling window, budgets by occurrence, one objective, an
indicator in place with a ratio of Prometheus counters. What it does not take it names: nothing is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

API_VERSION = "openslo/v1"
# Where in a document: keys and positions.
Path = tuple[str | int, ...]
# A counter's name with or without label matchers: windows and rates are ours to add.
_MATCHER = r'[a-zA-Z_][a-zA-Z0-9_]*(=|!=|=~|!~)"([^"\\]|\\.)*"'
_SELECTOR = re.compile(rf"[a-zA-Z_:][a-zA-Z0-9_:]*(\{{({_MATCHER}(,{_MATCHER})*)?\}})?")
_WINDOW = re.compile(r"\d+[dw]")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
# Labels by which alerts are routed and objectives told apart: a document must not say otherwise.
_OURS = frozenset({"severity", "owner", "escalation", "slo", "service", "window", "alertname"})
_INDICATOR: Path = ("spec", "indicator")
_RATIO: Path = (*_INDICATOR, "spec", "ratioMetric")


class OpenSloError(ValueError):
    """A document that is not OpenSLO, or says what we do not do; `path` is the place, `what` the words."""

    def __init__(self, path: Path, what: str) -> None:
        """Say both."""
        self.path, self.what = path, what
        where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
        super().__init__(f"{where}: {what}" if where else what)


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
    root = _mapping(document, (), {"apiVersion", "kind", "metadata", "spec"})
    if root.get("apiVersion") != API_VERSION:
        raise OpenSloError(("apiVersion",), f"expected {API_VERSION}, found {root.get('apiVersion')}")
    if root.get("kind") != "SLO":
        raise OpenSloError(("kind",), f"expected kind SLO, found {root.get('kind')}")
    metadata = _mapping(root.get("metadata"), ("metadata",), {"name", "displayName", "labels", "annotations"})
    known = {"service", "description", "budgetingMethod", "timeWindow", "indicator", "objectives"}
    spec = _mapping(root.get("spec"), ("spec",), known)
    if spec.get("budgetingMethod", "Occurrences") != "Occurrences":
        raise OpenSloError(("spec", "budgetingMethod"), f"expected Occurrences, found {spec.get('budgetingMethod')}")
    ratio = _ratio(spec)
    counted = {part: _selector(ratio[part], (*_RATIO, part)) for part in ("good", "bad") if part in ratio}
    if len(counted) != 1:
        raise OpenSloError(_RATIO, "expected one of good and bad")
    return Objective(
        name=_name(metadata),
        service=_text(spec.get("service"), ("spec", "service")),
        description=str(spec.get("description", "")),
        target=_target(spec),
        window=_window(spec),
        total=_selector(ratio.get("total"), (*_RATIO, "total")),
        labels=_labels(metadata),
        **counted,
    )


def _name(metadata: Mapping[str, Any]) -> str:
    """Return the objective's name, which becomes part of other names."""
    name = _text(metadata.get("name"), ("metadata", "name"))
    if not _NAME.fullmatch(name):
        raise OpenSloError(
            ("metadata", "name"), f"expected small letters, digits and '-', at most 63 of them, found {name}"
        )
    return name


def _labels(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Return the objective's own labels, which its rules bear."""
    where: Path = ("metadata", "labels")
    labels = _mapping(metadata.get("labels") or {}, where)
    for key, value in labels.items():
        if key in _OURS or not _LABEL.fullmatch(key):
            raise OpenSloError((*where, key), "expected a label of your own, of letters, digits and '_'")
        if not isinstance(value, str):
            raise OpenSloError((*where, key), f"expected text, found {value!r}")
    return dict(labels)


def _ratio(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the ratio of the indicator."""
    indicator = _mapping(spec.get("indicator"), _INDICATOR, {"metadata", "spec"})
    inner = _mapping(indicator.get("spec"), (*_INDICATOR, "spec"), {"description", "ratioMetric"})
    ratio = _mapping(inner.get("ratioMetric"), _RATIO, {"counter", "good", "bad", "total"})
    if ratio.get("counter") is not True:
        raise OpenSloError((*_RATIO, "counter"), "expected true, since rates are taken of it")
    return ratio


def _target(spec: Mapping[str, Any]) -> float:
    """Return the share that must be good, given as such or in percent."""
    objectives, where = spec.get("objectives"), ("spec", "objectives")
    if not isinstance(objectives, list) or len(objectives) != 1:
        raise OpenSloError(where, "expected one objective")
    objective = _mapping(objectives[0], (*where, 0), {"displayName", "target", "targetPercent"})
    keys = [key for key in ("target", "targetPercent") if key in objective]
    if len(keys) != 1:
        raise OpenSloError((*where, 0), "expected one of target and targetPercent")
    most, given = (100 if keys == ["targetPercent"] else 1), objective[keys[0]]
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given < most:
        raise OpenSloError((*where, 0, keys[0]), f"expected a share between 0 and {most}, found {given!r}")
    return round(float(given) / most, 9)


def _window(spec: Mapping[str, Any]) -> str:
    """Return the rolling window."""
    windows, where = spec.get("timeWindow"), ("spec", "timeWindow")
    if not isinstance(windows, list) or len(windows) != 1:
        raise OpenSloError(where, "expected one rolling window")
    only = _mapping(windows[0], (*where, 0), {"duration", "isRolling"})
    if only.get("isRolling") is not True:
        raise OpenSloError((*where, 0), "expected one rolling window")
    window = str(only.get("duration"))
    if not _WINDOW.fullmatch(window):
        raise OpenSloError((*where, 0, "duration"), f"expected days or weeks such as 30d, found {window}")
    return window


def _selector(metric: Any, where: Path) -> str:
    """Return the selector of a counter."""
    where = (*where, "metricSource")
    source = _mapping(_mapping(metric, where[:-1], {"metricSource"}).get("metricSource"), where, {"type", "spec"})
    if source.get("type") != "Prometheus":
        raise OpenSloError((*where, "type"), f"expected Prometheus, found {source.get('type')}")
    inside = _mapping(source.get("spec"), (*where, "spec"), {"query"})
    query = _text(inside.get("query"), (*where, "spec", "query"))
    if not _SELECTOR.fullmatch(query):
        raise OpenSloError(
            (*where, "spec", "query"),
            f"expected the selector of a counter, without functions and windows, found {query}",
        )
    return query


def _mapping(value: Any, where: Path, known: set[str] | None = None) -> Mapping[str, Any]:
    """Return a mapping; a key that is not known is refused, since it may mean what we do not do."""
    if not isinstance(value, Mapping):
        raise OpenSloError(where, f"expected a mapping, found {type(value).__name__}")
    for key in value:
        if known is not None and key not in known:
            raise OpenSloError((*where, str(key)), f"this is not supported; expected {', '.join(sorted(known))}")
    return value


def _text(value: Any, where: Path) -> str:
    if not isinstance(value, str) or not value:
        raise OpenSloError(where, f"expected text, found {value!r}")
    return value
