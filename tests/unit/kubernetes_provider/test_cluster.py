"""Patience with an API server, and what its refusals mean."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from headgate.sandbox.kube import KubeError
from headgate.sandbox.providers.kubernetes.cluster import Cluster, Reference
from headgate.sandbox.providers.kubernetes.kinds import Kind
from headgate.sandbox.providers.kubernetes.refusal import cannot_be_previewed, refusal
from headgate.sandbox.providers.protocol.values import Secret

pytestmark = pytest.mark.unit

REFERENCE = Reference(Kind("v1", "ConfigMap"), "settings", "team")


def error(status: int, message: str = "", reason: str = "") -> KubeError:
    """Return an API server's refusal."""
    return KubeError(status, reason, message)


def attempts(first: KubeError, patience: float = 30.0) -> int:
    """Return how often a call is made that fails once and then succeeds."""
    made: list[int] = []

    def call() -> str:
        made.append(1)
        if len(made) == 1:
            raise first
        return "done"

    cluster = Cluster(None, threading.Event(), patience)  # type: ignore[arg-type]
    try:
        cluster.retry(call)
    except KubeError:
        return len(made)
    return len(made)


@pytest.mark.parametrize(
    "passing",
    [
        error(0, "connection refused"),
        error(429),
        error(503),
        error(500, "etcdserver: leader changed"),
        error(500, "failed calling webhook x: connect: connection refused"),
        error(403, "error looking up service account a/default"),
    ],
)
def test_failures_that_pass_are_repeated(passing: KubeError) -> None:
    """A server that restarts, is overloaded or elects a leader is asked again."""
    assert attempts(passing) == 2


@pytest.mark.parametrize("lasting", [error(404), error(409), error(422), error(403, "denied"), error(500, "panic")])
def test_refusals_are_not_repeated(lasting: KubeError) -> None:
    """An answer is an answer."""
    assert attempts(lasting) == 1


def test_patience_ends_and_so_does_a_cancelled_update() -> None:
    """Neither an impatient nor a cancelled caller waits."""
    assert attempts(error(0), patience=0) == 1
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(KubeError):
        Cluster(None, cancelled).retry(lambda: (_ for _ in ()).throw(error(0)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("refused", "goes_on"),
    [
        (error(0), True),
        (error(404, 'namespaces "later" not found'), True),
        (error(403, 'User "x" cannot patch resource "configmaps"'), True),
        (error(403, "unable to create new content in namespace a because it is being terminated"), True),
        (error(400, "admission webhook x does not support dry run"), True),
        (error(403, 'admission webhook "gate" denied the request: HG-SC-002'), False),
        (error(403, "exceeded quota"), False),
        (error(422, "invalid"), False),
        (error(500, "failed calling webhook"), False),
    ],
)
def test_which_refusals_a_preview_survives(refused: KubeError, goes_on: bool) -> None:
    """What is missing yet is no error; what admission and validation say is."""
    assert cannot_be_previewed(refused) is goes_on


@pytest.mark.parametrize(
    ("refused", "what", "fix"),
    [
        (error(409, "Apply failed with 1 conflict"), "conflicts with other field managers", "patchForce"),
        (error(404, "", "NoKindMatch"), "does not know the kind v1/ConfigMap", "CustomResourceDefinition"),
        (error(404, 'namespaces "team" not found'), "refuses ConfigMap team/settings", "create the namespace first"),
        (error(0, "refused"), "stopped answering", "run the update again"),
        (error(403, "hook denied the request: HG"), "refuses ConfigMap team/settings", "the same rules"),
        (error(500, "failed calling webhook: refused"), "refuses", "the webhook's server must run"),
    ],
)
def test_each_refusal_says_what_to_do(refused: KubeError, what: str, fix: str) -> None:
    """The message names the object, quotes the server and ends with an action."""
    found = refusal(refused, REFERENCE, "urn:x", {})

    assert what in found.what
    assert fix in str(found.fix)
    assert found.where == "urn:x"


def test_a_refusal_hides_secrets() -> None:
    """A value that the server quotes is masked if it was secret."""
    inputs: dict[str, Any] = {"data": Secret({"a": "hunter22"})}

    assert "hunter22" not in str(refusal(error(422, 'Invalid value: "hunter22"'), REFERENCE, "urn:x", inputs))
