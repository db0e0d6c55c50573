"""All that is proven of one version, read from its registry and believed for its signatures alone."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from headgate.model.artifact import ModelVersion
from headgate.model.descriptor import Descriptor
from headgate.model.proofs import dsse, signature, stage, statement
from headgate.model.proofs.documents import PREDICATES, Card, Evaluation, Kind, Lineage, checked
from headgate.model.proofs.fault import Fault, ProofError, Wrong
from headgate.model.proofs.signature import Signed
from headgate.model.proofs.signers import Role, Signers
from headgate.model.proofs.stage import Move, Stage
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

    @property
    def stage(self) -> Stage | None:
        """Where it stands; None where the statements contradict each other, which is nowhere."""
        if any(each.proof == "stage" for each in self.faults):
            return None
        return self.history[-1].stage if self.history else Stage.CANDIDATE

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
            "faults": [each.as_json() for each in self.faults],
        }


def read(
    models: ModelRegistry,
    name: str,
    reference: str,
    signers: Signers,
    latest: datetime.datetime | None = None,
) -> Standing:
    """Read a version and all its proofs."""
    return _Reading(models, models.show(name, reference), signers, latest or statement.now()).standing()


class _Reading:
    """Goes through the referrers of one version once."""

    def __init__(self, models: ModelRegistry, model: ModelVersion, signers: Signers, latest: datetime.datetime) -> None:
        self._models, self._model, self._signers, self._latest = models, model, signers, latest
        self._faults: list[Fault] = []
        self._signatures: list[Signed] = []
        self._attested: dict[Kind, Attested] = {}
        self._moves: list[tuple[Move, str]] = []

    def standing(self) -> Standing:
        """Read all, and put the stages in order."""
        kinds = {SIGNATURE_TYPE: ("signature", self._signature), STAGE_TYPE: ("stage", self._move)}
        readers: dict[str, tuple[str, Callable[[bytes], None]]] = dict(kinds)
        readers |= {STATEMENT_TYPES[kind]: (str(kind), self._attesting(kind)) for kind in Kind}
        for referrer in self._models.referrers(self._model.name, self._model.digest):
            proof, reader = readers.get(referrer.artifact_type or "", ("", None))
            if reader:
                self._try(proof, reader, referrer)
        history, broken = stage.chain(self._moves)
        return Standing(
            self._model,
            tuple(sorted(self._signatures, key=lambda each: (each.at, each.key_id))),
            {kind: self._attested[kind] for kind in Kind if kind in self._attested},
            history,
            (*self._faults, *broken),
        )

    def _try(self, proof: str, reader: Callable[[bytes], None], referrer: Descriptor) -> None:
        self._referrer = referrer.digest
        try:
            reader(self._models.read_statement(self._model.name, referrer))
        except ProofError as error:
            self._faults.append(error.as_fault(proof, referrer.digest))

    def _signature(self, content: bytes) -> None:
        self._signatures.append(signature.verify(content, self._model, self._signers, self._latest))

    def _move(self, content: bytes) -> None:
        predicate, by, at = self._opened(content, stage.PREDICATE, Role.PROMOTE)
        self._moves.append((stage.move(predicate, by, at, dsse.Envelope.parse(content).payload), self._referrer))

    def _attesting(self, kind: Kind) -> Callable[[bytes], None]:
        def attest(content: bytes) -> None:
            predicate, by, at = self._opened(content, PREDICATES[kind], Role.ATTEST)
            made = Attested(kind, by, at, predicate, checked(kind, predicate, self._model))
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
