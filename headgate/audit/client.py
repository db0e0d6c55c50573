"""The client of a collector: entries over HTTPS on loopback, durable when the call returns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import urllib3

from headgate.audit.entry import Entry
from headgate.errors import HeadgateError

# What says that nothing was kept, and to try again.
_BUSY = (429, 503)
_RETRIES = urllib3.Retry(
    connect=3,
    read=0,
    redirect=0,
    status=3,
    other=0,
    status_forcelist=_BUSY,
    allowed_methods=None,
    raise_on_status=False,
    respect_retry_after_header=False,
    backoff_factor=0.2,
)


class UnreachableError(HeadgateError):
    """Nobody who can keep entries answered. They can be sent again: what was refused for its form is another error."""


def append(
    entries: Sequence[Entry | Mapping[str, Any]],
    address: str,
    token: str,
    *,
    ca: str | None = None,
    timeout: float = 30.0,
) -> range:
    """Send entries to a collector and return their indexes in the ledger; raises unless they are durable.

    `ca` is the PEM file that an https address is verified by, in place of the system's authorities.
    """
    documents = [entry.as_json() if isinstance(entry, Entry) else entry for entry in entries]
    if not documents:
        return range(0)
    body = "\n".join(json.dumps(document, ensure_ascii=False) for document in documents).encode()
    return send(body, address, token, ca=ca, timeout=timeout)


def send(body: bytes, address: str, token: str, *, ca: str | None = None, timeout: float = 30.0) -> range:
    """Send JSON lines in one request, which is kept whole or not at all."""
    headers = {"authorization": f"Bearer {token}", "content-type": "application/jsonl"}
    try:
        with urllib3.PoolManager(retries=_RETRIES, cert_reqs="CERT_REQUIRED", ca_certs=ca) as pool:
            answer = pool.request("POST", f"{address}/v1/entries", body=body, headers=headers, timeout=timeout)
    except urllib3.exceptions.HTTPError as error:
        raise UnreachableError(
            "the collector can't be reached: the entries were not recorded",
            where=address,
            found=str(error),
            fix="run `headgate sandbox status` to see whether the collector runs",
        ) from error
    if answer.status != 200:
        raise (UnreachableError if answer.status in _BUSY else HeadgateError)(
            "the collector refused the entries",
            where=address,
            found=f"{answer.status} {answer.data.decode(errors='replace')[:300]}",
            expected="200, which means durable",
        )
    indexes = answer.json()
    return range(indexes["first"], indexes["first"] + indexes["count"])


def size(address: str, *, ca: str | None = None, timeout: float = 30.0) -> int:
    """Return how many entries a collector has made durable; its checkpoint may cover fewer for a second."""
    try:
        with urllib3.PoolManager(retries=_RETRIES, cert_reqs="CERT_REQUIRED", ca_certs=ca) as pool:
            return int(pool.request("GET", f"{address}/healthz", timeout=timeout).json()["size"])
    except (urllib3.exceptions.HTTPError, ValueError, LookupError, TypeError) as error:
        raise UnreachableError(
            "the collector can't be reached", where=address, found=str(error), expected="an answer on /healthz"
        ) from error
