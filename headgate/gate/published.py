"""What clusters are told of models: all that a registry knows, as a signed bundle under a tag that their gates follow.

Owns what is in it, how long it counts, and how the registry is looked at: what is announced there at once, all of it
now and then. It is made anew when the registry changes, and before it ends; of a registry that can't be read whole
nothing is told, so that what was said last runs out and no half of it is believed.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate.audit.durable import write_new
from headgate.errors import HeadgateError
from headgate.model import ModelRegistry, RegistryError
from headgate.model.descriptor import Reference
from headgate.model.facts import fact, key
from headgate.model.news import News, mark
from headgate.model.proofs.fault import Wrong
from headgate.model.proofs.standing import Gathered, Standing, gathered, judged
from headgate.model.proofs.statement import now, written
from headgate.model.proofs.trust import Trust
from headgate.policy import archive, remote
from headgate.release.proof import Deployments

COUNTS = datetime.timedelta(minutes=15)
"""How long the facts of a registry that falls silent are believed."""

WHOLE = COUNTS / 3
"""How long what nobody announced may stay unseen, at most."""

# Of the time, the part that looks at the whole registry may take: a small one is looked at each time.
_PART = 1 / 20
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
        trust: Callable[[], Trust],
        signing_key: Path,
        ledger: Path | None = None,
        clock: Callable[[], datetime.datetime] = now,
        output: Path | None = None,
    ) -> None:
        self._models, self._trust, self._key = models, trust, signing_key
        self._deployments = Deployments(ledger) if ledger else None
        self._clock, self._output = clock, output
        self._news: News | None = None
        self._told: dict[str, tuple[_Told, ...]] = {}
        self._again_at: datetime.datetime | None = None
        self._known: dict[_Told, Standing | None] = {}
        self._trusted = trust()
        self._last: tuple[frozenset[_Told], Published] | None = None

    def keep(self) -> Published | None:
        """Publish if something is new, if half of the last edition's time is over, or if it was displaced."""
        at = self._clock()
        self._forget_if_others_sign()
        self._look(at)
        told = frozenset(each for versions in self._told.values() for each in versions)
        is_told = self._last is not None and self._last[0] == told and at < self._last[1].until - COUNTS / 2
        if self._last and is_told and not self._is_displaced(self._last[1]):
            return None
        self._know(sorted(told), at)
        edition = self._publish(at)
        self._last = (told, edition)
        return edition

    def _is_displaced(self, mine: Published) -> bool:
        """Whether somebody has put an older edition, or what is none, where clusters look. A later one is another's."""
        registry = self._models.registry
        if registry.digest(remote.FACTS, remote.NOW) == mine.reference.digest:
            return False
        try:
            found = remote.facts_of_now(registry)
            return found is None or int(found["serial"]) < mine.serial
        except RegistryError:
            raise
        except (HeadgateError, KeyError, TypeError, ValueError):
            return True

    def _look(self, at: datetime.datetime) -> None:
        """Look at the models about which something was announced, or at all of them when it is time again."""
        due, self._again_at = self._again_at, None  # A look that fails is made up for by one at everything.
        if self._news is not None and due is not None and at < due:
            if marks := self._news.marks():
                # An announced model may be the first of its name.
                self._told |= {name: self._versions(name) for name in self._models.names() if mark(name) in marks}
            self._again_at = due
            return
        # Before the look: what is announced meanwhile is looked at once more.
        self._news = News(self._models.registry)
        began = time.monotonic()
        self._told = {name: self._versions(name) for name in self._models.names()}
        took = datetime.timedelta(seconds=time.monotonic() - began)
        self._again_at = at + min(took / _PART, WHOLE)

    def _forget_if_others_sign(self) -> None:
        """Read everything again when a key was added or revoked, or when others have to approve."""
        found = self._trust()
        if found != self._trusted:
            self._trusted, self._known, self._last = found, {}, None

    def _versions(self, name: str) -> tuple[_Told, ...]:
        """Return each version of a model, with all that is said of it."""
        digests = sorted({digest for _, digest in self._models.versions(name) if digest})
        return tuple(
            (name, digest, tuple(sorted(each.digest for each in self._models.referrers(name, digest))))
            for digest in digests
        )

    def _know(self, told: Sequence[_Told], at: datetime.datetime) -> None:
        """Read what is new of versions. Approvals are judged once for all: by the rules, in a process of its own."""
        looked_at = {each: self._gathered(each, at) for each in told if not self._is_known(each)}
        sound = {each: found for each, found in looked_at.items() if found}
        fresh = dict(zip(sound, judged(list(sound.values()), self._trusted), strict=True))
        self._known = {each: fresh.get(each, self._known.get(each)) for each in told}

    def _is_known(self, told: _Told) -> bool:
        """Whether what was read of a version stays. Of one without leave the ledger may have its step by now."""
        found = self._known.get(told)
        return told in self._known and not (found and any(each.wrong is Wrong.UNAPPROVED for each in found.faults))

    def _gathered(self, told: _Told, at: datetime.datetime) -> Gathered | None:
        """Return what was said of a version; nothing, where its content is not what it should be."""
        try:
            return gathered(self._models, told[0], told[1], self._trusted, at)
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
        stacks = self._deployments.stacks() if self._deployments else {}
        known = [each for each in self._known.values() if each is not None]
        return {
            "registry": self._models.registry.login_server,
            "serial": int(at.timestamp() * 1000),
            "at": written(at),
            "until": written(at + COUNTS),
            "models": {key(each): fact(each, sorted(stacks.get(each.model.digest, ()))) for each in known},
        }
