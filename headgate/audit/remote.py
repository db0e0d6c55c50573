"""Reads a ledger through its collector, and believes nothing but a key: each answer is checked before it is given."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import urllib3

from headgate.audit.canonical import parse
from headgate.audit.checkpoint import Checkpoint
from headgate.audit.note import Verifier
from headgate.audit.proof import Growth, Inclusion
from headgate.errors import HeadgateError

_TIMEOUT = 30.0
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class RemoteLedger:
    """A ledger behind an address. `ca` is the PEM file that an https address is verified by."""

    address: str
    token: str
    verifier: Verifier
    ca: str | None = None

    def checkpoint(self) -> Checkpoint:
        """Return the current tree head."""
        return self._believe("checkpoint", Checkpoint.open, self._ask("GET", "/checkpoint").decode(), self.verifier)

    def entry(self, number: int) -> dict[str, Any]:
        """Return an entry that is proved to be in the ledger. A payload that is kept apart is not fetched."""
        entry = self._ask("GET", f"/v1/entries/{number}")
        proof = self._believe("proof", Inclusion.parse, self._ask("GET", f"/v1/proofs/{number}").decode())
        if proof.index != number:
            raise self._doubt("proof", f"it is about entry {proof.index}")
        self._believe("proof", proof.check, entry, self.verifier)
        document: dict[str, Any] = parse(entry)
        return document

    def search(self, **asked: str) -> list[dict[str, Any]]:
        """Return entries by what they name (see `Query`; `limit`, `order=newest`). Prove those that matter: `entry`."""
        body = self._ask("GET", "/v1/entries", fields=asked).decode()
        return [json.loads(line) for line in body.splitlines()]

    def grew_from(self, note: str) -> Checkpoint:
        """Return the current tree head, which is proved to have grown out of an earlier one."""
        growth = self._believe("growth", Growth.parse, self._ask("POST", "/v1/growth", body=note.encode()).decode())
        if growth.old != note:
            raise self._doubt("growth", "it is about another checkpoint")
        return self._believe("growth", growth.check, self.verifier)[1]

    def _ask(self, method: str, path: str, *, fields: dict[str, str] | None = None, body: bytes | None = None) -> bytes:
        """Send one request and return the answer's body."""
        headers = {"authorization": f"Bearer {self.token}"}
        url = f"{self.address}{path}"
        try:
            with urllib3.PoolManager(cert_reqs="CERT_REQUIRED", ca_certs=self.ca) as pool:
                if body is not None:
                    answer = pool.request(method, url, body=body, headers=headers, timeout=_TIMEOUT)
                else:
                    answer = pool.request(method, url, fields=fields, headers=headers, timeout=_TIMEOUT)
        except urllib3.exceptions.HTTPError as error:
            raise HeadgateError("the collector can't be reached", where=self.address, found=str(error)) from error
        if answer.status != 200:
            found = f"{answer.status} {answer.data.decode(errors='replace')[:300]}"
            raise HeadgateError("the collector does not answer what was asked", where=url, found=found)
        return answer.data

    def _believe(self, what: str, check: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """Return what a check returns, or say that the collector's answer does not hold."""
        try:
            return check(*given, **named)
        except ValueError as error:
            raise self._doubt(what, str(error)) from error

    def _doubt(self, what: str, found: str) -> HeadgateError:
        """Return the error of an answer that does not hold."""
        return HeadgateError(
            f"the collector's {what} does not hold: what it answers is not what the key signed",
            where=self.address,
            found=found,
            fix="run `headgate audit verify --key` on the ledger's folder with the key that you know to be its",
        )
