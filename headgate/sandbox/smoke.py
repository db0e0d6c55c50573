"""One request through the front door: the proof that a sandbox that was just brought up serves its model."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import urllib3

from headgate.sandbox import network
from headgate.sandbox.layout import StateDir

TIMEOUT = urllib3.Timeout(connect=3.0, read=10.0)
PAUSE = 0.25


@dataclass(frozen=True)
class SmokeResult:
    """What came back. `ok` means an inference with success; `error` says what was wrong otherwise."""

    ok: bool
    url: str
    status: int
    seconds: float
    region: str = ""
    pod: str = ""
    digest: str = ""
    outputs: Mapping[str, list[Any]] | None = None
    error: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the fields for `--json`."""
        return dict(vars(self))


def smoke(
    url: str,
    model: str,
    request: Mapping[str, Any],
    *,
    state: StateDir | None = None,
    patience: float = 0.0,
    at: str = "",
    timeout: urllib3.Timeout = TIMEOUT,
) -> SmokeResult:
    """Send an inference request to `url` (`https://NAME`) and check that it is answered as the protocol says.

    The name is resolved by the network map and TLS verified by the sandbox's authority. Until `patience` seconds have
    passed a failure is tried again: probes take a moment to find a region healthy. `at` asks whoever stands behind
    another name, under the name of `url`.
    """
    where = state or StateDir.from_environment()
    deadline = time.monotonic() + patience
    while True:
        result = _attempt(f"{url.rstrip('/')}/v2/models/{model}/infer", request, where, at, timeout)
        if result.ok or time.monotonic() >= deadline:
            return result
        time.sleep(PAUSE)


def _attempt(url: str, request: Mapping[str, Any], state: StateDir, at: str, timeout: urllib3.Timeout) -> SmokeResult:
    started = time.monotonic()
    headers = {"Content-Type": "application/json", "Host": urlsplit(url).netloc}
    try:
        with _pool(url, state, at, timeout) as pool:
            response = pool.urlopen(
                "POST", urlsplit(url).path, body=json.dumps(request).encode(), headers=headers, retries=False
            )
    except (urllib3.exceptions.HTTPError, OSError) as error:
        return SmokeResult(False, url, 0, time.monotonic() - started, error=str(error))
    return _judge(url, response, time.monotonic() - started)


def _pool(url: str, state: StateDir, at: str, timeout: urllib3.Timeout) -> urllib3.HTTPConnectionPool:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    name, port = parts.hostname or "", parts.port or (443 if secure else 80)
    host, port = network.resolve(state, at or name, port) or (at or name, port)
    if not secure:
        return urllib3.HTTPConnectionPool(host, port, timeout=timeout)
    return urllib3.HTTPSConnectionPool(
        host,
        port,
        timeout=timeout,
        ca_certs=str(state.pki / "ca.crt"),
        cert_reqs="CERT_REQUIRED",
        server_hostname=name,
        assert_hostname=name,
    )


def _judge(url: str, response: urllib3.BaseHTTPResponse, seconds: float) -> SmokeResult:
    try:
        document = json.loads(response.data)
        outputs = {row["name"]: row["data"] for row in document.get("outputs") or []}
        problem = document.get("error", "")
    except (ValueError, KeyError, TypeError, AttributeError):
        outputs, problem = {}, response.data[:200].decode(errors="replace")
    return SmokeResult(
        ok=response.status == 200 and bool(outputs),
        url=url,
        status=response.status,
        seconds=seconds,
        region=response.headers.get("x-headgate-region", ""),
        pod=response.headers.get("x-headgate-pod", ""),
        digest=response.headers.get("x-headgate-model-digest", ""),
        outputs=outputs or None,
        error=str(problem),
    )
