"""An issuer of tokens like GitHub Actions, for tests: made with a library that is not the one that verifies them."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

ISSUER = "https://token.actions.githubusercontent.com"
AUDIENCE = "headgate.example.com"
SUBJECT = "repo:example/platform:environment:production"
BEARER = "run-token"


@cache
def key() -> RSAPrivateKey:
    """Return the issuer's key."""
    return generate_private_key(65537, 2048)


def encoded(content: bytes) -> str:
    """Return base64url."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def published(kid: str = "K1") -> dict[str, Any]:
    """Return the key as the issuer publishes it."""
    numbers = key().public_key().public_numbers()
    modulus, exponent = (encoded(n.to_bytes((n.bit_length() + 7) // 8, "big")) for n in (numbers.n, numbers.e))
    return {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": kid, "n": modulus, "e": exponent, "x5t": "t"}


def token(audience: str, **changes: Any) -> str:
    """Return a token for an audience."""
    now = int(time.time())
    said = {"iss": ISSUER, "sub": SUBJECT, "aud": audience, "iat": now, "nbf": now - 600, "exp": now + 300, **changes}
    head = {"alg": "RS256", "kid": "K1", "typ": "JWT", "x5t": "t"}
    content = ".".join(encoded(json.dumps(part).encode()) for part in (head, said))
    return f"{content}.{encoded(key().sign(content.encode(), PKCS1v15(), SHA256()))}"


def pinned(**changes: Any) -> dict[str, Any]:
    """Return what the register says of the issuer."""
    return {"issuer": ISSUER, "audience": AUDIENCE, "keys": [published()], **changes}


def pipeline(**changes: Any) -> dict[str, Any]:
    """Return what the register says of a pipeline."""
    return {"name": "checks", "issuer": ISSUER, "subject": SUBJECT, "roles": ["checks"], **changes}


@dataclass
class Run:
    """A job's way to its tokens: where to ask, and what was asked."""

    variables: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    status: int = 200
    answer: str | None = None
    changes: dict[str, Any] = field(default_factory=dict)


@contextmanager
def running() -> Iterator[Run]:
    """Answer as GitHub does, on loopback."""
    run = Run()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            (audience,) = parse_qs(urlsplit(self.path).query)["audience"]
            run.asked.append((audience, self.headers["authorization"]))
            answer = run.answer or json.dumps({"value": token(audience, **run.changes)})
            self.send_response(run.status)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    run.variables = {
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"http://127.0.0.1:{server.server_port}/token?api-version=2.0",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": BEARER,
    }
    try:
        yield run
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
