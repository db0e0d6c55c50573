"""How far controls are covered: by which rules, how often judged, and with what outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from headgate.evidence.entries import Entry
from headgate.evidence.question import Controls


def coverage(controls: Controls, decisions: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return each control with its rules, the decisions that judged one of them, and those that found a violation."""
    rules: dict[str, list[str]] = {}
    for rule, named in controls.items():
        for control in named:
            rules.setdefault(control, []).append(rule)
    judged = [(entry, _outcomes(entry)) for entry in decisions]
    return [_row(control, sorted(rules[control]), judged) for control in sorted(rules, key=_order)]


def _row(control: str, rules: list[str], judged: Sequence[tuple[Entry, Mapping[str, set[str]]]]) -> dict[str, Any]:
    """Return one control."""
    counts: Counter[str] = Counter()
    last: int | None = None
    for entry, outcomes in judged:
        if not entry.rules.intersection(rules):
            continue
        last = entry.number
        found = {outcome for rule in rules for outcome in outcomes.get(rule, ())}
        counts["decisions"] += 1
        counts["violated"] += bool(found - {"waived"})
        counts["waived"] += "waived" in found
    numbers = {name: counts[name] for name in ("decisions", "violated", "waived")}
    return {"control": control, "rules": rules, **numbers, "last_decision": last}


def _outcomes(entry: Entry) -> dict[str, set[str]]:
    """Return the outcomes other than a pass that a decision has for each rule."""
    found: dict[str, set[str]] = {}
    for result in entry.results:
        if result.get("outcome") not in (None, "pass", "not applicable"):
            found.setdefault(str(result.get("rule")), set()).add(str(result["outcome"]))
    return found


def _order(control: str) -> list[tuple[int, str]]:
    """Sort A.8.9 before A.8.10."""
    words = control.replace(".", " ").replace(":", " ").split(" ")
    return [(int(word), "") if word.isdigit() else (-1, word) for word in words]
