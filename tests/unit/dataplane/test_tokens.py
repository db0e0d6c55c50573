"""Tokens of language models: what may be spent is, what may not is refused, and what is in flight shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from headgate.sandbox.dataplane.cluster import Cluster
from headgate.sandbox.dataplane.held import Held
from headgate.sandbox.dataplane.metrics import exposition
from headgate.sandbox.dataplane.objects import Pod
from headgate.sandbox.dataplane.simulation import Loads
from headgate.sandbox.dataplane.tokens import SpentError, Tokens

pytestmark = pytest.mark.unit

Make = Callable[..., dict[str, Any]]
IMAGE = "reg.example/runtimes/simulated-llm@sha256:" + "a" * 64


def pod(make_pod: Make, *arguments: str, **requests: str) -> Pod:
    """Return a pod whose runtime is told so."""
    container = {"name": "runtime", "image": IMAGE, "args": list(arguments), "resources": {"requests": requests}}
    return Pod.read(make_pod("a", spec={"containers": [container]}))


class Clock:
    """Seconds and a month that a test sets."""

    def __init__(self) -> None:
        self.now, self.month = 0.0, "2026-01"

    def tokens(self) -> Tokens:
        """Return accounts by this clock."""
        return Tokens("uaenorth", lambda: self.now, lambda: self.month)


def test_a_minute_and_a_month_have_their_limits(make_pod: Make) -> None:
    """The request that goes over is answered, the next one is refused with the span; both pass with time."""
    clock = Clock()
    tokens, served = clock.tokens(), pod(make_pod, "--tokens-per-minute=100", "--tokens-per-month=250")
    for second in (0, 1):
        clock.now = second
        tokens.admit(served, "assistant")
        tokens.spend(served, "assistant", "1.0.0", 40, 20)
    with pytest.raises(SpentError, match="120 of 100 tokens of this minute"):
        tokens.admit(served, "assistant")
    tokens.admit(served, "another")
    clock.now = 62
    tokens.admit(served, "assistant")
    tokens.spend(served, "assistant", "1.0.0", 100, 30)
    clock.now = 200
    with pytest.raises(SpentError, match="250 of 250 tokens of this month"):
        tokens.admit(served, "assistant")
    clock.month = "2026-02"

    tokens.admit(served, "assistant")


def test_what_is_in_flight_and_what_was_spent_shows(make_pod: Make) -> None:
    """From the pod's first moment on, since an autoscaler without a figure does nothing; gone with the pod."""
    tokens, served = Tokens("uaenorth"), pod(make_pod, "--tokens-per-minute=100")

    def page() -> list[str]:
        return [line for line in exposition(tokens.metrics()).splitlines() if not line.startswith("#")]

    tokens.show(served)
    assert page() == ['headgate_tokens_in_flight{region="uaenorth",namespace="team-fraud",pod="a"} 0']
    with tokens.holding(served, 300), tokens.holding(served, 20):
        assert page()[0].endswith(" 320")
    tokens.spend(served, "assistant", "1.0.0", 5, 7)
    tokens.drop(served)
    about = 'region="uaenorth",namespace="team-fraud",model="assistant",version="1.0.0"'

    assert page() == [
        f'headgate_tokens_total{{{about},kind="answer"}} 7',
        f'headgate_tokens_total{{{about},kind="prompt"}} 5',
    ]


def test_a_model_that_is_told_no_limit_has_none(make_pod: Make) -> None:
    """It is no language model: no tokens of it are shown."""
    tokens, served = Tokens("uaenorth"), pod(make_pod)
    tokens.show(served)
    tokens.spend(served, "m", "1.0.0", 10**9, 0)
    tokens.admit(served, "m")

    assert "in_flight{" not in exposition(tokens.metrics())


def test_what_pods_hold_shows_under_the_names_of_a_real_cluster(make_pod: Make) -> None:
    """Requests by container, phases, and a GPU that is as busy as the pod's workers."""
    cluster, loads = Cluster(), Loads()
    document = make_pod(
        "a",
        spec={
            "containers": [
                {
                    "name": "runtime",
                    "image": IMAGE,
                    "args": ["--input-range=amount=-1e3:2.5", "--input-range=hour=0:24"],
                    "resources": {"requests": {"cpu": "500m", "memory": "1Gi", "nvidia.com/gpu": "1"}},
                }
            ]
        },
    )
    cluster.change_pod("ADDED", document)
    read = cluster.pods["team-fraud", "a"]
    loads.of(read).in_flight = 1
    lines = [
        line for line in exposition(Held("uaenorth", cluster, loads).gauges()).splitlines() if not line.startswith("#")
    ]
    pod_is = 'region="uaenorth",namespace="team-fraud",pod="a"'
    asked = f'kube_pod_container_resource_requests{{{pod_is},container="runtime"'

    assert dict(read.input_ranges) == {"amount": (-1000.0, 2.5), "hour": (0.0, 24.0)}
    assert lines == [
        f'{asked},resource="cpu",unit="core"}} 0.5',
        f'{asked},resource="memory",unit="byte"}} 1073741824',
        f'{asked},resource="nvidia_com_gpu",unit="integer"}} 1',
        f'kube_pod_status_phase{{{pod_is},phase="Pending"}} 0',
        f'kube_pod_status_phase{{{pod_is},phase="Running"}} 1',
        f'DCGM_FI_DEV_GPU_UTIL{{{pod_is},gpu="0"}} 50',
    ]
