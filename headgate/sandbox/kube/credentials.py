"""Kubeconfigs, read for their server, authority and client identity."""

from __future__ import annotations

import base64
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headgate import yaml_text


@dataclass
class Credentials:
    """TLS material of a kubeconfig; inline data is written to private files because the TLS layer wants paths."""

    server: str
    ca_file: str | None
    cert_file: str | None
    key_file: str | None
    token: str | None
    keep: list[Any] = field(default_factory=list)

    def context(self) -> ssl.SSLContext:
        """Load the material, for all connections, and remove the files that were only written for it."""
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.cert_file:
            context.load_cert_chain(self.cert_file, self.key_file)
        while self.keep:
            self.keep.pop().close()
        return context


def read_kubeconfig(source: str | Path, context: str | None) -> Credentials:
    """Read a path or a document, and return what its context needs to connect."""
    text = Path(source).read_text() if isinstance(source, Path) or "\n" not in source else source
    config: dict[str, Any] = yaml_text.load(text)
    by_name = {
        kind: {row["name"]: row[kind[:-1]] for row in config.get(kind) or []}
        for kind in ("clusters", "contexts", "users")
    }
    chosen = by_name["contexts"][context or config["current-context"]]
    cluster, user = by_name["clusters"][chosen["cluster"]], by_name["users"][chosen["user"]]
    keep: list[Any] = []

    def file_of(section: Mapping[str, Any], name: str) -> str | None:
        if section.get(name):
            return str(section[name])
        if not section.get(f"{name}-data"):
            return None
        # A file in memory, for as long as it is being loaded: on the disk, a process that is killed would leave a key.
        handle = os.fdopen(os.memfd_create(f"headgate-{name}"), "wb")
        handle.write(base64.b64decode(section[f"{name}-data"]))
        handle.flush()
        keep.append(handle)
        return f"/proc/self/fd/{handle.fileno()}"

    return Credentials(
        server=str(cluster["server"]).rstrip("/"),
        ca_file=file_of(cluster, "certificate-authority"),
        cert_file=file_of(user, "client-certificate"),
        key_file=file_of(user, "client-key"),
        token=user.get("token"),
        keep=keep,
    )
