"""The decision as the comment of a pull request.

Verdict, what to correct with its line, what waits for an approval, what the change does and costs, what is waived.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from headgate.plan.view import Operation, Resource
from headgate.policy.decision import Decision, Outcome, Result, Violation
from headgate.report.interface import NO_CHANGE, Change, Cost, count, label, open_findings, place, verdict

# GitHub refuses comments of more than 65,536 characters; what else stands in one is bounded by _ROWS.
_LIMIT = 40_000
_ROWS = 40
# Stands in a row until it is known how often that row comes; no author's text has it, which is escaped.
_TIMES = "\0"
# Reviewers look at what goes before they look at what comes.
_ORDER = (Operation.DELETE, Operation.REPLACE, Operation.UPDATE, Operation.CREATE)


def render(decision: Decision, change: Change = NO_CHANGE) -> str:
    """Return the verdict, then what to change, then what a reviewer wants to know."""
    sign = "⏳" if decision.only_approvals_missing else "❌" if decision.blocking else "✅"
    lines = [f"### {sign} Headgate: {verdict(decision)}", ""]
    lines += _table(open_findings(decision))
    lines += _approvals(decision)
    lines += _changes(change)
    lines += _cost(change.cost)
    lines += _waivers(decision)
    stack = f"stack `{decision.stack}`, " if decision.stack else ""
    lines.append(f"<sub>{stack}environment `{decision.environment}`, rules `{decision.bundle_digest[:19]}`</sub>")
    return "\n".join(lines) + "\n"


def _table(found: list[tuple[Result, Violation]]) -> list[str]:
    # What is wrong in every region for one reason is one row, and one line to correct.
    times = Counter(_row(result, item) for result, item in found if label(result) != "approval")
    rows = [row.replace(_TIMES, f" ({number} resources)" if number > 1 else "", 1) for row, number in times.items()]
    if not rows:
        return []
    kept = _fitting(rows)
    more = ["", f"{len(rows) - len(kept)} more are in the full report."] if len(kept) < len(rows) else []
    head = ["| | rule | where | what is wrong | write instead |", "|---|---|---|---|---|"]
    return [*head, *kept, *more, ""]


def _approvals(decision: Decision) -> list[str]:
    needed = [
        f"- {_text(violation.message)}: {_text(violation.expected)}"
        for result, violation in open_findings(decision)
        if label(result) == "approval"
    ]
    return ["**Approvals still needed**", "", *_first(needed), ""] if needed else []


def _changes(change: Change) -> list[str]:
    """Say what the change does, folded: how many first, each by name within."""
    if not change.counts:
        return []
    numbers = ", ".join(f"{number} {word}" for word, number in change.counts.items())
    ordered = sorted((each for each in change.resources if each.operation in _ORDER), key=_rank)
    rows = [f"- {each.operation} {_code(each.kind or each.type)} {_code(each.name)}" for each in ordered]
    return [f"<details><summary>What changes: {numbers}</summary>", "", *_first(rows), "", "</details>", ""]


def _rank(resource: Resource) -> int:
    return _ORDER.index(resource.operation)


def _cost(cost: Cost | None) -> list[str]:
    if cost is None:
        return []
    now = f"{_range(cost.after)} {cost.currency} a month"
    if cost.before:
        least, most = (after - before for after, before in zip(cost.after, cost.before, strict=True))
        now = f"{_signed(least)} at the least, {_signed(most)} at the most; then {now}"
    prices = " (illustrative prices)" if cost.illustrative else ""
    left_out = f"; {count(cost.unpriced, 'resource')} without a price left out" if cost.unpriced else ""
    return [f"**Cost**: {now}{prices}{left_out}", ""]


def _waivers(decision: Decision) -> list[str]:
    rows = [
        f"| [{each.rule.id}]({each.rule.page}) | {_code(each.resource.name)} | {_text(each.waiver.reason)} "
        f"| {_text(each.waiver.ticket)} | {_text(each.waiver.expires)} |"
        for each in decision.findings
        if each.outcome is Outcome.WAIVED and each.waiver is not None
    ]
    head = ["**Waived**", "", "| rule | resource | why | ticket | until |", "|---|---|---|---|---|"]
    idle = [
        f"- {_code(each.id)} of {each.rule} ({_code(each.where)}): {_text(each.became)}"
        for each in decision.waivers
        if each.idle
    ]
    return [
        *([*head, *_first(rows), ""] if rows else []),
        *(["**Waivers that did nothing**", "", *_first(idle), ""] if idle else []),
    ]


def _first(rows: list[str]) -> list[str]:
    kept = rows[:_ROWS]
    return kept if len(kept) == len(rows) else [*kept, "", f"{len(rows) - len(kept)} more are in the full report."]


def _fitting(rows: Iterable[str]) -> list[str]:
    kept, size = [], 0
    for row in rows:
        size += len(row)
        if size > _LIMIT:
            break
        kept.append(row)
    return kept


def _row(result: Result, violation: Violation) -> str:
    cells = [
        label(result),
        f"[{result.rule.id}]({result.rule.page})",
        f"{_code(place(result, violation))} {_code(violation.property)}{_TIMES}",
        _text(violation.message),
        _code(violation.expected),
    ]
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    escaped = " ".join(text.replace(_TIMES, "").split()).replace("`", "'").replace("|", "\\|")
    return f"`{escaped}`" if text else ""


_ESCAPES = str.maketrans(
    {char: f"\\{char}" for char in "\\`*_[]|#"} | {"<": "&lt;", ">": "&gt;", "@": "&#64;", "\n": " ", "\r": " "}
)


def _text(text: str) -> str:
    """Keep what an author of manifests wrote from becoming markup, a mention or another row."""
    return text.replace(_TIMES, "").translate(_ESCAPES)


def _range(bounds: tuple[float, float]) -> str:
    low, high = bounds
    return f"{low:,.2f}" if low == high else f"{low:,.2f} to {high:,.2f}"


def _signed(amount: float) -> str:
    return f"{amount:+,.2f}"
