"""Answers that pods keep: for the same request alone, for so long, and for so much of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from headgate.sandbox.dataplane.answers import KeptAnswers, PodAnswers, request_key
from headgate.sandbox.dataplane.objects import Pod
from headgate.sandbox.dataplane.tensors import InferRequest

pytestmark = pytest.mark.unit

ANSWER = {"score": np.zeros(2, dtype="<f4")}


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time that was set."""
        return self.now


def request(array: Any, name: str = "x", outputs: tuple[str, ...] = ()) -> InferRequest:
    """Return a request with one input."""
    return InferRequest({name: np.asarray(array)}, outputs)


def test_only_a_request_that_is_the_same_to_the_last_bit_is_the_same() -> None:
    """Digest, name, type, shape, content, and what is asked for; its id is no part of it."""
    requests = [
        request([1.0, 2.0]),
        request([1.0, 2.0], "y"),
        request([[1.0, 2.0]]),
        request([1.0, 2.5]),
        request(np.asarray([1.0, 2.0], dtype="<f4")),
        request([1.0, 2.0], outputs=("score",)),
        InferRequest({"x": np.asarray([1.0]), "y": np.asarray([2.0])}),
    ]
    keys = {request_key(digest, each) for digest in ("sha256:a", "sha256:b") for each in requests}

    assert len(keys) == 14
    assert request_key("d", requests[0]) == request_key("d", InferRequest(requests[0].inputs, (), "7"))


def test_an_answer_is_given_again_until_its_time_is_over() -> None:
    """And by nobody else's reference: what a caller does with it changes nothing."""
    clock = Clock()
    pod = PodAnswers("uid", 60, 1000, clock)
    pod.put(b"k", ANSWER)
    given = pod.get(b"k")
    assert given is not None
    given.clear()
    clock.now = 59.9
    again = pod.get(b"k")
    clock.now = 60.0

    assert (again, pod.get(b"k"), pod.get(b"other")) == (ANSWER, None, None)


def test_the_oldest_makes_room_and_what_is_too_large_is_not_kept() -> None:
    """Twenty bytes have room for two answers of eight."""
    pod = PodAnswers("uid", 60, 20, Clock())
    for key in (b"a", b"b", b"a", b"c"):
        pod.put(key, ANSWER)
    pod.put(b"large", {"score": np.zeros(6, dtype="<f4")})

    assert [key for key in (b"a", b"b", b"c", b"large") if pod.get(key)] == [b"a", b"c"]


def test_a_pod_made_anew_begins_with_none(make_pod: Callable[..., Any]) -> None:
    """As does one that is told otherwise; each pod has its own."""
    told = {"containers": [{"args": ["--response-cache-seconds=60", "--response-cache-megabytes=1"]}]}
    first = Pod.read(make_pod("a", spec=told))
    anew = Pod.read(make_pod("a", spec=told, metadata={"uid": "another"}))
    kept = KeptAnswers()
    kept.of(first).put(b"k", ANSWER)

    assert (first.kept_seconds, first.kept_megabytes, Pod.read(make_pod("b")).kept_seconds) == (60, 1, 0)
    assert (kept.of(first).get(b"k"), kept.of(Pod.read(make_pod("b", spec=told))).get(b"k")) == (ANSWER, None)
    assert kept.of(anew).get(b"k") is None
    kept.drop(anew)
    assert kept.of(anew).get(b"k") is None
