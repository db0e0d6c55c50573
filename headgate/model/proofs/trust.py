"""Whose word counts for a version: who signs what is proven of it, and who has to agree that it goes up.

Owns what a step up is, as people approve it. Who judges their approvals is named here and is elsewhere: models know
neither people nor rules.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from headgate.audit.canonical import canonical
from headgate.errors import HeadgateError
from headgate.model.artifact import ModelVersion
from headgate.model.proofs.signers import Signers
from headgate.model.proofs.stage import UP, Move, Stage

APPROVAL_TYPE = "application/vnd.headgate.approval.v1+jws"
APPROVAL_MEDIA_TYPE = "application/jose"


@dataclass(frozen=True)
class Step:
    """One step up: of which version, whereto, on which place of its history, on what evidence, whose work it is."""

    model: ModelVersion
    to: Stage
    before: Stage
    number: int
    previous: str
    evidence: Mapping[str, str]
    authors: tuple[str, ...]

    @classmethod
    def of(cls, model: ModelVersion, move: Move, makers: Iterable[str]) -> Step:
        """Return the step that a statement says was taken. Who made the version is not the statement's to leave out."""
        authors = tuple(sorted({*move.authors, *makers}))
        return cls(model, move.stage, move.before, move.number, move.previous, move.evidence, authors)

    @property
    def ground(self) -> str:
        """Return the digest of what it goes by: the statement before it, and what was attested by then."""
        said = {"from": str(self.before), "number": self.number, "previous": self.previous}
        content = canonical({**said, "evidence": dict(self.evidence)})
        return f"sha256:{hashlib.sha256(content).hexdigest()}"

    def said(self) -> dict[str, Any]:
        """Return what the statement of the step says of it, beside the stages."""
        return {"evidence": dict(self.evidence), "authors": list(self.authors)}


@dataclass(frozen=True)
class Leave:
    """Who approved a step, and why that is not enough; where it is, the problem is empty."""

    people: tuple[str, ...] = ()
    problem: str = ""


class UnjudgedError(HeadgateError):
    """Approvals that could not be judged: of a version nothing is known then, which is no word about the version."""


@dataclass(frozen=True)
class Question:
    """Whether a step was approved: by all approvals that stand beside its version, as of the time of the step."""

    step: Step
    approvals: tuple[str, ...]
    at: datetime.datetime


class Judge(Protocol):
    """Who says whether the approvals of steps are enough."""

    def leaves(self, questions: Sequence[Question]) -> list[Leave]:
        """Answer each question, in their order. Asked once for many versions, since asking costs more than judging."""
        ...


class Unasked:
    """Where approvals are of no matter, such as on the way down: nobody is asked, and nothing counts as approved."""

    def leaves(self, questions: Sequence[Question]) -> list[Leave]:
        """Leave them open, which is no leave."""
        return [Leave(problem="nobody was asked about approvals") for _ in questions]


@dataclass(frozen=True)
class Trust:
    """Whose signatures count, and who judges approvals."""

    signers: Signers
    judge: Judge


def resting_on(history: Sequence[Move]) -> tuple[Move, ...]:
    """Return the steps up that a version's present stage rests on; of a way down nobody is asked."""
    if not history or history[-1].stage not in UP.values():
        return ()
    way = list(UP.values())
    reached = way[: way.index(history[-1].stage) + 1]
    ups = [each for each in history if UP.get(each.before) is each.stage]
    return tuple([each for each in ups if each.stage is stage][-1] for stage in reached)
