"""The collector's certificate: what it serves with, and the authority that its own clients verify it by.

Owns the reading of the files, and their renewal: connections that begin later have what stands there then. Issuing them
is whoever starts the collector's.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from dataclasses import dataclass
from pathlib import Path

from headgate.errors import HeadgateError

LOG = logging.getLogger(__name__)
# A kubelet brings a renewed Secret within a minute.
_LOOK_EVERY = 2.0


@dataclass(frozen=True)
class Serving:
    """PEM files: certificate, key, and the CA that gates verify it by; without a CA it is the system's."""

    cert: Path
    key: Path
    ca: Path | None

    def context(self) -> ssl.SSLContext:
        """Return the server's context, or say which file is wrong."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(self.cert, self.key)
        except (OSError, ssl.SSLError) as error:
            raise _unusable(f"{self.cert}, {self.key}", error) from error
        self._require_ca()
        return context

    async def follow(self, context: ssl.SSLContext) -> None:
        """Serve with a renewed pair from the moment that both files are there; what can't be used changes nothing."""
        known = self._written()
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            if (found := self._written()) == known:
                continue
            try:
                # A pair that doesn't belong together would be half in force: it is tried before.
                ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.cert, self.key)
                context.load_cert_chain(self.cert, self.key)
            except (OSError, ssl.SSLError) as error:
                LOG.warning("%s", _unusable(f"{self.cert}, {self.key}", error))
            else:
                known = found

    def _written(self) -> tuple[tuple[int, int, int], ...] | None:
        """Return by what the files as they are now are known; None while one is away."""
        try:
            return tuple((each.st_ino, each.st_size, each.st_mtime_ns) for each in (self.cert.stat(), self.key.stat()))
        except OSError:
            return None

    def _require_ca(self) -> None:
        """Refuse a CA that no client could read: it would close every gate, one at a time."""
        if self.ca is None:
            return
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(self.ca)
        except (OSError, ssl.SSLError) as error:
            raise _unusable(str(self.ca), error) from error


def serving(cert: Path | None, key: Path | None, ca: Path | None) -> Serving | None:
    """Return what to serve with, None for plain HTTP; half a pair is an error."""
    if cert is None and key is None and ca is None:
        return None
    if cert is None or key is None:
        raise HeadgateError(
            "the collector lacks half of its certificate",
            found=f"--tls-cert {cert or 'not given'}, --tls-key {key or 'not given'}",
            expected="both, or neither and no --tls-ca",
        )
    return Serving(cert.resolve(), key.resolve(), ca.resolve() if ca else None)


def _unusable(where: str, error: Exception) -> HeadgateError:
    """Return the error of files that are missing, unreadable or do not belong together."""
    return HeadgateError("the collector's certificate can't be used", where=where, found=str(error))
