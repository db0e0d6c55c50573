"""A Key Vault's data plane in miniature, simulated: keys on P-256 that sign digests, over TLS, for whoever has a token.

Speaks what Azure's own clients ask (`KeyClient`, `CryptographyClient`; Key Vault REST API 7.x): the challenge, a key's
public half, `sign`. Nothing is kept.
"""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from headgate.sandbox.pki import Authority

TOKEN = "simulated"
_CHALLENGE = 'Bearer authorization="https://login.microsoftonline.com/simulated", resource="https://vault.azure.net"'


def encoded(content: bytes) -> str:
    """Return base64url."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@dataclass
class SimulatedVault:
    """Where it listens, which keys it has by `NAME/VERSION`, and what it was asked."""

    address: str
    ca: Path
    keys: dict[str, EllipticCurvePrivateKey]
    operations: list[str] = field(default_factory=lambda: ["sign", "verify"])
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def answer(self, path: str, body: Any) -> tuple[int, Any]:
        """Answer a request of somebody who has a token."""
        name = path.removeprefix("/keys/").removesuffix("/sign")
        self.asked.append((path, body))
        key = self.keys.get(name)
        if key is None:
            return 404, {"error": {"code": "KeyNotFound", "message": f"A key with (name/id) {name} was not found"}}
        where = f"{self.address}/keys/{name}"
        if not path.endswith("/sign"):
            numbers = key.public_key().public_numbers()
            x, y = (encoded(each.to_bytes(32, "big")) for each in (numbers.x, numbers.y))
            jwk = {"kid": where, "kty": "EC", "crv": "P-256", "x": x, "y": y, "key_ops": self.operations}
            return 200, {"key": jwk, "attributes": {"enabled": True}}
        if "sign" not in self.operations:
            return 403, {"error": {"code": "Forbidden", "message": "Operation sign is not permitted on this key."}}
        if body["alg"] != "ES256":
            return 400, {"error": {"code": "BadParameter", "message": f"algorithm {body['alg']} is not of this key"}}
        digest = base64.urlsafe_b64decode(body["value"] + "==")
        halves = decode_dss_signature(key.sign(digest, ECDSA(Prehashed(SHA256()))))
        return 200, {"kid": where, "value": encoded(b"".join(each.to_bytes(32, "big") for each in halves))}


@contextmanager
def simulated(folder: Path, keys: dict[str, EllipticCurvePrivateKey]) -> Iterator[SimulatedVault]:
    """Serve keys on loopback."""

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            if self.headers.get("authorization") == f"Bearer {TOKEN}":
                status, found = vault.answer(self.path.partition("?")[0], json.loads(body or "null"))
            else:
                status, found = 401, {"error": {"code": "Unauthorized", "message": "simulated"}}
            content = json.dumps(found).encode()
            self.send_response(status)
            if status == 401:
                self.send_header("www-authenticate", _CHALLENGE)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    authority = Authority.at(folder, "Simulated vault CA")
    pair = authority.server("vault", ["127.0.0.1"])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.cert, pair.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    vault = SimulatedVault(f"https://127.0.0.1:{server.server_port}", authority.ca_cert, keys)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield vault
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
