"""What the admission gate adds to a request, in a region of the platform that `make up` brings up.

An open loop: requests are sent when they are due, however long those before them take, and count from then on. The
API server says itself how long it waited for its webhook; the same requests to a region without one, and with one that
answers at once, say the rest: no gate can be faster than that.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import yaml

from benchmarks import empty_webhook, engine, gate_alone, open_loop
from headgate.sandbox.control import Control
from headgate.sandbox.kube import KubeClient, KubeError
from headgate.sandbox.layout import CHECKOUT, StateDir

RATE, SECONDS, GOAL_SECONDS = 100, 30, 0.010
# Of the gate's pod itself, by half of the requests and by 99 in 100 (ADR 35).
_ALONE_SECONDS = (0.010, 0.025)
# A Deployment with containers, volumes and labels, so that many rules look at it; the gate refuses it.
_REQUEST = CHECKOUT / "examples" / "refused" / "model.yaml"
_HISTOGRAM = "apiserver_admission_webhook_admission_duration_seconds_bucket"
_BUCKET = re.compile(rf'^{_HISTOGRAM}{{(?P<labels>[^}}]*)le="(?P<most>[^"]+)"}} (?P<count>\S+)$', re.MULTILINE)
_REFUSED, _WARM_UP, _READ_SECONDS = 403, 50, 30.0

Buckets = Mapping[float, float]


@dataclass(frozen=True)
class Measured:
    """Seconds of each request with the gate, with none and with an empty webhook; and how many waits were how long.

    And of each that went to the gate's pod without the API server.
    """

    gated: Sequence[float]
    direct: Sequence[float]
    alone: Sequence[float]
    empty: Sequence[float]
    waits: Buckets
    empty_waits: Buckets


def measure(state: StateDir, folder: Path) -> Measured:
    """Ask a region of the platform, then one that is empty, without a webhook and with one that knows no rules."""
    control = Control(state)
    cluster, endpoints = next((each.cluster, each.endpoints) for each in control.regions() if each.endpoints)
    client = KubeClient.from_kubeconfig(endpoints.kubeconfig_path, pool_size=open_loop.WORKERS)
    _loop(client, _WARM_UP, refused=True)
    gated, waits = _waiting(client)
    document = yaml.safe_load(_REQUEST.read_text())
    ask = gate_alone.asking(control, cluster, client, document, open_loop.WORKERS)
    open_loop.seconds(ask, _WARM_UP, RATE)
    direct = open_loop.seconds(ask, RATE * SECONDS, RATE)
    with engine.region(folder) as (_, kubeconfig):
        bare = KubeClient.from_kubeconfig(kubeconfig, pool_size=open_loop.WORKERS)
        namespace = yaml.safe_load(_REQUEST.read_text())["metadata"]["namespace"]
        bare.request("POST", "/api/v1/namespaces", body={"kind": "Namespace", "metadata": {"name": namespace}})
        _loop(bare, _WARM_UP, refused=False)
        alone = _loop(bare, RATE * SECONDS, refused=False)
        with empty_webhook.asked_by(bare, folder):
            _wait_until_refused(bare)
            _loop(bare, _WARM_UP, refused=True)
            empty, empty_waits = _waiting(bare)
    return Measured(gated, direct, alone, empty, waits, empty_waits)


def _waiting(client: KubeClient) -> tuple[list[float], Buckets]:
    """Return the seconds of each request, and what the API server has counted of its waits meanwhile."""
    before = _waits(client)
    seconds = _loop(client, RATE * SECONDS, refused=True)
    return seconds, {most: count - before.get(most, 0) for most, count in _waits(client).items()}


def _wait_until_refused(client: KubeClient) -> None:
    """Ask until the API server has read of its new webhook."""
    body = yaml.safe_load(_REQUEST.read_text())
    path = client.path("apps/v1", "Deployment", body["metadata"]["namespace"])
    deadline = time.monotonic() + _READ_SECONDS
    while True:
        try:
            return _expect(client, path, body, refused=True)
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _loop(client: KubeClient, requests: int, *, refused: bool) -> list[float]:
    """Send each request when it is due, as a dry run, and return the seconds from then to its answer."""
    body = yaml.safe_load(_REQUEST.read_text())
    path = client.path("apps/v1", "Deployment", body["metadata"]["namespace"])
    return open_loop.seconds(lambda: _expect(client, path, body, refused=refused), requests, RATE)


def _expect(client: KubeClient, path: str, body: Mapping[str, Any], *, refused: bool) -> None:
    """Ask, and see that the gate answered: a request that fails for another reason measures nothing."""
    try:
        client.request("POST", path, query={"dryRun": "All"}, body=body)
        was_refused = False
    except KubeError as error:
        if error.status != _REFUSED or "[HG-" not in error.message:
            raise
        was_refused = True
    if was_refused != refused:
        raise AssertionError(f"refused={was_refused}, where {refused} was expected")


def _waits(client: KubeClient) -> dict[float, float]:
    """Return how often the API server waited at most so long for a validating webhook."""
    found: dict[float, float] = {}
    for each in _BUCKET.finditer(str(client.request("GET", "/metrics"))):
        if 'type="validating"' in each["labels"]:
            most = float(each["most"].replace("+Inf", "inf"))
            found[most] = found.get(most, 0) + float(each["count"])
    return found


def quantile(waits: Buckets, share: float) -> float:
    """Return a quantile as Prometheus has it: even within its bucket."""
    wanted, lower, below = share * max(waits.values()), 0.0, 0.0
    for most, count in sorted(waits.items()):
        if count >= wanted and count > below:
            return lower if most == float("inf") else lower + (most - lower) * (wanted - below) / (count - below)
        lower, below = most, count
    return lower


def table(measured: Measured) -> str:
    """Return what was measured, and whether the goal was kept."""
    gated, direct, alone, empty = map(sorted, (measured.gated, measured.direct, measured.alone, measured.empty))
    waited = quantile(measured.waits, 0.99)
    quick = measured.waits.get(0.005, 0) / max(measured.waits.values())
    click.echo(f"waits by bucket: {dict(measured.waits)}, of the empty one: {dict(measured.empty_waits)}", err=True)
    met = "yes" if waited <= GOAL_SECONDS else "no"
    rows = [
        f"| a request to a region with the gate | {_ms(gated, 0.5)} | {_ms(gated, 0.99)} | - | - |",
        f"| the same to a region without one | {_ms(alone, 0.5)} | {_ms(alone, 0.99)} | - | - |",
        f"| the same to that with an empty webhook | {_ms(empty, 0.5)} | {_ms(empty, 0.99)} | - | - |",
        f"| the gate's pod, asked without the API server | {_ms(direct, 0.5)} | {_ms(direct, 0.99)} "
        f"| {_alone(direct)} |",
        f"| the wait for the gate, as the API server has counted it | {_counted(measured.waits)} "
        f"| at most {GOAL_SECONDS * 1e3:.0f} ms | {met} |",
        f"| the wait for the empty webhook | {_counted(measured.empty_waits)} | - | - |",
    ]
    return "\n".join(
        [
            f"{len(gated):,} requests, {RATE} a second; {quick:.1%} of the waits are in the histogram's first bucket, "
            "of 5 ms:",
            "",
            "| what | median | p99 | goal | met |",
            "|---|---|---|---|---|",
            *rows,
        ]
    )


def _alone(ordered: Sequence[float]) -> str:
    """Return a table's goal of the gate's pod itself, and whether it was kept."""
    kept = all(_at(ordered, share) <= most for share, most in zip((0.5, 0.99), _ALONE_SECONDS, strict=True))
    return " and ".join(f"{most * 1e3:.0f}" for most in _ALONE_SECONDS) + f" ms | {'yes' if kept else 'no'}"


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _ms(ordered: Sequence[float], share: float) -> str:
    return f"{_at(ordered, share) * 1e3:.1f} ms"


def _counted(waits: Buckets) -> str:
    """Return a table's median and p99 of what an API server has counted."""
    return " | ".join(f"{quantile(waits, share) * 1e3:.1f} ms" for share in (0.5, 0.99))
