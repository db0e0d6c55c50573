"""What the rules are told of a plan and its approvals: `facts.approval`."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from headgate.approval.document import Subject
from headgate.approver import register
from headgate.approver.register import Approvers
from headgate.audit.canonical import canonical
from headgate.policy.bundle import Bundle
from headgate.policy.decision import Decision
from headgate.policy.digest import digest_of

# The rules that read these very facts.
_ASKING = frozenset({"HG-AP-001", "HG-AP-002", "HG-AP-003", "HG-AP-004", "HG-AP-005"})


def facts(
    subject: Subject,
    tokens: Iterable[str],
    bundle: Bundle,
    *,
    applies: bool,
    receipt: Mapping[str, Any] | None = None,
    now: int | None = None,
) -> dict[str, Any]:
    """Return the facts; keys and pipelines are those of the rules' own register, never of the tree that is judged.

    `applies` says that the update comes next: only then do change windows and freezes count.
    """
    found = {**told(subject, tokens, register.read(bundle.root), now or time.time_ns()), "applies": applies}
    return found | ({"receipt": dict(receipt)} if receipt is not None else {})


def told(subject: Subject, tokens: Iterable[str], known: Approvers, now: int) -> dict[str, Any]:
    """Return what is judged, by whose keys, and as of when."""
    keys = [each.as_data() for each in known.approvers]
    pipelines = [pipeline.as_data(issuer) for pipeline, issuer in known.vouched()]
    return {**subject.as_json(), "now": now, "keys": keys, "pipelines": pipelines, "approvals": list(tokens)}


def verdict_of(decision: Decision) -> dict[str, str]:
    """Return what all rules said but for what asks for approvals: an approver signs it, and the update compares."""
    results = [result for result in decision.findings if not (result.rule.id in _ASKING or result.approval)]
    told = sorted([result.rule.id, result.resource.id, str(result.outcome)] for result in results)
    return {
        "outcome": "fail" if any(result.blocking for result in results) else "pass",
        "rules": decision.bundle_digest,
        "results": digest_of(canonical(told).decode()),
    }
