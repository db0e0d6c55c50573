"""The ledger's collector, as the deploy job names it: what records decisions, alerts and runs of training."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pulumi

# Where the deploy job says that decisions are recorded, and what it is shown.
AUDIT_URL = "HEADGATE_AUDIT_URL"
AUDIT_TOKEN_FILE = "HEADGATE_AUDIT_TOKEN_FILE"  # noqa: S105  the name of a variable
AUDIT_CA_FILE = "HEADGATE_AUDIT_CA_FILE"


@dataclass(frozen=True)
class Collector:
    """Where the collector is, and what it is shown."""

    url: str
    token: pulumi.Output[str]
    authority: str | None
    """Authority of its certificate, as PEM; None where every image knows it."""

    def at(self, path: str) -> str:
        """Return its address for something else than decisions."""
        return urlsplit(self.url)._replace(path=path, query="", fragment="").geturl()


def collector() -> Collector | None:
    """Return the collector that the deploy job names; None where it names none."""
    url, token = os.environ.get(AUDIT_URL), os.environ.get(AUDIT_TOKEN_FILE)
    if not (url and token):
        return None
    authority = os.environ.get(AUDIT_CA_FILE)
    return Collector(
        url,
        pulumi.Output.secret(Path(token).read_text(encoding="utf-8").strip()),
        Path(authority).read_text(encoding="utf-8") if authority else None,
    )
