"""GitHub Actions' word for a run: the token (OpenID Connect) that a job with `id-token: write` may ask for.

Asks once, when a pipeline approves. What is asked for is its audience: the installation's name and the digest of the
approval, so that the token is good for that approval and for nothing else. Nobody verifies it here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from headgate.errors import HeadgateError

if TYPE_CHECKING:
    from headgate.approver.pipelines import Issuer

_ADDRESS, _BEARER = "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_LOOPBACK = ("127.0.0.1", "localhost")
_SECONDS = 10.0
_MOST_BYTES = 64 * 1024


@dataclass(frozen=True)
class GitHubRun:
    """The run of a workflow, as this process's environment has it."""

    audience: str
    address: str
    bearer: str

    @classmethod
    def of(cls, issuer: Issuer, variables: Mapping[str, str] | None = None) -> GitHubRun:
        """Return the run that this process is part of."""
        known = os.environ if variables is None else variables
        missing = [name for name in (_ADDRESS, _BEARER) if not known.get(name)]
        if missing:
            raise _unable(", ".join(missing), "no job of GitHub Actions that may ask for a token")
        parts = urlsplit(known[_ADDRESS])
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise _unable(_ADDRESS, f"an address that is not https: {parts.scheme}")
        return cls(issuer.audience, known[_ADDRESS], known[_BEARER])

    def token(self, digest: str) -> str:
        """Ask for a token for the approval with this digest. The bearer of the request enters no message."""
        import urllib3

        audience = quote(f"{self.audience}#sha256:{digest}", safe="")
        where = f"{self.address}{'&' if '?' in self.address else '?'}audience={audience}"
        retries = urllib3.Retry(total=3, backoff_factor=0.5, status_forcelist=(429, 500, 502, 503), redirect=0)
        try:
            with urllib3.PoolManager(retries=retries, cert_reqs="CERT_REQUIRED") as pool:
                head = {"authorization": f"Bearer {self.bearer}", "accept": "application/json"}
                answer = pool.request("GET", where, headers=head, timeout=_SECONDS)
                found = answer.json().get("value") if answer.status == 200 and len(answer.data) < _MOST_BYTES else None
        except (urllib3.exceptions.HTTPError, ValueError, AttributeError) as error:
            raise _unable(_host(self.address), type(error).__name__) from error
        if not isinstance(found, str) or not _TOKEN.fullmatch(found):
            raise _unable(_host(self.address), f"status {answer.status}, and no token")
        return found


def _host(address: str) -> str:
    return urlsplit(address).netloc


def _unable(where: str, found: str) -> HeadgateError:
    return HeadgateError(
        "GitHub gives no token for this run",
        where=where,
        found=found,
        expected="a job with `permissions: {id-token: write}`",
        fix="approve in such a job; people approve with --key or an SSH agent",
    )
