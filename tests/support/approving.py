"""People who approve, for tests: their keys never change, so that what they sign can lie in a sample."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from headgate.approval.document import Claims, Kind, Subject, signed
from headgate.approval.signing import FileSigning
from headgate.approver.register import Approver
from headgate.audit.note import Signer

# Monday, 2 March 2026, 12:00 UTC.
MOMENT = 1772452800
SUBJECT = Subject(
    stack="fraud-prod",
    action="update",
    plan="sha256:" + "1" * 64,
    tree="git:" + "2" * 40,
    authors=("dina@example.com",),
    verdict={"outcome": "pass", "rules": "sha256:" + "3" * 64, "results": "sha256:" + "4" * 64},
)


def signer(name: str) -> Signer:
    """Return the key of somebody."""
    return Signer(name, Ed25519PrivateKey.from_private_bytes((name * 32)[:32].encode()))


def approver(name: str, *roles: str, **more: Any) -> Approver:
    """Return somebody's entry in the register."""
    fields = {"name": name, "key": str(signer(name).verifier), "roles": roles, "known_as": [f"{name}@example.com"]}
    return Approver.model_validate(fields | more)


def approval(name: str, role: str, subject: Subject = SUBJECT, **changes: Any) -> str:
    """Return an approval that somebody signed."""
    fields: dict[str, Any] = {"issued": MOMENT, "begins": MOMENT, "ends": MOMENT + 3600, **changes}
    return signed(Claims(subject, name, role, **fields), FileSigning(signer(name)))


def broken_glass(name: str, role: str, incident: str = "INC-1234", **changes: Any) -> str:
    """Return somebody's signature on an emergency."""
    return approval(name, role, kind=Kind.BREAK_GLASS, incident=incident, **changes)
