"""Finds the entries that an answer rests on, in flat memory, whatever the size of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from headgate.audit.index import Index
from headgate.audit.query import Query, scan
from headgate.audit.reader import LedgerReader
from headgate.errors import HeadgateError
from headgate.evidence.answer import is_shown, model_digests
from headgate.evidence.entries import EVENTS, LIFE, Entry
from headgate.evidence.question import Question
from headgate.evidence.windows import windows


class Collector:
    """Searches one ledger for one question."""

    def __init__(self, reader: LedgerReader, question: Question, index: Index | None) -> None:
        """Take where to look; without an index every entry is looked at."""
        self._reader, self._question, self._index = reader, question, index

    def _find(self, query: Query) -> Iterator[Entry]:
        """Yield entries in order."""
        found = self._index.find(query) if self._index else scan(self._reader, query)
        return (Entry(number, one.document) for number, one in found)

    def collect(self) -> list[Entry]:
        """Return the entries, in order, each once."""
        # Whenever it was: what is deployed may have been registered long before the time that is asked about.
        models = list(self._find(Query(kind="model", model=self._question.model)))
        digests = model_digests(models) if self._question.model else None
        if digests is not None and not digests:
            raise HeadgateError(
                "the ledger knows no such model",
                where=str(self._reader.folder.root),
                found=f"no entry of kind `model` about {self._question.model} with a digest",
                expected="a model as its entries name it, such as fraud-score@3.2.1",
                fix=f"headgate audit query --kind model --ledger {self._reader.folder.root}",
            )
        if (stack := self._question.stack) and next(self._find(Query(stack=stack)), None) is None:
            raise HeadgateError(
                "the ledger knows no such stack",
                where=str(self._reader.folder.root),
                found=f"no entry that names {stack}",
                expected="a stack as its entries name it, such as fraud-prod",
                fix=f"headgate audit query --kind deployment --ledger {self._reader.folder.root}",
            )
        chosen: dict[int, Entry] = {}
        stacks = self._stacks(digests)
        for stack in stacks:
            for window in windows(self._life(stack)):
                if window.deployment is None or is_shown(window.deployment, self._question, digests):
                    chosen |= {entry.number: entry for entry in window.entries}
        about_models = models if self._question.model else self._models_of(chosen.values(), models)
        chosen |= {entry.number: entry for entry in (*about_models, *self._events(stacks))}
        return [chosen[number] for number in sorted(chosen)]

    def _stacks(self, digests: frozenset[str] | None) -> list[str]:
        """Return the stacks that are asked about: the one, those that have the model, or all."""
        if self._question.stack:
            return [self._question.stack]
        deployments = self._find(Query(kind="deployment"))
        found = {one.stack for one in deployments if digests is None or digests & one.digests}
        return sorted(found)

    def _life(self, stack: str) -> Iterator[Entry]:
        """Yield a stack's plans, decisions, approvals and deployments, in order."""
        return (entry for entry in self._find(Query(stack=stack)) if entry.kind in LIFE)

    def _events(self, stacks: list[str]) -> Iterator[Entry]:
        """Yield what else happened to the stacks in the time that is asked about."""
        for stack in stacks:
            for entry in self._find(Query(stack=stack, start=self._question.since)):
                if entry.kind in EVENTS:
                    yield entry

    def _models_of(self, chosen: Iterable[Entry], models: list[Entry]) -> list[Entry]:
        """Return what is recorded about the models that the deployments consist of."""
        deployed = frozenset().union(*(entry.digests for entry in chosen if entry.kind == "deployment"))
        return [entry for entry in models if entry.digests & deployed]
