"""What an update did to each resource, as the engine's events tell it: which operation, and how it ended.

What stays as it is is counted alone. Errors are the engine's own words, which may quote a secret: until somebody has
masked them they are not told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any

from headgate.engine.events import Event, told

UNTOLD = "not masked, so not told"
_SAME = "same"
# Of an error the beginning tells the cause; of many, the first.
_LONGEST = 2000
_MOST_WORDS = 3
_MOST_ERRORS = 20


class Result(StrEnum):
    """How an operation on a resource ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNFINISHED = "unfinished"
    """It was begun, and the engine told no end: it was cut off, or killed."""


class Steps:
    """The operations of one update, as they come."""

    def __init__(self) -> None:
        self.about: dict[str, Any] = {}
        """What else is known of the update: its plan, the tree and commit it was made from."""
        self._results: dict[tuple[str, str], Result] = {}
        self._words: dict[str, list[str]] = {}
        self._unchanged: set[str] = set()
        self._is_masked = False

    def see(self, event: Event) -> None:
        """Take in one event."""
        diagnostic = event.get("diagnosticEvent")
        if diagnostic and diagnostic.get("severity") == "error":
            self._say(str(diagnostic.get("urn") or ""), told(diagnostic))
        violation = event.get("policyEvent")
        if violation and violation.get("enforcementLevel") == "mandatory":
            self._say(str(violation.get("resourceUrn") or ""), f"{violation.get('policyName')}: refused by policy")
        for name, result in _ENDS.items():
            step = event.get(name)
            if step and not step.get("planning"):
                self._end(step["metadata"], result)

    def _end(self, metadata: Event, result: Result) -> None:
        """Note where an operation stands; what is over does not begin again."""
        urn, operation = str(metadata["urn"]), str(metadata["op"])
        if operation == _SAME:
            self._unchanged.add(urn)
        elif result is not Result.UNFINISHED or (urn, operation) not in self._results:
            self._results[urn, operation] = result

    def _say(self, urn: str, words: str) -> None:
        """Keep an error of a resource, or of the update as a whole."""
        said = self._words.setdefault(urn, [])
        if len(said) < (_MOST_WORDS if urn else _MOST_ERRORS) and words not in said:
            said.append(words)
            self._is_masked = False

    def mask(self, redact: Callable[[str], str]) -> None:
        """Mask the errors, before anybody is told of them."""
        self._words = {urn: [redact(each)[:_LONGEST] for each in said] for urn, said in self._words.items()}
        self._is_masked = True

    @property
    def is_empty(self) -> bool:
        """Whether the engine was not even asked."""
        return not (self._results or self._words or self._unchanged)

    def counts(self) -> dict[str, int]:
        """Return how many operations ended how, and how many resources stayed as they were."""
        found = Counter(str(result) for result in self._results.values())
        return {**dict(sorted(found.items())), "unchanged": len(self._unchanged)}

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield each operation, in the order in which they began."""
        for (urn, operation), result in self._results.items():
            row: dict[str, Any] = {"urn": urn, "operation": operation, "result": str(result)}
            if result is Result.FAILED and (said := self._told(urn)):
                row["errors"] = said
            yield row

    def errors(self) -> list[str]:
        """Return what is wrong with no operation in particular."""
        failed = {urn for (urn, _), result in self._results.items() if result is Result.FAILED}
        left = [each for urn in self._words if urn not in failed for each in self._told(urn)]
        return left[:_MOST_ERRORS] if self._is_masked else left[:1]

    def _told(self, urn: str) -> list[str]:
        """Return the errors of a resource, once they are masked."""
        said = self._words.get(urn, [])
        return said if self._is_masked or not said else [UNTOLD]


_ENDS = {
    "resourcePreEvent": Result.UNFINISHED,
    "resOutputsEvent": Result.SUCCEEDED,
    "resOpFailedEvent": Result.FAILED,
}
