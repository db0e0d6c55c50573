"""Model versions without a registry, and the keys of those who sign them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from headgate.model.artifact import ModelFile, ModelVersion
from headgate.model.descriptor import IMAGE_LAYER, IMAGE_MANIFEST, Descriptor, digest_of
from headgate.model.proofs.attach import Desk
from headgate.model.proofs.keys import SigningKey, generate
from headgate.model.proofs.signers import Signers, entry
from headgate.model.proofs.trust import Leave, Question, Trust

NOON = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)

CARD = {
    "summary": "Scores payments.",
    "owners": ["fraud-models"],
    "intended_use": "Payments by card.",
    "out_of_scope": "Loans.",
    "limitations": "Young accounts.",
    "training_data": "Synthetic payments.",
    "license": "Apache-2.0",
}
LINEAGE = {
    "repository": "https://example.com/fraud",
    "commit": "a" * 40,
    "data": [{"name": "payments", "version": "2026-02"}],
    "run": "run-17",
    "base_model": None,
}
EVALUATION = {
    "data": {"name": "payments-held-out", "version": "2026-02"},
    "quality": [{"name": "auc", "value": 0.93, "at_least": 0.9}],
    "fairness": [{"name": "demographic_parity_difference", "group": "age", "value": 0.04, "at_most": 0.1}],
    "explainability": [{"name": "stability", "method": "permutation", "value": 0.95, "at_least": 0.8}],
}


class Agreed:
    """Whoever asks whether a step was approved is told that it was, for tests of other things."""

    def leaves(self, questions: Sequence[Question]) -> list[Leave]:
        """Agree."""
        return [Leave(("amina", "badr")) for _ in questions]


_AGREED = Agreed()


def agreed(signers: Signers) -> Trust:
    """Return whose signatures count, where every step is approved."""
    return Trust(signers, _AGREED)


def version(number: str = "1.0.0", weights: bytes = b"weights", name: str = "fraud/score") -> ModelVersion:
    """Return a version of two files; its digest follows from what it holds."""
    files = tuple(
        ModelFile(path, digest_of(content), len(content), Descriptor(IMAGE_LAYER, digest_of(b"tar" + content), 1))
        for path, content in (("model.json", b"{}"), ("weights/a.bin", weights))
    )
    digest = digest_of(f"{name} {number} {weights!r}".encode())
    return ModelVersion(name, number, "onnx", (), (), digest, files)


@dataclass
class Shelf:
    """What a registry holds, in memory: versions, and what refers to them."""

    models: dict[str, ModelVersion] = field(default_factory=dict)
    statements: dict[str, list[tuple[Descriptor, bytes]]] = field(default_factory=dict)

    def put(self, model: ModelVersion) -> ModelVersion:
        """Add a version."""
        self.models[model.digest] = model
        return model

    def show(self, name: str, reference: str) -> ModelVersion:
        """Return a version by its number or digest."""
        return next(
            each for each in self.models.values() if each.name == name and reference in (each.version, each.digest)
        )

    def attach(
        self, name: str, digest: str, artifact_type: str, blob: bytes, media_type: str, **created: Any
    ) -> Descriptor:
        """Add what refers to a version."""
        rows = self.statements.setdefault(digest, [])
        identity = digest_of(blob + str(len(rows)).encode())
        made = Descriptor(IMAGE_MANIFEST, identity, len(blob), {}, artifact_type)
        rows.append((made, blob))
        return made

    def referrers(self, name: str, digest: str, artifact_type: str | None = None) -> list[Descriptor]:
        """Return what refers to a version."""
        rows = self.statements.get(digest, [])
        return [row for row, _ in rows if artifact_type in (None, row.artifact_type)]

    def read_statement(self, name: str, referrer: Descriptor) -> bytes:
        """Return what was attached."""
        return next(blob for rows in self.statements.values() for row, blob in rows if row.digest == referrer.digest)

    def replace(self, digest: str, artifact_type: str, blob: bytes) -> None:
        """Put another content in the place of the newest of a kind, as one who can write the registry would."""
        rows = self.statements[digest]
        at = max(index for index, (row, _) in enumerate(rows) if row.artifact_type == artifact_type)
        rows[at] = (rows[at][0], blob)

    def newest(self, digest: str, artifact_type: str) -> bytes:
        """Return the newest of a kind."""
        return next(blob for row, blob in reversed(self.statements[digest]) if row.artifact_type == artifact_type)


@dataclass
class People:
    """A trainer who signs and attests, and a release manager who promotes."""

    trainer: SigningKey = field(default_factory=generate)
    manager: SigningKey = field(default_factory=generate)
    stranger: SigningKey = field(default_factory=generate)

    def signers(self, **trainer: Any) -> Signers:
        """Return those whose signatures count; fields of the trainer's entry may be others."""
        rows = [
            {**entry("trainer", self.trainer.public, ("sign", "attest"), ("fraud/*",)), **trainer},
            entry("manager", self.manager.public, ("promote",), ("*/*",)),
        ]
        return Signers.model_validate({"signers": rows})

    def desk(self, shelf: Shelf, key: SigningKey, hours: int = 0, signers: Signers | None = None) -> Desk:
        """Return where one of them makes proofs, some hours after noon."""
        at = NOON + datetime.timedelta(hours=hours)
        return Desk(shelf, key, signers or self.signers(), at)  # type: ignore[arg-type]
