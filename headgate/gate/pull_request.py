"""Gate P: judges what a change asks for, before it is merged.

Owns the envelope of this gate and that its decision is recorded. Needs no credentials of a cloud.
"""

from __future__ import annotations

from pathlib import Path

from headgate.gate.record import keep
from headgate.plan.view import View
from headgate.policy.bundle import Bundle
from headgate.policy.decision import Decision
from headgate.policy.evaluator import Envelope, judge

GATE = "P"


def decide(view: View, bundle: Bundle, environment: str | None = None, ledger: Path | None = None) -> Decision:
    """Judge a view at the pull request, and record the decision where a ledger is kept."""
    envelope = Envelope(GATE, "preview", bundle.environment_of(view.stack, environment))
    decision = judge(bundle, view, envelope)
    if ledger is not None:
        keep(decision, ledger)
    return decision
