"""Who we are to a registry: what `az acr login` and `docker login` leave in Docker's configuration file.

Owns reading it and answering a registry's challenge (Basic, or Bearer with a token service). Never prints a secret.
"""

from __future__ import annotations

import base64
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PARAMETER = re.compile(r'([a-zA-Z_]+)="([^"]*)"')


@dataclass(frozen=True)
class Credentials:
    """A user name and password, or an identity (refresh) token as Azure's registry gives."""

    username: str = ""
    password: str = ""
    identity_token: str = ""

    def __repr__(self) -> str:
        """Hide the secrets: a traceback may be logged."""
        return f"Credentials(username={self.username!r})"

    @property
    def basic(self) -> str | None:
        """The value of a Basic authorization header."""
        if not self.password:
            return None
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


def docker_credentials(login_server: str, config: Path | None = None) -> Credentials:
    """Read a login server's entry; absent means anonymous."""
    directory = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    try:
        document: dict[str, Any] = json.loads((config or directory / "config.json").read_text())
    except (OSError, ValueError):
        return Credentials()
    entry = (document.get("auths") or {}).get(login_server) or {}
    username, _, password = base64.b64decode(entry.get("auth") or b"").decode(errors="replace").partition(":")
    return Credentials(username, password, entry.get("identitytoken") or "")


@dataclass(frozen=True)
class Challenge:
    """A `WWW-Authenticate` header, read."""

    scheme: str
    realm: str
    service: str
    scope: str

    @classmethod
    def parse(cls, header: str) -> Challenge:
        """Read the header; an unknown scheme stays as it is and is answered by nobody."""
        scheme, _, rest = header.partition(" ")
        fields = dict(_PARAMETER.findall(rest))
        return cls(scheme.lower(), fields.get("realm", ""), fields.get("service", ""), fields.get("scope", ""))
