"""Approvals of a model version's next stage: signed as those of plans are, by the same keys, judged by the same rules.

Owns what such an approval is bound to, and which policy a registry's versions are held to. An approval is good for one
step of one version: its digest, the stage, the statement before it, and what was attested by then.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from headgate.approval.document import Subject, shown
from headgate.approval.facts import told
from headgate.approval.policy import StackPolicy, merged
from headgate.approval.standing import Approvals, Asked, judged
from headgate.approval.store import MOST_APPROVALS
from headgate.approver import register
from headgate.approver.register import Approvers
from headgate.errors import HeadgateError
from headgate.model.proofs.ledger import Recorded, Sighting
from headgate.model.proofs.stage import Stage
from headgate.model.proofs.statement import now, written
from headgate.model.proofs.trust import Leave, Question, Step, UnjudgedError
from headgate.policy.bundle import Bundle

_STRICTEST = "prod"
# No emergency asks for a new version: what ran before is at production already, and going down is free.
_NO_BREAK_GLASS = {"count": 2, "roles": [], "hours": 0}
# What approvals say of the other rules: the checks of a promotion are made before anybody is asked.
_VERDICT = {"outcome": "pass"}


@dataclass(frozen=True)
class Promotions:
    """Judges the approvals of one registry's versions."""

    bundle: Bundle
    environment: str
    parameters: Mapping[str, Any]
    """Those of the registry's environment."""
    approvers: Approvers
    recorded: Recorded | None = None
    """The ledger that says when steps were taken, which else is their statements' word."""

    @classmethod
    def of(
        cls, bundle: Bundle, login_server: str, approvers: Path | None = None, ledger: Path | None = None
    ) -> Promotions:
        """Return the judge of a registry, by the rules; of one that no environment names, by what holds everywhere."""
        base = bundle.parameters["base"]
        found = (
            name
            for name, own in bundle.parameters.items()
            if name != "base" and login_server in own.get("registries", {}).get("images", ())
        )
        environment = next(found, None)
        parameters = merged(base, bundle.parameters[environment]) if environment else base
        known = register.read_file(approvers or bundle.root / register.FILE)
        return cls(bundle, environment or _STRICTEST, parameters, known, Recorded(ledger) if ledger else None)

    def policy(self, to: Stage) -> StackPolicy:
        """Return what a step to a stage asks for. Rules that know no promotions ask for nobody."""
        asked = self._asked(to)
        return StackPolicy(int(asked["count"]), tuple(asked["roles"]), tuple(asked["each"]), int(asked["hours"]), ())

    def leave(self, step: Step, approvals: Sequence[str], at: datetime.datetime) -> Leave:
        """Judge the approvals of one step."""
        return self.leaves([Question(step, tuple(approvals), at)])[0]

    def leaves(self, questions: Sequence[Question]) -> list[Leave]:
        """Judge approvals as of the times of their steps, or of the last of them where they were made good later."""
        said, sightings = questions, self._sightings(questions)
        questions = [
            replace(each, at=max(each.at, one.since or each.at)) for each, one in zip(said, sightings, strict=True)
        ]
        found = self._judged(questions)
        again = [None if one.enough else self._made_good(each) for each, one in zip(questions, found, strict=True)]
        later = iter(self._judged([each for each in again if each]))
        most = [
            max(one, next(later), key=lambda each: len(each.people)) if anew else one
            for one, anew in zip(found, again, strict=True)
        ]
        leaves = [self._leave(each, one) for each, one in zip(questions, most, strict=True)]
        return [_dated(*each) for each in zip(leaves, said, sightings, strict=True)]

    def _sightings(self, questions: Sequence[Question]) -> list[Sighting]:
        """Ask the ledger about those that need somebody's leave."""
        some = [each.step for each in questions if self._is_open(each)] if self.recorded else []
        answers = iter(self.recorded.sightings(some, now()) if self.recorded and some else ())
        return [next(answers, Sighting()) if self._is_open(each) else Sighting() for each in questions]

    def _leave(self, question: Question, found: Approvals) -> Leave:
        policy = self.policy(question.step.to)
        if not policy.is_protected:
            return Leave()
        count = len(question.approvals)
        if count > MOST_APPROVALS:
            return Leave(problem=f"{count} approvals stand beside it, at most {MOST_APPROVALS} are read")
        return Leave(found.people, "" if found.enough else _problem(found, policy))

    def _is_open(self, question: Question) -> bool:
        """Whether it takes the rules to say: somebody is asked for, and there are approvals, and no heap of them."""
        return self.policy(question.step.to).is_protected and 0 < len(question.approvals) <= MOST_APPROVALS

    def _made_good(self, question: Question) -> Question | None:
        """Ask as of when the last approval says that it was signed, if that was after the step, and is not to come."""
        if not self._is_open(question):
            return None
        wanted = subject(question.step).as_json()
        claims = [each for each in map(shown, question.approvals) if {**each, **wanted} == each]
        issued = [each["iat"] for each in claims if isinstance(each.get("iat"), int)]
        within = [second for second in issued if question.at.timestamp() < second <= now().timestamp()]
        return replace(question, at=datetime.datetime.fromtimestamp(max(within), datetime.UTC)) if within else None

    def _judged(self, questions: Sequence[Question]) -> list[Approvals]:
        """Ask the rules once about all that are open; of the others nothing was approved."""
        some = [each for each in questions if self._is_open(each)]
        answers = iter(self._answers(some) if some else ())
        return [next(answers) if self._is_open(each) else Approvals((), (), False, ()) for each in questions]

    def _answers(self, questions: Sequence[Question]) -> list[Approvals]:
        try:
            return judged(self.bundle, self.environment, [self._question(each) for each in questions])
        except HeadgateError as error:
            if len(questions) > 1:
                # It may be one of them that can't be judged: that one is named.
                return [self._answers([each])[0] for each in questions]
            model = f"{questions[0].step.model.name} {questions[0].step.model.version}"
            raise UnjudgedError(
                "its approvals could not be judged", where=model, found=f"{error.what}: {error.found}", fix=error.fix
            ) from error

    def approvals(self, step: Step, tokens: Sequence[str], at: datetime.datetime) -> Approvals:
        """Ask the rules which approvals of a step count, and why the others do not."""
        return self._answers([Question(step, tuple(tokens), at)])[0]

    def _question(self, question: Question) -> Asked:
        at = int(question.at.timestamp() * 1_000_000) * 1000
        facts = told(subject(question.step), question.approvals, self.approvers, at)
        approval = {**self._asked(question.step.to), "break_glass": _NO_BREAK_GLASS}
        return Asked({"approval": approval}, {**facts, "applies": False, "of": "version"})

    def _asked(self, to: Stage) -> dict[str, Any]:
        approval = self.parameters.get("approval") or {}
        plans = {"roles": [], "hours": 1, **approval, "count": 0, "each": []}
        own = (plans.pop("promotions", None) or {}).get(str(to)) or {}
        plans.pop("stacks", None)
        return {**plans, **own}


def subject(step: Step) -> Subject:
    """Return what is signed of a step, in the form in which plans are."""
    return Subject(
        stack=step.model.repository,
        action=f"promote to {step.to}",
        plan=step.model.digest,
        tree=step.ground,
        authors=step.authors,
        verdict=_VERDICT,
    )


def _dated(leave: Leave, said: Question, sighting: Sighting) -> Leave:
    """Return a leave with what the ledger says of the date of its step."""
    date = f"its statement says {written(said.at)}"
    if sighting.lacks:
        return Leave(
            problem=f"{date}, and the ledger, which has its approvals, has no entry of it: dated by nobody else"
        )
    if leave.problem and sighting.since and sighting.since > said.at:
        later = f"{date}, and the ledger has it behind entries of {written(sighting.since)}, as of which they count"
        return replace(leave, problem=f"{leave.problem}; {later}")
    return leave


def _problem(found: Approvals, policy: StackPolicy) -> str:
    """Say how many are missing, in which roles, and what is wrong with the approvals that do not count."""
    roles = {one.claims.get("role") for one in found.each if one.counts}
    lacking = [role for role in policy.each if role not in roles]
    text = f"{len(found.people)} of {policy.count} people have approved it"
    text += f", nobody as {' or '.join(lacking)}" if lacking else ""
    return "; ".join([text, *(one.problem for one in found.each if one.problem)])
