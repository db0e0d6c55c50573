"""From a view to a decision: asks OPA once over all resources, and reads the answer strictly.

Owns the run document and the reading of results. How OPA is reached is `opa` and `server`.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from headgate.plan.view import Resource, View
from headgate.policy import opa
from headgate.policy.bundle import Bundle
from headgate.policy.catalogue import Rule, for_gate
from headgate.policy.decision import Decision, Outcome, Result, Violation, Waiver
from headgate.policy.digest import digest_of
from headgate.policy.level import Level


@dataclass(frozen=True)
class Envelope:
    """At which gate, in which phase and environment a view is judged, and by which scope of rules (all, if none).

    `approval` is what the gate knows of the plan and of who approved it.
    """

    gate: str
    phase: str
    environment: str
    scope: str | None = None
    approval: Mapping[str, Any] | None = None


Ask = Callable[[Mapping[str, Any]], dict[str, Any]]


def judge(
    bundle: Bundle, view: View, envelope: Envelope, ask: Ask | None = None, facts: Mapping[str, Any] | None = None
) -> Decision:
    """Return the decision over a view. `ask` answers a run document; by default a fresh OPA does.

    `facts` is what the gate found out for these resources; a gate that was told of no registry has none.
    """
    run: dict[str, Any] = {
        "gate": envelope.gate,
        "phase": envelope.phase,
        "environment": envelope.environment,
        "resources": view.as_json(),
    }
    if view.stack:
        run["stack"] = view.stack
    if facts:
        run["facts"] = facts
    if envelope.scope:
        run["scope"] = envelope.scope
    if envelope.approval is not None:
        run["approval"] = envelope.approval
    document, digest = _answered(ask or partial(opa.evaluate, bundle), run)
    expected = for_gate(bundle.rules, envelope.gate, envelope.scope)
    if sorted(document["rules"]) != sorted(rule.id for rule in expected):
        raise opa.unavailable(f"OPA judged by the rules {document['rules']}, not by those of this bundle")
    return Decision(
        gate=envelope.gate,
        phase=envelope.phase,
        environment=envelope.environment,
        stack=view.stack,
        origin=view.origin,
        rules=tuple(expected),
        resources=len(view.resources),
        results=_results(document, expected, view.resources),
        bundle_digest=bundle.digest,
        input_digest=digest,
        time=datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
    )


def _answered(ask: Ask, run: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Return the decision document, and the digest of what was asked."""
    # The update gate asks about a resource at a time, whose digest takes less than a thread.
    if len(run["resources"]) == 1:
        return ask(run), _digest(run)
    with ThreadPoolExecutor(1) as aside:
        # OPA is another program: meanwhile there is time.
        digest = aside.submit(_digest, run)
        return ask(run), digest.result()


def _results(document: Mapping[str, Any], rules: Sequence[Rule], resources: Sequence[Resource]) -> tuple[Result, ...]:
    by_id = {rule.id: rule for rule in rules}
    try:
        found = [_result(entry, by_id, resources) for entry in document["results"]]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise opa.unavailable(f"a result that can't be read: {error!r}") from error
    order = {resource.id: index for index, resource in enumerate(resources)}
    return tuple(sorted(found, key=lambda result: (order[result.resource.id], result.rule.id)))


def _result(entry: Mapping[str, Any], rules: Mapping[str, Rule], resources: Sequence[Resource]) -> Result:
    rule, resource, outcome = rules[entry["rule"]], resources[entry["resource"]], Outcome(entry["outcome"])
    if outcome is Outcome.PASS:
        return Result(rule, resource, outcome)
    violations = tuple(_violation(item, resource) for item in entry["violations"])
    if not violations:
        # The update gate answers in violations: without one, the engine would hear nothing.
        raise ValueError(f"{rule.id} is {outcome} on {resource.id} without a violation")
    return Result(
        rule,
        resource,
        outcome,
        Level(entry["level"]),
        # Only a clear `false` lets a finding through.
        blocking=entry["blocking"] is not False,
        deferred=entry["deferred"] is True,
        violations=tuple(sorted(violations, key=lambda item: (item.property, item.message))),
        waiver=_waiver(entry["waiver"]) if outcome is Outcome.WAIVED else None,
    )


def _waiver(found: Mapping[str, Any]) -> Waiver:
    """Read the leave to break a rule: without a reason, a ticket, a last day and an approver there is none."""
    waiver = Waiver(found["id"], found["reason"], found["ticket"], found["expires"], found["approver"])
    if not all(isinstance(text, str) and text for text in waiver.as_json().values()):
        raise ValueError("a waiver without id, reason, ticket, last day or approver")
    return waiver


def _violation(item: Mapping[str, Any], resource: Resource) -> Violation:
    details = item["details"]
    path = tuple(details.get("path", ()))
    return Violation(
        message=item["msg"],
        property=details.get("property", ""),
        path=path,
        found=str(details.get("found", "")),
        expected=str(details.get("expected", "")),
        source=resource.source_of(path),
        fix=details.get("fix"),
        approval=details.get("approval") is True,
    )


def _digest(run: Mapping[str, Any]) -> str:
    content = json.dumps(run, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return digest_of(content)
