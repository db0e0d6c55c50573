"""What gates P and U are told of models where they can reach no registry: signed facts, verified, then believed.

Owns what such an edition consists of and when it is looked for again. Whether it is new enough, and of a registry of
the environment's, the rules decide; who makes it is `published`.
"""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from headgate.errors import HeadgateError
from headgate.gate.mentions import mentioned
from headgate.gate.seen import Seen
from headgate.model import RegistryError
from headgate.model.proofs.statement import now
from headgate.plan.view import Resource
from headgate.policy import archive

LOOKS = datetime.timedelta(minutes=1)
"""How often a long update looks for a newer edition."""


_Time = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$")]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Fact(_Form):
    """What is known of a version, as `headgate.model.facts` writes it. Rego would not fire on what is missing."""

    name: str
    version: str
    digest: str
    stage: Literal["candidate", "staging", "production", "archived", "restricted", "none"]
    revoked: bool
    signers: list[str]
    attested: dict[str, _Time]
    missed: list[str]
    faults: list[str]
    deployed: list[str]
    measures: dict[Literal["quality", "fairness", "explainability"], int] | None = None
    largest_gap: float | None = None
    ingredients: list[str] | None = None


class _Edition(_Form):
    registry: str
    serial: int
    at: _Time
    until: _Time
    models: dict[str, _Fact]


class Told:
    """One place where editions are found: a file, or a registry's tag. An update asks resource by resource."""

    def __init__(
        self,
        fetch: Callable[[], bytes],
        key: Path,
        where: str,
        clock: Callable[[], datetime.datetime] = now,
        seen: Seen | None = None,
    ) -> None:
        self._fetch, self._key, self._where, self._clock, self._seen = fetch, key, where, clock, seen
        self._content = b""
        self._edition: dict[str, Any] | None = None
        self._looked: datetime.datetime | None = None
        self._lock = threading.Lock()

    def about(self, resources: Iterable[Resource]) -> dict[str, Any]:
        """Return the facts for resources, as policies/schemas/facts.json has them. What nobody signed is an error."""
        with self._lock:
            try:
                edition = self._newest()
            except (RegistryError, OSError) as error:
                what = f"{error.what}: {error.found or error.where}" if isinstance(error, HeadgateError) else str(error)
                return {"unavailable": f"no signed facts at {self._where} ({what})"}
        known = edition["models"]
        wanted = mentioned(resources, lambda: {each["name"] for each in known.values()})
        keys = (f"models/{name}@{digest}" for name, digest in wanted)
        return {**edition, "models": {each: known[each] for each in keys if each in known}}

    def _newest(self) -> dict[str, Any]:
        """Return the edition of now; where it can't be had any more the one before, which counts until its time."""
        at = self._clock()
        if self._edition is None or self._looked is None:
            self._edition = self._read(self._fetch())
        elif at - self._looked >= LOOKS:
            try:
                found = self._read(self._fetch())
            except (HeadgateError, OSError):
                found = self._edition
            # Nobody brings an older edition back while this one runs.
            self._edition = max(self._edition, found, key=lambda each: int(each["serial"]))
        else:
            return self._edition
        self._looked = at
        return self._edition

    def _read(self, content: bytes) -> dict[str, Any]:
        if self._edition is not None and content == self._content:
            return self._edition
        try:
            document: dict[str, Any] = archive.data_of(content, self._key)["facts"]
            _Edition.model_validate(document)
        except HeadgateError as error:
            raise self._refused(f"{error.what}: {error.found}") from error
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(each) for each in first["loc"])
            raise self._refused(f"signed, but no facts: {place}: {first['msg']}") from error
        except (KeyError, TypeError) as error:
            raise self._refused(f"signed, but no facts: {error!r}") from error
        if self._seen is not None:
            self._seen.admit(document, self._where)
        self._content = content
        return document

    def _refused(self, found: str) -> HeadgateError:
        return HeadgateError(
            "the signed facts of models can't be believed, so nothing was judged",
            where=self._where,
            found=found,
            expected="facts that `headgate policy facts` signed, and the public key of who did",
            fix="ask who publishes them for both: --facts and --facts-key, HEADGATE_FACTS and HEADGATE_FACTS_KEY",
        )
