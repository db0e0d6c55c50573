"""Load: so many requests a second for so long, whatever the answers take (open loop), and what came of them.

Open loop, because callers do not wait for each other: a slow region then shows as latency instead of as fewer requests.
Bounded in rate, time and requests in flight. Names are resolved by the sandbox's network map and TLS is verified.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from headgate.errors import HeadgateError
from headgate.sandbox import network
from headgate.sandbox.layout import StateDir

MAX_RATE = 2000.0
MAX_SECONDS = 3600.0
MAX_IN_FLIGHT = 1000
REGION_HEADER = "x-headgate-region"
POD_HEADER = "x-headgate-pod"


@dataclass(frozen=True)
class Load:
    """What to send: `rate` requests a second for `seconds`, each given up after `timeout`."""

    url: str
    rate: float
    seconds: float
    body: Mapping[str, Any] | None = None
    timeout: float = 10.0

    def __post_init__(self) -> None:
        """Refuse what would be an attack on the machine."""
        if not (0 < self.rate <= MAX_RATE and 0 < self.seconds <= MAX_SECONDS):
            raise HeadgateError(
                "this load is out of bounds",
                found=f"{self.rate} requests a second for {self.seconds} s",
                expected=f"at most {MAX_RATE:g} a second for at most {MAX_SECONDS:g} s",
            )


@dataclass(frozen=True)
class Sample:
    """One request: when it was due (seconds after the start), how long it took, what answered."""

    due: float
    seconds: float
    status: int
    region: str = ""
    pod: str = ""
    error: str = ""

    @property
    def good(self) -> bool:
        """Whether it was answered with success."""
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Latency:
    """Seconds, of the successful answers."""

    p50: float = 0.0
    p90: float = 0.0
    p99: float = 0.0
    worst: float = 0.0

    @classmethod
    def of(cls, seconds: list[float]) -> Latency:
        """Return the quantiles."""
        ordered = sorted(seconds)
        if not ordered:
            return cls()
        last = len(ordered) - 1
        p50, p90, p99 = (ordered[round(last * share)] for share in (0.5, 0.9, 0.99))
        return cls(p50, p90, p99, ordered[last])


@dataclass(frozen=True)
class Outcome:
    """All samples of a load, and their sums."""

    samples: tuple[Sample, ...] = field(repr=False)

    @property
    def sent(self) -> int:
        """Requests sent."""
        return len(self.samples)

    @property
    def good(self) -> int:
        """Requests answered with success."""
        return sum(sample.good for sample in self.samples)

    @property
    def success(self) -> float:
        """Share of successes, 0 to 1."""
        return self.good / self.sent if self.samples else 0.0

    @property
    def latency(self) -> Latency:
        """Latency of the successes."""
        return Latency.of([sample.seconds for sample in self.samples if sample.good])

    @property
    def regions(self) -> dict[str, Outcome]:
        """The same by region; what nobody answered is under the empty name."""
        names = sorted({sample.region for sample in self.samples})
        return {name: Outcome(tuple(row for row in self.samples if row.region == name)) for name in names}

    @property
    def pods(self) -> dict[str, int]:
        """Successes by pod."""
        return dict(sorted(Counter(sample.pod for sample in self.samples if sample.good).items()))

    @property
    def statuses(self) -> dict[int, int]:
        """Answers by status; 0 is no answer."""
        return dict(sorted(Counter(sample.status for sample in self.samples).items()))

    def as_json(self) -> dict[str, Any]:
        """Return the sums."""
        own = {
            "sent": self.sent,
            "good": self.good,
            "success": round(self.success, 5),
            "statuses": {str(status): count for status, count in self.statuses.items()},
            "latency": {key: round(value, 4) for key, value in vars(self.latency).items()},
        }
        if len(self.regions) > 1:
            own["regions"] = {name: part.as_json() for name, part in self.regions.items()}
        return own


class Watch:
    """Looks on while a load is sent, from another thread: what came so far, and whether it is to end early."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self._lock = threading.Lock()
        self._start = time.monotonic()
        self._open: set[float] = set()
        self._samples: list[Sample] = []

    def now(self) -> float:
        """Return the seconds since the load began."""
        return time.monotonic() - self._start

    def seen(self) -> tuple[tuple[Sample, ...], float]:
        """Return what came, and until when all that was due has come."""
        with self._lock:
            return tuple(self._samples), min(self._open, default=self.now())

    def begin(self, start: float) -> None:
        """Take over the load's clock."""
        self._start = start

    def follow(self, due: float, task: asyncio.Task[Sample]) -> None:
        """Follow one request."""
        with self._lock:
            self._open.add(due)
        task.add_done_callback(lambda done: self._came(due, done))

    def _came(self, due: float, done: asyncio.Task[Sample]) -> None:
        with self._lock:
            self._open.discard(due)
            if not done.cancelled() and done.exception() is None:
                self._samples.append(done.result())


# Before that, a connection over TLS whose other end stands still is never closed, unless the connector sees to it.
_TLS_STAYS_OPEN = sys.version_info < (3, 12, 8)


class MapResolver(AbstractResolver):
    """Resolves names by the network map, and leaves to the system what is not in it."""

    def __init__(self, state: StateDir | None) -> None:
        self._state = state

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return where a name really is."""
        mapped = network.resolve(self._state, host, port) if self._state else None
        if mapped is None:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
            mapped = str(found[0][4][0]), int(found[0][4][1])
        return [ResolveResult(hostname=host, host=mapped[0], port=mapped[1], family=family, proto=0, flags=0)]

    async def close(self) -> None:
        """Hold nothing."""


def trust(state: StateDir | None) -> ssl.SSLContext:
    """Return a context that trusts the sandbox's authority where there is one, and the system's otherwise."""
    ca = state.pki / "ca.crt" if state else None
    return ssl.create_default_context(cafile=str(ca) if ca and ca.is_file() else None)


async def send(load: Load, state: StateDir | None = None, watch: Watch | None = None) -> Outcome:
    """Send a load and wait for all its answers; one that is watched may be ended early."""
    connector = aiohttp.TCPConnector(
        limit=MAX_IN_FLIGHT, resolver=MapResolver(state), ssl=trust(state), enable_cleanup_closed=_TLS_STAYS_OPEN
    )
    timeout = aiohttp.ClientTimeout(total=load.timeout)
    body = json.dumps(load.body).encode() if load.body is not None else None
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        start, tasks = time.monotonic(), []
        watch = watch or Watch()
        watch.begin(start)
        for number in range(max(1, round(load.rate * load.seconds))):
            due = number / load.rate
            await asyncio.sleep(max(0.0, start + due - time.monotonic()))
            if watch.ended.is_set():
                break
            tasks.append(asyncio.create_task(_one(session, load.url, body, start, due)))
            watch.follow(due, tasks[-1])
        return Outcome(tuple(await asyncio.gather(*tasks)))


async def _one(session: aiohttp.ClientSession, url: str, body: bytes | None, start: float, due: float) -> Sample:
    """Send one request; its latency counts from when it was due, so that a stalled sender hides nothing."""
    status, region, pod, problem = 0, "", "", ""
    headers = {"Content-Type": "application/json"} if body is not None else None
    try:
        async with session.request("POST" if body is not None else "GET", url, data=body, headers=headers) as answer:
            await answer.read()
            status = answer.status
            region, pod = answer.headers.get(REGION_HEADER, ""), answer.headers.get(POD_HEADER, "")
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        problem = f"{type(error).__name__}: {error}"
    return Sample(due, time.monotonic() - start - due, status, region, pod, problem)


def run(load: Load, state: StateDir | None = None, watch: Watch | None = None) -> Outcome:
    """Send a load from code that is not asynchronous."""
    return asyncio.run(send(load, state, watch))
