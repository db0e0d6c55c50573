"""All that is proven of one version, read from its registry and believed for its signatures alone."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from headgate.model.artifact import ModelVersion
from headgate.model.descriptor import Descriptor
from headgate.model.errors import UnfitError
from headgate.model.proofs import dsse, signature, stage, statement
from headgate.model.proofs.documents import PREDICATES, Card, Evaluation, Kind, Lineage, checked
from headgate.model.proofs.fault import Fault, ProofError, Wrong
from headgate.model.proofs.signature import Signed
from headgate.model.proofs.signers import Role
from headgate.model.proofs.stage import Move, Stage
from headgate.model.proofs.trust import APPROVAL_TYPE, Leave, Question, Step, Trust, resting_on
from headgate.model.versions import ModelRegistry

SIGNATURE_TYPE = signature.BUNDLE_TYPE
STAGE_TYPE = "application/vnd.headgate.model.stage.v1"
STATEMENT_TYPES = {kind: f"application/vnd.headgate.model.{kind}.v1" for kind in Kind}
_NO_SIGNATURE = "no signature"


@dataclass(frozen=True)
class Attested:
    """The newest statement of its kind that counts."""

    kind: Kind
    by: str
    at: datetime.datetime
    predicate: Mapping[str, Any]
    form: Any = None
    digest: str = ""
    """Of what was signed."""

    def as_json(self) -> dict[str, Any]:
        """Return it as data."""
        return {"by": self.by, "at": statement.written(self.at), "says": dict(self.predicate)}


@dataclass(frozen=True)
class Standing:
    """A version with what is proven of it; `faults` are the proofs that do not count."""

    model: ModelVersion
    signatures: tuple[Signed, ...] = ()
    attested: Mapping[Kind, Attested] = field(default_factory=dict)
    history: tuple[Move, ...] = ()
    faults: tuple[Fault, ...] = ()
    approvals: tuple[str, ...] = ()
    """Approvals that stand beside it, as they were signed; whether they count is judged for a step."""
    made: tuple[tuple[str, datetime.datetime], ...] = ()
    """Who signed or attested something of it that counts, and when, also what was replaced since."""
    approved_by: tuple[str, ...] = ()
    """Who approved that it stands where it does."""

    @property
    def stage(self) -> Stage | None:
        """Where it stands; None where its statements contradict each other or nobody approved them: that is nowhere."""
        return None if any(each.proof == "approval" for each in self.faults) else self.claimed

    @property
    def claimed(self) -> Stage | None:
        """Where its statements say that it stands, approved or not: the way down asks for nobody's leave."""
        if any(each.proof == "stage" for each in self.faults):
            return None
        return self.history[-1].stage if self.history else Stage.CANDIDATE

    def makers(self, by: datetime.datetime) -> frozenset[str]:
        """Return whose work it was at a time: they do not approve it."""
        return frozenset(name for name, at in self.made if at <= by)

    @property
    def evaluation(self) -> Evaluation | None:
        """Its evaluation."""
        found: Evaluation | None = self._form(Kind.EVALUATION)
        return found

    @property
    def lineage(self) -> Lineage | None:
        """Where it comes from."""
        found: Lineage | None = self._form(Kind.LINEAGE)
        return found

    @property
    def card(self) -> Card | None:
        """Its card."""
        found: Card | None = self._form(Kind.CARD)
        return found

    def _form(self, kind: Kind) -> Any:
        return self.attested[kind].form if kind in self.attested else None

    @property
    def problems(self) -> tuple[Fault, ...]:
        """Return what keeps the version from being verified.

        A foreign or revoked key beside one that counts takes nothing away; anything else was made to deceive.
        """
        harmless = {Wrong.FOREIGN, Wrong.REVOKED, Wrong.NOT_ENTITLED}
        counted = {"signature"} if self.signatures else set()
        counted |= {str(kind) for kind in self.attested}
        kept = tuple(each for each in self.faults if each.wrong not in harmless or each.proof not in counted)
        if self.signatures or any(each.proof == "signature" for each in kept):
            return kept
        return (Fault(Wrong.MISSING, "signature", _NO_SIGNATURE), *kept)

    def as_json(self) -> dict[str, Any]:
        """Return it as data."""
        return {
            "stage": str(self.stage) if self.stage else None,
            "signatures": [each.as_json() for each in self.signatures],
            "attested": {str(kind): each.as_json() for kind, each in self.attested.items()},
            "history": [each.as_json() for each in self.history],
            "approved_by": list(self.approved_by),
            "faults": [each.as_json() for each in self.faults],
        }


def read(
    models: ModelRegistry,
    name: str,
    reference: str,
    trust: Trust,
    latest: datetime.datetime | None = None,
) -> Standing:
    """Read a version and all its proofs."""
    return judged([gathered(models, name, reference, trust, latest)], trust)[0]


@dataclass(frozen=True)
class Gathered:
    """A version with its proofs, before anybody was asked whether its steps up were approved."""

    found: Standing
    ups: tuple[tuple[Move, str], ...]
    """Those that its stage rests on, each with the digest of its referrer."""

    def questions(self) -> list[Question]:
        """Return what is to be asked: a statement alone is one person's word."""
        steps = [(Step.of(self.found.model, move, self.found.makers(move.at)), move.at) for move, _ in self.ups]
        return [Question(step, self.found.approvals, at) for step, at in steps]

    def standing(self, leaves: Sequence[Leave]) -> Standing:
        """Return where it stands, by the answers."""
        refused = [
            Fault(Wrong.UNAPPROVED, "approval", f"to {move.stage}: {leave.problem}", referrer)
            for (move, referrer), leave in zip(self.ups, leaves, strict=True)
            if leave.problem
        ]
        approved_by = leaves[-1].people if leaves else ()
        return replace(self.found, faults=(*self.found.faults, *refused), approved_by=approved_by)


def gathered(
    models: ModelRegistry,
    name: str,
    reference: str,
    trust: Trust,
    latest: datetime.datetime | None = None,
) -> Gathered:
    """Read a version and all its proofs, for `judged`."""
    return _Reading(models, models.show(name, reference), trust, latest or statement.now()).gathered()


def judged(versions: Sequence[Gathered], trust: Trust) -> list[Standing]:
    """Return where versions stand. Whoever judges approvals is asked once about all of them, and not about none."""
    asked = [each.questions() for each in versions]
    questions = [question for each in asked for question in each]
    leaves = iter(trust.judge.leaves(questions) if questions else ())
    return [each.standing([next(leaves) for _ in its]) for each, its in zip(versions, asked, strict=True)]


class _Reading:
    """Goes through the referrers of one version once."""

    def __init__(self, models: ModelRegistry, model: ModelVersion, trust: Trust, latest: datetime.datetime) -> None:
        self._models, self._model, self._latest = models, model, latest
        self._signers = trust.signers
        self._faults: list[Fault] = []
        self._signatures: list[Signed] = []
        self._attested: dict[Kind, Attested] = {}
        self._moves: list[tuple[Move, str]] = []
        self._approvals: list[str] = []
        self._made: set[tuple[str, datetime.datetime]] = set()

    def gathered(self) -> Gathered:
        """Read all, and put the stages in order."""
        readers: dict[str, tuple[str, Callable[[bytes], None]]] = {
            SIGNATURE_TYPE: ("signature", self._signature),
            STAGE_TYPE: ("stage", self._move),
            APPROVAL_TYPE: ("approval", self._approval),
            **{STATEMENT_TYPES[kind]: (str(kind), self._attesting(kind)) for kind in Kind},
        }
        for referrer in self._models.referrers(self._model.name, self._model.digest):
            proof, reader = readers.get(referrer.artifact_type or "", ("", None))
            if reader:
                self._try(proof, reader, referrer)
        history, broken = stage.chain(self._moves)
        found = Standing(
            self._model,
            tuple(sorted(self._signatures, key=lambda each: (each.at, each.key_id))),
            {kind: self._attested[kind] for kind in Kind if kind in self._attested},
            history,
            (*self._faults, *broken),
            tuple(sorted(self._approvals)),
            tuple(sorted(self._made)),
        )
        referrers = {move.digest: referrer for move, referrer in self._moves}
        ups = resting_on(found.history) if found.claimed else ()
        return Gathered(found, tuple((move, referrers[move.digest]) for move in ups))

    def _try(self, proof: str, reader: Callable[[bytes], None], referrer: Descriptor) -> None:
        self._referrer = referrer.digest
        try:
            reader(self._models.read_statement(self._model.name, referrer))
        except ProofError as error:
            self._faults.append(error.as_fault(proof, referrer.digest))
        except UnfitError as error:
            self._faults.append(Fault(Wrong.UNREADABLE, proof, error.what, referrer.digest))

    def _signature(self, content: bytes) -> None:
        signed = signature.verify(content, self._model, self._signers, self._latest)
        self._signatures.append(signed)
        self._made.add((signed.by, signed.at))

    def _approval(self, content: bytes) -> None:
        self._approvals.append(content.decode(errors="replace").strip())

    def _move(self, content: bytes) -> None:
        predicate, by, at = self._opened(content, stage.PREDICATE, Role.PROMOTE)
        self._moves.append((stage.move(predicate, by, at, dsse.Envelope.parse(content).payload), self._referrer))

    def _attesting(self, kind: Kind) -> Callable[[bytes], None]:
        def attest(content: bytes) -> None:
            predicate, by, at = self._opened(content, PREDICATES[kind], Role.ATTEST)
            digest = f"sha256:{hashlib.sha256(dsse.Envelope.parse(content).payload).hexdigest()}"
            made = Attested(kind, by, at, predicate, checked(kind, predicate, self._model), digest)
            self._made.add((by, at))
            standing = self._attested.get(kind)
            if standing is None or standing.at <= made.at:
                self._attested[kind] = made

        return attest

    def _opened(self, content: bytes, kind: str, role: Role) -> tuple[Mapping[str, Any], str, datetime.datetime]:
        """Verify an envelope: the key, the signature, and only then what it says."""
        envelope = dsse.Envelope.parse(content)
        signer = self._signers.by_key(envelope.key_id)
        if not signer.public.has_signed(dsse.pae(envelope.payload), envelope.signature):
            raise ProofError(Wrong.TAMPERED, f"what it says is not what {signer.name} signed")
        said = statement.read(envelope.payload, self._model, kind, self._latest)
        signer.check(self._model.name, role, said.at)
        return said.predicate, signer.name, said.at
