"""Approvals of a plan that were made with a true key, or nearly so, and count for nothing: to lie beside good ones."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import replace
from typing import Any

from headgate.approval.document import Claims, Kind, Subject, signed
from headgate.approval.signing import FileSigning
from headgate.audit.note import Signer


def worthless(said: dict[str, Any], signer: Signer) -> dict[str, str]:
    """Return approvals of a plan by somebody for security that count for nothing, each by what is said of it."""
    subject = Subject(**{**said, "authors": tuple(said["authors"])})
    now, key = int(time.time()), FileSigning(signer)

    def approval(changed: Subject = subject, hours: int = 1, begun: int = 0, **more: Any) -> str:
        begins = now + begun * 3600
        return signed(Claims(changed, signer.name, "security", begins, begins, begins + hours * 3600, **more), key)

    def headed(algorithm: str) -> str:
        head = json.dumps({"alg": algorithm, "kid": key.key_name, "typ": "x"}).encode()
        return ".".join([base64.urlsafe_b64encode(head).decode().rstrip("="), *approval().split(".")[1:]])

    emergency = {"kind": Kind.BREAK_GLASS, "incident": "INC-1"}
    return {
        "it is not signed: algorithm none": headed("none"),
        "algorithm HS256 is not taken": headed("HS256"),
        "signs with EdDSA, not with ES256": headed("ES256"),
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
    }
