"""The loop that waits: looks at an object until it is ready, fails, or its time is up.

Owns time and messages. It polls: a watch per object would cost the API server more than a look that gets rarer, and a
server that restarts ends watches, not looks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from headgate.sandbox.kube import KubeError
from headgate.sandbox.providers.kubernetes.awaiting.verdict import Document, Readiness, Verdict, View
from headgate.sandbox.providers.kubernetes.checkpoint import masked
from headgate.sandbox.providers.kubernetes.cluster import Cluster, Reference
from headgate.sandbox.providers.protocol.values import Properties

_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 1.0
_GROWTH: Final = 1.5
_EXPLAIN_EACH: Final = 10.0
_CANCELLED: Final = "the update was cancelled while the resource was getting ready"


@dataclass(eq=False)
class NotReadyError(Exception):
    """The object exists and is not ready; `live` is how it was last seen."""

    live: Document
    reasons: Sequence[str]

    def __str__(self) -> str:
        return "; ".join(self.reasons)


class _Progress:
    """What a wait says while it lasts: what it waits for, and once that takes long, what holds it back."""

    def __init__(
        self, readiness: Readiness, view: View, say: Callable[[str], None], warn: Callable[[str], None]
    ) -> None:
        self._readiness, self._view, self._say, self._warn = readiness, view, say, warn
        self._said, self._details, self._warned = "", "", set[str]()
        self._explained = 0.0

    def tell(self, verdict: Verdict, live: Document, waited: float) -> None:
        """Say what is new: what it waits for until the next word, what nobody here will end for good."""
        if waited >= self._explained + _EXPLAIN_EACH:
            self._explained = waited
            self._explain(live)
        text = f"waiting for {verdict.waiting_for}{self._details}"
        if text != self._said:
            self._said = text
            self._say(text)

    def _explain(self, live: Document) -> None:
        try:
            self._details = "".join(f"; {line}" for line in self._readiness.explain(live, self._view))
            lines = [line for line in self._readiness.stuck(live, self._view) if line not in self._warned]
        except KubeError as error:
            self._details = f"; why can't be seen: {error.message}"
            return
        for line in lines:
            self._warned.add(line)
            self._warn(line)


class Wait:
    """Waiting for the objects of one cluster."""

    def __init__(self, cluster: Cluster, cancelled: threading.Event) -> None:
        """Use a cluster; `cancelled` ends every wait."""
        self._cluster, self._cancelled = cluster, cancelled

    def until_ready(
        self,
        reference: Reference,
        live: Document,
        readiness: Readiness,
        timeout: float,
        say: Callable[[str], None],
        warn: Callable[[str], None],
    ) -> Document:
        """Return the object once it is ready. Raises NotReadyError with reasons when it does not get there."""
        started, pause, failing_since, settling_since = time.monotonic(), _FIRST_PAUSE, None, None
        progress = _Progress(readiness, self._cluster, say, warn)
        while True:
            verdict = self._look(readiness, live)
            if verdict.ready:
                return live
            now = time.monotonic()
            settling_since = (settling_since or now) if verdict.settles is not None else None
            if settling_since is not None and now - settling_since >= (verdict.settles or 0):
                return live
            failing_since = (failing_since or now) if verdict.failing else None
            if failing_since is not None and now - failing_since >= verdict.grace:
                raise self._not_ready(live, readiness, verdict.failing or "")
            if now - started >= timeout:
                raise self._not_ready(
                    live, readiness, f"not ready after {timeout:.0f} seconds, waiting for {verdict.waiting_for}"
                )
            progress.tell(verdict, live, now - started)
            if self._cancelled.wait(pause):
                raise NotReadyError(live, [_CANCELLED])
            pause = min(pause * _GROWTH, _LONGEST_PAUSE)
            live = self._again(reference, live)

    def until_gone(self, reference: Reference, uid: str | None, timeout: float, say: Callable[[str], None]) -> None:
        """Return once the object is gone (or another one has its name). Raises NotReadyError when it stays."""
        started, pause, said = time.monotonic(), _FIRST_PAUSE, ""
        while True:
            live = self._cluster.get(reference)
            if live is None or (uid and live["metadata"].get("uid") != uid):
                return
            holding = _what_holds(live)
            if time.monotonic() - started >= timeout:
                raise NotReadyError(live, [f"still there after {timeout:.0f} seconds, {holding}"])
            if holding != said:
                said = holding
                say(f"waiting for deletion, {said}")
            if self._cancelled.wait(pause):
                raise NotReadyError(live, ["the update was cancelled while the resource was being deleted"])
            pause = min(pause * _GROWTH, _LONGEST_PAUSE)

    def _look(self, readiness: Readiness, live: Document) -> Verdict:
        try:
            return readiness.check(live, self._cluster)
        except KubeError as error:
            raise NotReadyError(live, [f"its readiness can't be seen: {error.message}"]) from error

    def _again(self, reference: Reference, last: Document) -> Document:
        try:
            live = self._cluster.get(reference)
        except KubeError as error:
            # The object was applied: state must keep it, whatever became of the server.
            raise NotReadyError(last, [f"the API server went away during the wait: {error.message}"]) from error
        if live is None:
            raise NotReadyError(last, ["it was deleted while it was getting ready"])
        return live

    def _not_ready(self, live: Document, readiness: Readiness, reason: str) -> NotReadyError:
        try:
            details = list(readiness.explain(live, self._cluster))
        except KubeError as error:
            details = [f"why can't be seen: {error.message}"]
        return NotReadyError(live, [reason, *details])


def sayer(send: Callable[[str, str], None], urn: str, inputs: Properties | None = None) -> Callable[[str], None]:
    """Return the function that shows a message beside a resource, without the secrets that it was given."""
    return lambda message: send(urn, masked(message, inputs or {}))


def _what_holds(live: Document) -> str:
    metadata = live["metadata"]
    finalizers = metadata.get("finalizers") or (live.get("spec") or {}).get("finalizers") or []
    if not metadata.get("deletionTimestamp"):
        return "the API server has not marked it deleted"
    return f"held by finalizers {', '.join(finalizers)}" if finalizers else "its pods are ending"
