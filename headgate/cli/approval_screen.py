"""A plan as a person reads it before signing: what changes, what it costs, what is other than in the last one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headgate.approval.standing import Approvals
    from headgate.approval.store import PlanRecord, Store

_SAME = ["same"]
_UPDATE = "update"
_SHOWN = 40


def lines(record: PlanRecord, last: PlanRecord | None, what: str = "") -> Iterator[str]:
    """Yield the plan, then what is other than in the last one; `what` says whether that was approved or applied."""
    subject = record.subject
    yield f"plan      {subject.plan}"
    yield f"stack     {subject.stack}, {subject.action}, made {record.made} by {record.actor}"
    yield f"tree      {subject.tree} (commit {record.commit[:12]})"
    yield f"authors   {', '.join(subject.authors) or 'nobody'}"
    yield f"verdict   {subject.verdict['outcome']}, by rules {subject.verdict['rules'][:19]}"
    yield f"cost      {_cost(record.cost)}"
    changing = {urn: each for urn, each in _resources(record).items() if each["operations"] != _SAME}
    yield f"changes   {len(changing)} of {len(_resources(record))} resources"
    yield from _shortened([row for urn, each in changing.items() for row in _rows(urn, each)])
    yield from (f"owners    {told}: it goes with the approval of its owners alone" for told in record.losses.values())
    if subject.action == _UPDATE:
        yield from _against(record, last, what)
    else:
        yield f"state     {record.form.get('state')}: once it moves, this is another {subject.action}"


def last_update(store: Store, record: PlanRecord) -> tuple[PlanRecord | None, str]:
    """Return the update that was approved before this one; where that is not known, the one that was applied."""
    stack, own = record.subject.stack, record.subject.plan
    for digest, what in ((store.approved(stack), "approved last"), (store.applied(stack), "applied last")):
        if digest and digest != own and (found := store.plan(stack, digest)):
            return found, what
    return None, ""


def standing_lines(approvals: Approvals, count: int) -> Iterator[str]:
    """Yield who approved, and what is still missing."""
    for one in approvals.each:
        said = one.claims
        who = f"{said.get('approver', '?')} ({said.get('role', '?')})"
        yield f"  {'counts' if one.counts else 'no    '}  {who}{': ' + one.problem if one.problem else ''}"
    if approvals.emergency:
        yield f"open by break-glass for {', '.join(approvals.incidents)}"
    else:
        yield f"approved by {len(approvals.people)} of {count}" + ("" if approvals.enough else ": not enough yet")


def _rows(urn: str, each: Mapping[str, Any]) -> Iterator[str]:
    """Yield a resource; of one that drifted, which properties, and of one that exists already, its id."""
    taken_in = each["operations"] == ["import"]
    yield f"  {_operation(each)} {_named(urn)}" + (f" ({', '.join(each['ids'])})" if taken_in else "")
    for name, drift in (each.get("drift") or {}).items():
        yield f"      {name}: {json.dumps(drift['was'])} is now {json.dumps(drift['is'])}"


def _against(record: PlanRecord, last: PlanRecord | None, what: str) -> Iterator[str]:
    """Yield the resources whose form is other than in the last plan."""
    if last is None:
        yield "against   nothing: no other update was approved yet on this path"
        return
    now, then = _resources(record), _resources(last)
    asked = {urn: _asked(each) for urn, each in now.items()}
    before = {urn: _asked(each) for urn, each in then.items()}
    rows = [f"  other {_named(urn)}" for urn in asked if urn in before and asked[urn] != before[urn]]
    rows += [f"  new   {_named(urn)}" for urn in asked if urn not in before and asked[urn] is not None]
    rows += [f"  gone  {_named(urn)}" for urn in before if asked.get(urn) is None and before[urn] is not None]
    yield f"against   {last.subject.plan[:19]}, {what}: {len(rows) or 'no'} differences"
    yield from _shortened(rows)


def _asked(each: Mapping[str, Any]) -> Any:
    """Return what a plan asks of a resource, however it gets there; nothing of one that goes."""
    return [each["inputs"], each["options"]] if "inputs" in each else None


def _resources(record: PlanRecord) -> Mapping[str, Any]:
    found: Mapping[str, Any] = record.form["resources"]
    return found


def _operation(each: Mapping[str, Any]) -> str:
    return "+".join(each["operations"])


def _named(urn: str) -> str:
    """Return type and name of a resource."""
    parts = urn.split("::")
    return f"{parts[2].rpartition('$')[2]} {parts[-1]}"


def _shortened(rows: list[str]) -> list[str]:
    left = len(rows) - _SHOWN
    return [*rows[:_SHOWN], f"  … and {left} more"] if left > 0 else rows


def _cost(cost: Mapping[str, Any] | None) -> str:
    """Return the cost a month, and how much it is other than now."""
    if not cost or "after" not in cost:
        return "nothing that has a price"
    told = f"{_range(cost['after'])} {cost['currency']} a month"
    if "before" not in cost:
        return told
    difference = [after - before for after, before in zip(cost["after"], cost["before"], strict=True)]
    return f"{told}, {_range(difference, signed=True)} against now"


def _range(bounds: list[float], *, signed: bool = False) -> str:
    low, high = (f"{bound:+,.0f}" if signed else f"{bound:,.0f}" for bound in bounds)
    return low if low == high else f"{low} to {high}"
