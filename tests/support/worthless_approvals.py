"""Approvals of a plan that were made with a true key, or nearly so, and count for nothing: to lie beside good ones."""

from __future__ import annotations

import base64
import datetime
import hmac
import json
import time
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from headgate.approval.document import TYPE, Claims, Kind, Subject, signed
from headgate.approval.signing import FileSigning, Signing
from headgate.audit.note import Signer

_REVOKED, _SPENT, _SECOND = "amina.stolen", "amina.past", "amina.token"


def entries_that_do_not_count(person: str) -> list[dict[str, Any]]:
    """Return further keys of a person for security, for the register: revoked, given up, and one more of theirs."""
    said: dict[str, dict[str, Any]] = {
        _REVOKED: {"revoked": "the laptop was stolen"},
        _SPENT: {"until": datetime.date(2026, 1, 31)},
        _SECOND: {},
    }
    return [
        {"name": name, "key": str(_signer(name).verifier), "roles": ["security"], "person": person, **more}
        for name, more in said.items()
    ]


def _signer(name: str) -> Signer:
    return Signer(name, Ed25519PrivateKey.from_private_bytes((name * 32)[:32].encode()))


def worthless(said: dict[str, Any], signer: Signer) -> dict[str, str]:
    """Return approvals of a plan by somebody for security that count for nothing, each by what is said of it.

    One is good, of which nothing is said, so that a second by the same person lies beside it.
    """
    subject = Subject(**{**said, "authors": tuple(said["authors"])})
    now, key = int(time.time()), FileSigning(signer)

    def approval(
        changed: Subject = subject,
        hours: int = 1,
        begun: int = 0,
        by: Signing = key,
        name: str = signer.name,
        ahead: int = 0,
        **more: Any,
    ) -> str:
        issued, begins = now + begun * 3600, now + (begun + ahead) * 3600
        return signed(Claims(changed, name, "security", issued, begins, issued + hours * 3600, **more), by)

    def with_key(name: str) -> str:
        return approval(by=FileSigning(_signer(name)), name=name)

    def headed(algorithm: str, kind: str = TYPE) -> str:
        head = {"alg": algorithm, "kid": key.key_name, "typ": kind}
        return ".".join([_encoded(json.dumps(head).encode()), *approval().split(".")[1:]])

    def authenticated() -> str:
        # What everybody knows of the key, as if it were a secret of two.
        said = ".".join(headed("HS256").split(".")[:2])
        known = str(signer.verifier).encode()
        return f"{said}.{_encoded(hmac.digest(known, said.encode(), 'sha256'))}"

    def changed_afterwards() -> str:
        head, _, signature = approval(replace(subject, action="destroy")).split(".")
        return ".".join([head, approval().split(".")[1], signature])

    stranger = FileSigning(Signer("stranger", Ed25519PrivateKey.generate()))
    emergency = {"kind": Kind.BREAK_GLASS, "incident": "INC-1"}
    return {
        "it is not signed: algorithm none": headed("none"),
        "algorithm HS256 is not taken": authenticated(),
        "signs with EdDSA, not with ES256": headed("ES256"),
        "it is of type JWT, and an approval is of type": headed(key.algorithm, "JWT"),
        f"the key {stranger.key_name} is in no entry": approval(by=stranger),
        "does not fit what it says: it was changed after it was signed": changed_afterwards(),
        f"{signer.name} signed in the name of somebody": approval(name="somebody"),
        "for another stack": approval(replace(subject, stack="other-sandbox")),
        "for another action": approval(replace(subject, action="destroy")),
        "for another tree": approval(replace(subject, tree="git:" + "0" * 40)),
        "for another plan": approval(replace(subject, plan="sha256:" + "0" * 64)),
        "saw another verdict": approval(replace(subject, verdict={"outcome": "pass"})),
        f"that of {signer.name} expired": approval(begun=-2),
        "which is still to come": approval(begun=1),
        "would count for longer than 72 hours": approval(hours=73),
        "would count for longer than 1 hours": approval(hours=2, **emergency),
        f"{signer.name} expired at": approval(begun=-2, **emergency),
        f"that of {signer.name} counts only from": approval(hours=3, ahead=2),
        f"the key of {_REVOKED} is revoked: the laptop was stolen": with_key(_REVOKED),
        f"the key of {_SPENT} was good until 2026-01-31": with_key(_SPENT),
        # A good one: beside it that person's other key counts for nothing.
        "": approval(),
        f"it is the second of {signer.name}, who counts once": with_key(_SECOND),
    }


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
