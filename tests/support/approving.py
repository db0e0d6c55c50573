"""People who approve, for tests: their keys never change, so that what they sign can lie in a sample."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from headgate.approval.document import Claims, Kind, Subject, signed
from headgate.approval.promotion import subject
from headgate.approval.signing import FileSigning
from headgate.approver import register
from headgate.approver.register import Approver
from headgate.audit.note import Signer
from headgate.model import ModelRegistry
from headgate.model.artifact import ModelVersion
from headgate.model.proofs import attach
from headgate.model.proofs.promotion import step_up
from headgate.model.proofs.stage import Stage
from headgate.model.proofs.standing import read
from headgate.model.proofs.statement import now
from headgate.model.proofs.trust import Trust

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


def register_of(people: Mapping[str, str]) -> str:
    """Return the file of those who approve, each in a role."""
    lines = [register.entry(name, approver(name, role).key, [role]) for name, role in people.items()]
    return "\n".join(["approvers:", *lines, ""])


def released(models: ModelRegistry, trust: Trust, model: ModelVersion, people: Mapping[str, str]) -> None:
    """Have people approve, by now, that a version went to production."""
    step = step_up(read(models, model.name, model.digest, trust), Stage.PRODUCTION, now())
    second = int(time.time())
    times = {"issued": second, "begins": second, "ends": second + 3600}
    for name, role in people.items():
        attach.approve(models, model, approver(name, role).key_name, approval(name, role, subject(step), **times))
