"""Gate P: judges what a change asks for, before it is merged.

Owns the envelope of this gate and that its decision is recorded. Needs no credentials of a cloud.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headgate.errors import HeadgateError
from headgate.gate.baseline import Baseline
from headgate.gate.leave import told
from headgate.gate.record import keep
from headgate.gate.scope import WHOLE, Scope
from headgate.plan.view import View
from headgate.policy import opa, parts
from headgate.policy.bundle import Bundle
from headgate.policy.decision import Decision
from headgate.policy.evaluator import Envelope, judge

if TYPE_CHECKING:
    from headgate.gate.knowledge import Asked
    from headgate.waiver.standing import Standing

GATE = "P"


def decide(
    view: View,
    bundle: Bundle,
    environment: str | None = None,
    ledger: Path | None = None,
    *,
    scope: Scope = WHOLE,
    baseline: Baseline | None = None,
    waivers: Sequence[Standing] = (),
    approval: Mapping[str, Any] | None = None,
    facts: Asked | None = None,
    timeout: float = opa.TIMEOUT_SECONDS,
) -> Decision:
    """Judge a view at the pull request, and record the decision where a ledger is kept.

    Waivers that count are the bundle's; `waivers` is for telling what became of each. `approval` is known on the
    protected path alone: a pull request has no plan that somebody could have approved. `facts` answers what is known
    of models; without it, rules on them leave the decision to the update.
    """
    if not view.resources:
        raise HeadgateError(
            "there is nothing to judge",
            where=view.origin,
            found="no resource",
            expected="at least one: even an empty stack has its own",
            fix="name the document that holds the resources",
        )
    envelope = Envelope(GATE, "preview", bundle.environment_of(view.stack, environment), approval=approval)
    ask = partial(parts.evaluate, partial(opa.evaluate, bundle, timeout=timeout))
    decision = scope.of(judge(bundle, view, envelope, ask, facts.about(view.resources) if facts else None))
    return concluded(decision, ledger, baseline, waivers)


def concluded(
    decision: Decision, ledger: Path | None, baseline: Baseline | None, waivers: Sequence[Standing]
) -> Decision:
    """Compare a decision with what was known before, tell of waivers, and record it where a ledger is kept."""
    if baseline is not None:
        decision = baseline.mark(decision)
    decision = told(decision, waivers)
    if ledger is not None:
        keep(decision, ledger)
    return decision
