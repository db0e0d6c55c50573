"""The answer, as a function of entries and controls: who deployed what, when, by whose approval, under which rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from headgate.evidence.controls import coverage
from headgate.evidence.entries import EVENTS, Entry
from headgate.evidence.mapping import rows
from headgate.evidence.question import Controls, Question
from headgate.evidence.windows import Window, windows

FORM = "headgate.dev/audit-report@v1"
_ALLOWED = "pass"
_USED = "used"
_OF_A_MODEL = ("action", "digest", "from", "to", "stage", "approver", "role", "approved_by")


def model_digests(entries: Iterable[Entry]) -> frozenset[str]:
    """Return the digests of the models that entries of kind `model` are about."""
    return frozenset().union(*(entry.digests for entry in entries if entry.kind == "model"))


def is_shown(deployment: Entry, question: Question, digests: frozenset[str] | None) -> bool:
    """Say whether a deployment is asked about; `digests` are those of the model, None when none is named."""
    return (
        question.stack in (None, deployment.stack)
        and question.is_late_enough(deployment.text("time"))
        and (digests is None or bool(digests & deployment.digests))
    )


def answer(
    question: Question, entries: Sequence[Entry], controls: Controls, mapped: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Return the report; `mapped` are the controls that rules do not name themselves (see `mapping`)."""
    asked = {rule: tuple(one for one in named if question.concerns(one)) for rule, named in controls.items()}
    models = [entry for entry in entries if entry.kind == "model"]
    digests = model_digests(models) if question.model else None
    names = _names(models)
    shown, pending, left = [], [], []
    for window in windows(entries):
        if window.deployment is None:
            pending += [_attempt(entry) for entry in window.of_kind("decision") if _is_asked(entry, question)]
            left += [_operations(entry) for entry in window.of_kind("operations") if _is_asked(entry, question)]
        elif is_shown(window.deployment, question, digests):
            shown.append(_deployment(window, names, asked, digests))
    return {
        "type": FORM,
        "asked": question.as_json(),
        "deployments": sorted(shown, key=_number),
        "not_deployed": sorted(pending, key=_number),
        "models": [_model_event(entry) for entry in models],
        "events": [_event(entry) for entry in entries if entry.kind in EVENTS],
        # Only where there are any: a bundle that is older than they are still makes the same answer.
        **({"not_finished": sorted(left, key=_number)} if left else {}),
        "controls": coverage(asked, [one for one in entries if one.is_decision and _is_asked(one, question)]),
        **({"mapped": rows(mapped, question, entries)} if mapped else {}),
    }


def _number(row: Mapping[str, Any]) -> int:
    """Return a row's place in the ledger."""
    return int(row["entry"])


def _is_asked(entry: Entry, question: Question) -> bool:
    """Say whether something is in the time that is asked about."""
    return question.is_late_enough(entry.text("time"))


def _names(models: Iterable[Entry]) -> dict[str, str]:
    """Return the models' names by digest, as the entries about them say."""
    return {digest: entry.text("subject") for entry in models for digest in entry.digests}


def _deployment(
    window: Window, names: Mapping[str, str], asked: Controls, digests: frozenset[str] | None
) -> dict[str, Any]:
    """Return a deployment with what it rests on, and what it lacks."""
    entry = window.deployment
    assert entry is not None  # noqa: S101  windows without one are shown elsewhere
    before = window.before.digests if window.before else frozenset()
    decisions = [_decision(one) for one in window.of_kind("decision")]
    approvals = [_approval(one, entry) for one in window.of_kind("approval")]
    row = entry.about() | {
        "stack": entry.stack,
        "models": sorted({names[one] for one in entry.digests if one in names}),
        "added": _shown_digests(entry.digests - before),
        "removed": _shown_digests(before - entry.digests),
        "policy": next((one["policy"] for one in reversed(decisions) if "policy" in one), None),
        "plan": entry.data.get("plan"),
        "decisions": decisions,
        "approvals": approvals,
        "plans": [one.about() | one.pick("plan", "digest", "commit", "tree") for one in window.of_kind("plan")],
        "missing": _missing(decisions, approvals),
        **entry.pick("changes", "commit", "tree"),
    }
    if operations := [_operations(one) for one in window.of_kind("operations")]:
        row["operations"] = operations
    if digests is not None:
        row["introduces"] = bool(digests & (entry.digests - before))
    if any(asked.values()):
        judged = {rule for one in window.of_kind("decision") for rule in one.rules}
        row["judged_by"] = sorted(rule for rule in judged if asked.get(rule))
    return row


def _shown_digests(digests: Iterable[str]) -> list[str]:
    """Return digests as they are written."""
    return [f"sha256:{one}" for one in sorted(digests)]


def _missing(decisions: Sequence[Mapping[str, Any]], approvals: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say what a deployment lacks: nothing is taken for granted that was not recorded."""
    found = []
    if not decisions:
        found.append("no decision of a gate was recorded since the deployment before it")
    elif decisions[-1]["verdict"] != _ALLOWED:
        found.append(f"the last decision before it is {decisions[-1]['verdict']!r}, not {_ALLOWED!r}")
    if not approvals:
        found.append("no approval was recorded since the deployment before it")
    elif not any(one["of_this_plan"] is not False for one in approvals):
        found.append("no approval is of the plan that was deployed")
    return found


def _decision(entry: Entry) -> dict[str, Any]:
    """Return a gate's decision."""
    row = entry.about() | entry.pick("gate", "phase", "verdict", "environment", "input", "plan")
    waived = [
        one.get("id") for one in entry.listed("waivers") if isinstance(one, Mapping) and one.get("became") == _USED
    ]
    more = {"waivers": waived} if waived else {}
    policy = entry.data.get("bundle")
    return row | ({"policy": policy} if policy else {}) | more


def _attempt(entry: Entry) -> dict[str, Any]:
    """Return a decision that no deployment followed, with the rules that were violated."""
    failed = {str(one.get("rule")) for one in entry.results if one.get("outcome") not in ("pass", "waived")}
    return {"stack": entry.stack} | _decision(entry) | {"failed": sorted(failed)}


def _approval(entry: Entry, deployment: Entry) -> dict[str, Any]:
    """Return an approval, and whether it is of the deployed plan: None where one of them names no plan."""
    row = entry.about() | entry.pick("approver", "role", "kind", "incident", "plan", "key")
    row.setdefault("approver", entry.text("actor"))
    return row | {"of_this_plan": entry.plan == deployment.plan if entry.plan and deployment.plan else None}


def _operations(entry: Entry) -> dict[str, Any]:
    """Return what an update, or a part of it, did to each resource."""
    told = entry.pick("action", "result", "plan", "commit", "counts", "errors", "part", "parts", "resources")
    return {"stack": entry.stack} | entry.about() | told


def _model_event(entry: Entry) -> dict[str, Any]:
    """Return what happened to a model."""
    return entry.about() | {"model": entry.text("subject")} | entry.pick(*_OF_A_MODEL)


def _event(entry: Entry) -> dict[str, Any]:
    """Return a drill with how it went, an incident, an alert or a waiver."""
    particulars = {"drill": ("drill", "result", "region", "recovery_seconds", "faults"), "alert": ("status", "labels")}
    told = entry.pick(*particulars.get(entry.kind, ()))
    return entry.about() | {"kind": entry.kind, "subject": entry.text("subject")} | told
