"""Making proofs: sign, attest and move a version, and attach what was made. What would not count is not attached."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headgate.errors import HeadgateError
from headgate.model.artifact import ModelVersion
from headgate.model.descriptor import Descriptor
from headgate.model.proofs import dsse, signature, stage, statement
from headgate.model.proofs.documents import PREDICATES, Kind
from headgate.model.proofs.fault import ProofError
from headgate.model.proofs.keys import SigningKey
from headgate.model.proofs.signature import Signed
from headgate.model.proofs.signers import Role, Signers
from headgate.model.proofs.stage import Stage
from headgate.model.proofs.standing import SIGNATURE_TYPE, STAGE_TYPE, STATEMENT_TYPES, Standing
from headgate.model.proofs.trust import APPROVAL_MEDIA_TYPE, APPROVAL_TYPE, Step
from headgate.model.versions import ModelRegistry


@dataclass(frozen=True)
class Desk:
    """Where proofs are made: the registry, a key, those whose signatures count, and the time."""

    models: ModelRegistry
    key: SigningKey
    signers: Signers
    at: datetime.datetime

    @property
    def name(self) -> str:
        """Whose key it is, for what has been checked already."""
        return self.signers.by_key(self.key.public.id).name

    def sign(self, model: ModelVersion, chain: Sequence[bytes] = ()) -> Signed:
        """Sign a version's files, by the key or by a certificate for it."""
        content = signature.sign(model, self.key, self.at, chain)
        try:
            signed = signature.verify(content, model, self.signers, self.at)
        except ProofError as error:
            raise would_not_count(error, model) from error
        self._attach(model, SIGNATURE_TYPE, content, signature.BUNDLE_TYPE, "model.sig")
        return signed

    def attest(self, model: ModelVersion, kind: Kind, predicate: Mapping[str, Any]) -> Descriptor:
        """Attest something of a version."""
        self.check(model, Role.ATTEST)
        return self._state(model, STATEMENT_TYPES[kind], PREDICATES[kind], predicate, str(kind))

    def move(self, standing: Standing, to: Stage, reason: str, step: Step | None = None) -> Descriptor:
        """Say where a version stands from now on, and what was approved. Whether it may is `promotion`'s to know."""
        self.check(standing.model, Role.PROMOTE)
        predicate = stage.predicate(to, standing.history, reason) | (step.said() if step else {})
        return self._state(standing.model, STAGE_TYPE, stage.PREDICATE, predicate, "stage")

    def check(self, model: ModelVersion, role: Role) -> None:
        """Refuse a key whose word does not count."""
        try:
            self.signers.by_key(self.key.public.id).check(model.name, role, self.at)
        except ProofError as error:
            raise would_not_count(error, model) from error

    def _state(
        self, model: ModelVersion, artifact_type: str, kind: str, predicate: Mapping[str, Any], title: str
    ) -> Descriptor:
        payload = statement.make(model, kind, predicate, self.at)
        content = dsse.Envelope.seal(payload, self.key).raw
        return self._attach(model, artifact_type, content, dsse.MEDIA_TYPE, f"{title}.json")

    def _attach(
        self, model: ModelVersion, artifact_type: str, content: bytes, media_type: str, title: str
    ) -> Descriptor:
        created = statement.written(self.at)
        return self.models.attach(
            model.name, model.digest, artifact_type, content, media_type, title=title, created=created
        )


def approve(models: ModelRegistry, model: ModelVersion, key_name: str, approval: str) -> Descriptor:
    """Put an approval beside a version, as it was signed: whether it counts is judged wherever it is read."""
    return models.attach(
        model.name,
        model.digest,
        APPROVAL_TYPE,
        approval.encode(),
        APPROVAL_MEDIA_TYPE,
        title=f"{key_name}.jws",
        created=statement.written(statement.now()),
    )


def would_not_count(error: ProofError, model: ModelVersion) -> HeadgateError:
    """Return the error of a signature that nobody would believe."""
    return HeadgateError(
        "this signature would not count",
        where=f"{model.name} {model.version}",
        found=f"{error.wrong}: {error.text}",
        expected="a key of policies/signers.yaml, with this role for this model",
        fix="use another key, or ask the owners of policies/signers.yaml",
    )
