"""What is asked of a ledger's entries, and the answer: found by the index, judged by the entries themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from headgate.audit.canonical import canonical, parse
from headgate.audit.reader import LedgerReader
from headgate.audit.terms import Term, digest_of, moment, terms_of

_NAMES = ("kind", "actor", "subject")


@dataclass(frozen=True)
class Query:
    """Which entries; what is None is not asked for. `subject` is contained, the rest is whole."""

    kind: str | None = None
    actor: str | None = None
    subject: str | None = None
    stack: str | None = None
    model: str | None = None
    digest: str | None = None
    start: str | None = None
    end: str | None = None

    @property
    def terms(self) -> list[Term]:
        """The terms that an entry must have."""
        wanted = {"stack": self.stack, "model": self.model, "digest": self.digest and digest_of(self.digest)}
        return [Term(kind, value) for kind, value in wanted.items() if value]

    @property
    def period(self) -> tuple[str | None, str | None]:
        """The first moment, and the one behind the last; ValueError when one is no time."""
        return self.start and moment(self.start), self.end and moment(self.end)

    def matches(self, found: Described) -> bool:
        """Say whether an entry is asked for."""
        start, end = self.period
        return (
            self.kind in (None, found.kind)
            and self.actor in (None, found.actor)
            and (self.subject is None or self.subject in found.subject)
            and (start is None or start <= found.time)
            and (end is None or "" < found.time < end)
            and all(term in found.terms for term in self.terms)
        )


@dataclass(frozen=True, slots=True)
class Described:
    """An entry as it is searched for. What is no envelope has empty fields, and is there all the same."""

    kind: str
    time: str
    actor: str
    subject: str
    terms: frozenset[Term]
    document: dict[str, Any]


def describe(reader: LedgerReader, entry: bytes) -> Described:
    """Read an entry, its payload included."""
    try:
        envelope = parse(entry)
    except ValueError:
        envelope = None
    if not isinstance(envelope, dict):
        return Described("", "", "", "", frozenset(), {"raw": entry.decode(errors="replace")})
    document, content = envelope, entry
    if "blob" in envelope:
        document = reader.document(entry)
        content = canonical(document["data"])
    kind, actor, subject = (value if isinstance(value := envelope.get(name), str) else "" for name in _NAMES)
    return Described(kind, _time(envelope), actor, subject, frozenset(terms_of(document, content)), document)


def _time(envelope: dict[str, Any]) -> str:
    """Return an entry's time in the form that sorts; empty when it has none."""
    try:
        return moment(str(envelope.get("time")))
    except ValueError:
        return ""


def scan(reader: LedgerReader, query: Query, *, newest_first: bool = False) -> Iterator[tuple[int, Described]]:
    """Yield what matches, having looked at every entry: the answer that needs no index."""
    numbers = range(reader.checkpoint.size)
    for index in reversed(numbers) if newest_first else numbers:
        found = describe(reader, reader.entry(index))
        if query.matches(found):
            yield index, found
