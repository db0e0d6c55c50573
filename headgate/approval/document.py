"""What an approval says, and its signed form: JWS, compact, so that Rego verifies it with what OPA has.

An approval binds the plan's digest, the stack, the tree, who wrote the change and what the other rules said. Any of
these that is another at the update makes it an approval of something else.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from headgate.approval.signing import Signing, Vouching
from headgate.audit.canonical import canonical, parse

TYPE = "headgate-approval+jwt"
BREAK_GLASS_SECONDS = 3600
_BEHIND = "~"


class Kind(StrEnum):
    """Which of the two ways to a protected stack it opens."""

    APPROVAL = "approval"
    BREAK_GLASS = "break-glass"


@dataclass(frozen=True)
class Subject:
    """What is approved."""

    stack: str
    action: str
    plan: str
    tree: str
    authors: tuple[str, ...]
    verdict: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        """Return the claims that bind a signature to it, and what rules compare them with."""
        return {**asdict(self), "authors": list(self.authors), "verdict": dict(self.verdict)}


@dataclass(frozen=True)
class Claims:
    """An approval before it is signed. Times are seconds since 1970, as JWT has them."""

    subject: Subject
    approver: str
    role: str
    issued: int
    begins: int
    ends: int
    kind: Kind = Kind.APPROVAL
    incident: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the claims."""
        named = {"kind": str(self.kind), "approver": self.approver, "role": self.role}
        times = {"iat": self.issued, "nbf": self.begins, "exp": self.ends}
        return {**self.subject.as_json(), **named, **times} | ({"incident": self.incident} if self.incident else {})


def signed(claims: Claims, signing: Signing) -> str:
    """Return an approval with its signature."""
    head = {"alg": signing.algorithm, "kid": signing.key_name, "typ": TYPE}
    content = f"{_encoded(canonical(head))}.{_encoded(canonical(claims.as_json()))}"
    return f"{content}.{_encoded(signing.sign(content.encode()))}"


def vouched(claims: Claims, vouching: Vouching) -> str:
    """Return an approval behind a token that was issued for it alone: the token's audience is the approval's digest."""
    approval = _encoded(canonical(claims.as_json()))
    return f"{vouching.token(hashlib.sha256(approval.encode()).hexdigest())}{_BEHIND}{approval}"


def shown(token: str) -> dict[str, Any]:
    """Return what a signature claims, for a person to read; nothing of it is verified here."""
    signed_by, _, behind = token.partition(_BEHIND)
    try:
        found = parse(_decoded(behind or signed_by.split(".")[1]))
    except (ValueError, IndexError, binascii.Error):
        return {}
    return found if isinstance(found, dict) else {}


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
