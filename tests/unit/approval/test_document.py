"""What an approval says, and its signed form."""

from __future__ import annotations

import base64
import json

import pytest
from approving import MOMENT, SUBJECT, approval, broken_glass, signer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from headgate.approval.document import shown
from headgate.approver.register import key_name

pytestmark = pytest.mark.unit


def decoded(part: str) -> bytes:
    """Return a part of a token."""
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_an_approval_is_a_jws_over_all_that_is_bound() -> None:
    """Head, claims and signature, as any implementation reads them."""
    head, claims, signature = approval("amina", "security").split(".")
    public = Ed25519PublicKey.from_public_bytes(signer("amina").verifier.public)

    public.verify(decoded(signature), f"{head}.{claims}".encode())
    assert json.loads(decoded(head)) == {
        "alg": "EdDSA",
        "kid": key_name(signer("amina").verifier),
        "typ": "headgate-approval+jwt",
    }
    assert json.loads(decoded(claims)) == {
        **SUBJECT.as_json(),
        "kind": "approval",
        "approver": "amina",
        "role": "security",
        "iat": MOMENT,
        "nbf": MOMENT,
        "exp": MOMENT + 3600,
    }


def test_break_glass_says_for_which_incident() -> None:
    """Its kind and its incident are part of what is signed."""
    said = shown(broken_glass("badr", "on-call"))

    assert (said["kind"], said["incident"]) == ("break-glass", "INC-1234")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.W10.x", "e30.eyJhIjoxLCJhIjoyfQ.x"])
def test_what_is_no_approval_shows_nothing(token: str) -> None:
    """Nothing is shown that was not said once and clearly."""
    assert shown(token) == {}
