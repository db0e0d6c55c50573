"""Where a version stands: a chain of signed statements, each of which names the one before it.

The newest counts, and "newest" is not a date that somebody wrote: each statement bears the next number and the digest
of its predecessor. So an old one that is attached again, one that was taken out, and two that race are all told apart
from a chain that is whole; a version whose chain is not has no stage.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from headgate.model.proofs.fault import Fault, ProofError, Wrong
from headgate.model.proofs.statement import written

PREDICATE = "https://headgate.dev/model/stage/v1"


class Stage(StrEnum):
    """The stages of a version. One that nobody moved is a candidate."""

    CANDIDATE = "candidate"
    STAGING = "staging"
    PRODUCTION = "production"
    ARCHIVED = "archived"
    RESTRICTED = "restricted"


UP = {Stage.CANDIDATE: Stage.STAGING, Stage.STAGING: Stage.PRODUCTION}
"""One step at a time: what promotion does."""

DOWN = {
    Stage.CANDIDATE: (Stage.ARCHIVED, Stage.RESTRICTED),
    Stage.STAGING: (Stage.CANDIDATE, Stage.ARCHIVED, Stage.RESTRICTED),
    Stage.PRODUCTION: (Stage.STAGING, Stage.CANDIDATE, Stage.ARCHIVED, Stage.RESTRICTED),
    # Nothing goes back to where it served without passing the gates anew.
    Stage.ARCHIVED: (Stage.CANDIDATE, Stage.RESTRICTED),
    Stage.RESTRICTED: (Stage.CANDIDATE, Stage.ARCHIVED),
}
"""What demotion does."""


@dataclass(frozen=True)
class Move:
    """One statement of the chain."""

    stage: Stage
    before: Stage
    number: int
    previous: str
    reason: str
    by: str
    at: datetime.datetime
    digest: str
    evidence: Mapping[str, str] = field(default_factory=dict)
    """Digests of what was attested when it went up, by kind; what people approved."""
    authors: tuple[str, ...] = ()
    """Whose work it was by then."""

    def as_json(self) -> dict[str, Any]:
        """Return it as data."""
        return {
            "stage": str(self.stage),
            "from": str(self.before),
            "number": self.number,
            "by": self.by,
            "at": written(self.at),
            "reason": self.reason,
            "digest": self.digest,
        }


def predicate(stage: Stage, history: Sequence[Move], reason: str) -> dict[str, Any]:
    """Return what the next statement says."""
    last = history[-1] if history else None
    return {
        "stage": str(stage),
        "from": str(last.stage if last else Stage.CANDIDATE),
        "number": last.number + 1 if last else 1,
        "previous": last.digest if last else "",
        "reason": reason,
    }


def move(predicate: Mapping[str, Any], by: str, at: datetime.datetime, payload: bytes) -> Move:
    """Read a statement that was verified. Its digest leaves the signature out, which has more than one valid form."""
    try:
        number = predicate["number"]
        if isinstance(number, bool) or not isinstance(number, int):
            raise TypeError(number)
        return Move(
            stage=Stage(predicate["stage"]),
            before=Stage(predicate["from"]),
            number=number,
            previous=str(predicate["previous"]),
            reason=str(predicate["reason"]),
            by=by,
            at=at,
            digest=f"sha256:{hashlib.sha256(payload).hexdigest()}",
            evidence={str(kind): str(digest) for kind, digest in predicate.get("evidence", {}).items()},
            authors=tuple(str(each) for each in predicate.get("authors", ())),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ProofError(Wrong.UNREADABLE, f"a stage statement that is incomplete: {error!r}") from error


def chain(moves: Sequence[tuple[Move, str]]) -> tuple[tuple[Move, ...], list[Fault]]:
    """Put statements (each with the digest of its referrer) in order; faults say why they are no chain."""
    ordered = sorted(moves, key=lambda each: (each[0].number, each[0].at, each[1]))
    history: list[Move] = []
    faults: list[Fault] = []
    for each, referrer in ordered:
        try:
            _follows(each, history)
            history.append(each)
        except ProofError as error:
            faults.append(error.as_fault("stage", referrer))
    return tuple(history), faults


def _follows(each: Move, history: Sequence[Move]) -> None:
    """Refuse what is not the next statement."""
    last = history[-1] if history else None
    number = last.number + 1 if last else 1
    if last and each.number < number:
        wrong = (
            "is attached a second time" if any(each.digest == one.digest for one in history) else "is not the only one"
        )
        raise ProofError(Wrong.REPLAYED, f"statement {each.number} ({each.stage}) {wrong}: {last.number} is the newest")
    if each.number != number or each.previous != (last.digest if last else ""):
        raise ProofError(Wrong.BROKEN, f"statement {each.number} ({each.stage}) does not follow statement {number - 1}")
    before = last.stage if last else Stage.CANDIDATE
    if each.before is not before or (each.stage is not UP.get(before) and each.stage not in DOWN[before]):
        raise ProofError(Wrong.BROKEN, f"statement {each.number} goes from {each.before} to {each.stage}")
    if last and each.at < last.at:
        raise ProofError(Wrong.BROKEN, f"statement {each.number} is older than the one before it")
