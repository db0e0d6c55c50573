"""One run of the update gate: which stack, which phase, how strict, and what was decided.

Owns the envelope of this gate and its record. Speaks no protocol: that is `analyzer`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headgate.errors import HeadgateError
from headgate.gate.record import keep
from headgate.plan.pulumi import connection_of, from_inputs, stack_in
from headgate.plan.view import Resource, View
from headgate.policy.bundle import Bundle
from headgate.policy.catalogue import SCOPES, Rule, for_gate
from headgate.policy.decision import Decision, Outcome, Result
from headgate.policy.digest import digest_of
from headgate.policy.evaluator import Ask, Envelope, judge
from headgate.policy.level import Level

if TYPE_CHECKING:
    from headgate.gate.knowledge import Asked
    from headgate.gate.update.before import Before

GATE = "U"
_ROOT = "pulumi:pulumi:Stack"
_OBJECT, _RELATION = SCOPES


@dataclass
class Session:
    """What the engine has told, and the decisions that were made on it.

    `approval` finds out what is known of the plan that is applied, and of who approved it. In an `analysis`, of a state
    that was reached long ago, nothing is applied. `before` is what the stack consists of as yet. `insist` refuses an
    update of an environment that would be recorded where nobody else reads it.
    """

    bundle: Bundle
    ask: Ask
    ledger: Path | None = None
    stack: str | None = None
    dry_run: bool = False
    analysis: bool = False
    strict: frozenset[str] = frozenset()
    approval: Callable[[], Mapping[str, Any] | None] = lambda: None
    facts: Asked | None = None
    before: Before | None = None
    insist: Callable[[str], None] = lambda _environment: None
    _decisions: list[Decision] = field(default_factory=list)
    _gathered: dict[str, Resource] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def environment(self) -> str:
        """Return whose parameters count."""
        return self.bundle.environment_of(self.stack)

    @property
    def rules(self) -> list[Rule]:
        """Return the rules of this gate."""
        return for_gate(self.bundle.rules, GATE)

    def level(self, rule: Rule) -> Level:
        """Return what a failure of a rule does in this environment."""
        if rule.id in self.strict:
            return Level.DENY
        return self.bundle.level(rule, self.environment)

    def configure(self, wanted: Mapping[str, Level | None]) -> None:
        """Take configuration that makes rules stricter; anything else is refused, and with it the update."""
        known = {rule.id: rule for rule in self.rules}
        for name, level in wanted.items():
            if name not in known:
                raise _refused(name, "a rule that is not in the pack", f"one of {', '.join(known)}")
            if level is None or (level is Level.WARN and self.level(known[name]) is Level.DENY):
                raise _refused(name, f"a weaker level ({level or 'disabled'})", "mandatory")
        self.strict = frozenset(name for name, level in wanted.items() if level is Level.DENY)

    def judge(
        self,
        urn: str,
        token: str,
        inputs: Mapping[str, Any],
        *,
        protect: bool,
        parent: str,
        provider: str = "",
    ) -> Decision:
        """Judge one resource's inputs, and keep them for the rules on relations; a refusal is recorded at once."""
        # An analysis of a file names no stack but in its resources.
        self.stack = self.stack or stack_in(urn)
        resource = from_inputs(urn, token, inputs, protect=protect, parent=parent)
        resource = replace(resource, connection=connection_of(f"{provider}::"))
        # What was deployed long ago is judged as it stands.
        if self.before and self.stack and not self.analysis:
            resource = self.before.compared(resource, self.stack, self.rules)
        decision = self._judged(View((resource,), urn, self.stack), _OBJECT)
        with self._lock:
            self._gathered[urn] = resource
        return decision

    def relate(self, dependencies: Mapping[str, Iterable[str]]) -> Decision | None:
        """Judge how the gathered resources stand to each other, when the engine has seen all; None without any."""
        with self._lock:
            gathered = tuple(
                replace(each, dependencies=tuple(dependencies.get(urn, ()))) for urn, each in self._gathered.items()
            )
        if not gathered or not for_gate(self.bundle.rules, GATE, _RELATION):
            return None
        return self._judged(View(gathered, f"relations in {self.stack or 'a stack'}", self.stack), _RELATION)

    def _judged(self, view: View, scope: str) -> Decision:
        """Ask, and record a refusal, or that an update begins, at once."""
        phase = "preview" if self.dry_run or self.analysis else "apply"
        asks = any(each.type == _ROOT for each in view.resources)
        # A preview has nothing approved yet; what is applied is refused at the stack's own resource, or not at all.
        approval = None
        if asks and phase == "apply":
            self.insist(self.environment)
            approval = self.approval()
        envelope = Envelope(GATE, phase, self.environment, scope, approval)
        facts = self.facts.about(view.resources) if self.facts else None
        decision = self._stricter(judge(self.bundle, view, envelope, self.ask, facts))
        with self._lock:
            self._decisions.append(decision)
        if self.ledger is not None:
            if decision.blocking:
                keep(decision, self.ledger)
            elif asks and phase == "apply" and scope == _OBJECT:
                # An entry before anything is made: where nobody takes it, the update ends here.
                keep(replace(decision, origin=f"beginning of an update of {self.stack}"), self.ledger)
        return decision

    def finish(self) -> None:
        """Record the run as one decision, when the engine says that it has seen all resources."""
        with self._lock:
            decisions, self._decisions = self._decisions, []
            gathered, self._gathered = self._gathered, {}
        if decisions and self.ledger is not None:
            first = decisions[0]
            whole = replace(
                first,
                origin=f"{self._doing} of {self.stack or 'a stack'}",
                rules=tuple(self.rules),
                resources=len(gathered),
                results=tuple(result for decision in decisions for result in decision.results),
                input_digest=_joined(decisions),
            )
            keep(whole, self.ledger)

    @property
    def _doing(self) -> str:
        """What the engine does, in a word."""
        if self.analysis:
            return "analysis"
        return "preview" if self.dry_run else "update"

    def _stricter(self, decision: Decision) -> Decision:
        if not self.strict:
            return decision
        return replace(decision, results=tuple(self._strict_result(result) for result in decision.results))

    def _strict_result(self, result: Result) -> Result:
        if result.rule.id not in self.strict or result.outcome is Outcome.PASS or result.deferred:
            return result
        return replace(result, level=Level.DENY, blocking=True)


def _joined(decisions: list[Decision]) -> str:
    digests = "\n".join(sorted(decision.input_digest for decision in decisions))
    return digest_of(digests)


def _refused(name: str, found: str, expected: str) -> HeadgateError:
    return HeadgateError(
        f"the policy configuration for {name} is refused: it may only make rules stricter",
        found=found,
        expected=expected,
        fix="take it out of --policy-pack-config; a waiver, signed and dated, is the way around a rule",
    )
