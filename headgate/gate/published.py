"""What clusters are told of models: all that a registry knows, as a signed bundle under a tag that their gates follow.

Owns what is in it and how long it counts. It is made anew when the registry changes, and before it ends; of a registry
that can't be read whole nothing is told, so that what was said last runs out and no half of it is believed.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate.audit.durable import write_new
from headgate.errors import HeadgateError
from headgate.gate.facts import stacks_of
from headgate.model import ModelRegistry, RegistryError
from headgate.model.descriptor import Reference
from headgate.model.facts import fact, key
from headgate.model.proofs.signers import Signers
from headgate.model.proofs.standing import Standing, read
from headgate.model.proofs.statement import now, written
from headgate.policy import archive, remote

COUNTS = datetime.timedelta(minutes=15)
"""How long the facts of a registry that falls silent are believed."""

# Signed, and no secret: whoever serves the file to pull requests need not be who made it.
_READABLE = 0o644
# Name, digest, and the digests of all statements about it.
_Told = tuple[str, str, tuple[str, ...]]


@dataclass(frozen=True)
class Published:
    """One edition of the facts."""

    reference: Reference
    serial: int
    models: int
    until: datetime.datetime


class Publisher:
    """Keeps the facts of one registry current. Versions whose statements are the same are not read again."""

    def __init__(
        self,
        models: ModelRegistry,
        signers: Callable[[], Signers],
        signing_key: Path,
        ledger: Path | None = None,
        clock: Callable[[], datetime.datetime] = now,
        output: Path | None = None,
    ) -> None:
        self._models, self._signers, self._key = models, signers, signing_key
        self._ledger, self._clock, self._output = ledger, clock, output
        self._known: dict[_Told, Standing | None] = {}
        self._counted = Signers()
        self._last: tuple[frozenset[_Told], Published] | None = None

    def keep(self) -> Published | None:
        """Publish if something is new, or if half of the time that the last edition counts is over."""
        at = self._clock()
        self._forget_if_others_sign()
        told = list(self._told())
        if self._last and self._last[0] == frozenset(told) and at < self._last[1].until - COUNTS / 2:
            return None
        self._known = {each: self._read(each, at) for each in told}
        edition = self._publish(at)
        self._last = (frozenset(told), edition)
        return edition

    def _forget_if_others_sign(self) -> None:
        """Read everything again when a key was added or revoked."""
        found = self._signers()
        if found != self._counted:
            self._counted, self._known, self._last = found, {}, None

    def _told(self) -> Iterator[_Told]:
        """Yield each version, with all that is said of it."""
        for name in self._models.names():
            for digest in sorted({digest for _, digest in self._models.versions(name) if digest}):
                yield name, digest, tuple(sorted(each.digest for each in self._models.referrers(name, digest)))

    def _read(self, told: _Told, at: datetime.datetime) -> Standing | None:
        """Return what is proven of a version; nothing, where its content is not what it should be."""
        if told in self._known:
            return self._known[told]
        try:
            return read(self._models, told[0], told[1], self._counted, at)
        except RegistryError as error:
            if error.unreachable:
                raise
            return None
        except HeadgateError:
            return None

    def _publish(self, at: datetime.datetime) -> Published:
        document = self.document(at)
        content = archive.sign(archive.of_data({"facts": document}, f"facts {document['serial']}"), self._key)
        reference = remote.push_facts(self._models.registry, content)
        if self._output:
            write_new(self._output, content, self._output.parent, _READABLE)
        return Published(reference, document["serial"], len(document["models"]), at + COUNTS)

    def document(self, at: datetime.datetime) -> dict[str, Any]:
        """Return what is known now, in the form of policies/schemas/facts.json; its serial grows with time."""
        stacks = stacks_of(self._ledger)
        known = [each for each in self._known.values() if each is not None]
        return {
            "registry": self._models.registry.login_server,
            "serial": int(at.timestamp() * 1000),
            "at": written(at),
            "until": written(at + COUNTS),
            "models": {key(each): fact(each, sorted(stacks.get(each.model.digest, ()))) for each in known},
        }
