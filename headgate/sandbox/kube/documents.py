"""What the client returns and raises."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]


class KubeError(Exception):
    """An API server's refusal, or its absence (`status` 0)."""

    def __init__(self, status: int, reason: str, message: str, body: Document | None = None) -> None:
        """Keep the parts of a `Status` document that callers branch on."""
        super().__init__(f"{reason}: {message}" if reason else message)
        self.status, self.reason, self.message, self.body = status, reason, message, body or {}

    @property
    def not_found(self) -> bool:
        """Whether the object or its kind does not exist."""
        return self.status == 404

    @property
    def unreachable(self) -> bool:
        """Whether no API server answered."""
        return self.status == 0


@dataclass(frozen=True)
class ApiResource:
    """What discovery says of one kind."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: frozenset[str] = frozenset()

    @property
    def root(self) -> str:
        """Path of the group and version."""
        return f"/api/{self.api_version}" if "/" not in self.api_version else f"/apis/{self.api_version}"


@dataclass(frozen=True)
class WatchEvent:
    """One event of a watch: ADDED, MODIFIED, DELETED, BOOKMARK or ERROR."""

    type: str
    object: Document


def error_of(status: int, payload: bytes) -> KubeError:
    """Read a refusal: a `Status` document where the server sent one."""
    try:
        body = json.loads(payload)
        return KubeError(status, body.get("reason", ""), body.get("message", ""), body)
    except ValueError:
        return KubeError(status, "", payload[:500].decode(errors="replace"))
