"""The digest by which records name rules and inputs."""

from __future__ import annotations

import hashlib


def digest_of(text: str) -> str:
    """Return the digest of a text."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
