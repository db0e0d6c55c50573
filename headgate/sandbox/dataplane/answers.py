"""Answers that simulated pods keep, as their runtimes would in their own memory.

Each pod has its own, so nothing is shared between models, versions or teams; what is the oldest goes first.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from headgate.sandbox.dataplane.objects import Key, Pod
from headgate.sandbox.dataplane.tensors import Array, InferRequest

_MEBIBYTE = 2**20


def request_key(digest: str, request: InferRequest) -> bytes:
    """Return what makes two requests the same: the digest, the tensors to the last bit, the outputs asked for."""
    made = hashlib.sha256(digest.encode())
    for name, array in sorted(request.inputs.items()):
        content = array.tobytes()
        made.update(f"\0{name}\0{array.dtype.str}\0{array.shape}\0{len(content)}\0".encode() + content)
    made.update(repr(request.outputs).encode())
    return made.digest()


@dataclass
class PodAnswers:
    """What one pod keeps, for so long and so much of it."""

    uid: str
    seconds: float
    room: float
    clock: Callable[[], float] = time.monotonic
    _kept: OrderedDict[bytes, tuple[float, Mapping[str, Array]]] = field(default_factory=OrderedDict)
    _size: int = 0

    def get(self, key: bytes) -> dict[str, Array] | None:
        """Return an answer that is not too old."""
        found = self._kept.get(key)
        if found is None:
            return None
        if found[0] <= self.clock():
            self._remove(key)
            return None
        return dict(found[1])

    def put(self, key: bytes, outputs: Mapping[str, Array]) -> None:
        """Keep an answer; the oldest make room for it, and what has no room at all is not kept."""
        self._remove(key)
        size = _size(outputs)
        if size > self.room:
            return
        self._kept[key] = (self.clock() + self.seconds, dict(outputs))
        self._size += size
        while self._size > self.room:
            self._remove(next(iter(self._kept)))

    def _remove(self, key: bytes) -> None:
        _, outputs = self._kept.pop(key, (0.0, {}))
        self._size -= _size(outputs)


class KeptAnswers:
    """The answers of all pods that keep some."""

    def __init__(self) -> None:
        self._by_pod: dict[Key, PodAnswers] = {}

    def of(self, pod: Pod) -> PodAnswers:
        """Return a pod's answers; one that was made anew, or is told otherwise, begins with none."""
        standing = self._by_pod.get(pod.key)
        wanted = (pod.uid, pod.kept_seconds, pod.kept_megabytes * _MEBIBYTE)
        if standing is None or (standing.uid, standing.seconds, standing.room) != wanted:
            standing = self._by_pod[pod.key] = PodAnswers(*wanted)
        return standing

    def drop(self, pod: Pod) -> None:
        """Forget a pod that is gone."""
        self._by_pod.pop(pod.key, None)


def _size(outputs: Mapping[str, Array]) -> int:
    return sum(array.nbytes for array in outputs.values())
