"""Signing with a key in Azure Key Vault: what is asked, what is believed, and which keys the register takes."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

import pytest
from approving import MOMENT, SUBJECT, approver, signer
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    SECP384R1,
    EllipticCurvePrivateKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from pydantic import ValidationError

from headgate.approval.agent import AgentSigning
from headgate.approval.document import Claims, signed
from headgate.approval.vault import VaultSigning, key_identifier
from headgate.approver.curve_key import CurveKey
from headgate.approver.register import Approver
from headgate.errors import HeadgateError

pytestmark = pytest.mark.unit

VERSION = "0123456789abcdef0123456789abcdef"
ADDRESS = f"azurekeyvault://kv-approvers/amina/{VERSION}"
KEY = derive_private_key(7, SECP256R1())
PUBLIC = CurveKey.of("amina", KEY.public_key())
AMINA = Approver(name="amina", key=str(PUBLIC), roles=("security",))
CLAIMS = Claims(SUBJECT, "amina", "security", MOMENT, MOMENT, MOMENT + 3600)


@dataclass
class Vault:
    """A vault with a key, which may lie."""

    key: EllipticCurvePrivateKey = KEY
    algorithm: str = "ES256"
    cut: int = 64

    def sign(self, digest: bytes) -> tuple[str, bytes]:
        """Sign as a vault does: both numbers side by side."""
        r, s = decode_dss_signature(self.key.sign(digest, ECDSA(Prehashed(SHA256()))))
        return self.algorithm, (r.to_bytes(32, "big") + s.to_bytes(32, "big"))[: self.cut]


def test_an_approval_is_signed_with_the_algorithm_of_the_key() -> None:
    """ES256 over head and claims, under the name that the register has for the key."""
    token = signed(CLAIMS, VaultSigning.of(AMINA, ADDRESS, Vault()))

    content, _, signature = token.rpartition(".")
    head = json.loads(base64.urlsafe_b64decode(content.split(".")[0] + "=="))
    assert head == {"alg": "ES256", "kid": AMINA.key_name, "typ": "headgate-approval+jwt"}
    assert PUBLIC.check(base64.urlsafe_b64decode(signature + "=="), content.encode())


@pytest.mark.parametrize(
    ("vault", "found"),
    [
        (Vault(algorithm="RS256"), "a signature with RS256"),
        (Vault(key=derive_private_key(8, SECP256R1())), "a signature of another key"),
        (Vault(cut=63), "a signature of another key"),
    ],
)
def test_what_is_not_of_the_key_of_the_register_is_no_signature(vault: Vault, found: str) -> None:
    """Another version of the key, or another algorithm: no approval comes of it."""
    with pytest.raises(HeadgateError, match="the vault can't sign") as caught:
        signed(CLAIMS, VaultSigning.of(AMINA, ADDRESS, vault))

    assert caught.value.found == found


def test_a_key_of_another_type_is_not_looked_for_in_a_vault() -> None:
    """Nor one of a vault in an agent: each key has one type, and so one algorithm."""
    with pytest.raises(HeadgateError) as caught:
        VaultSigning.of(approver("badr", "platform"), ADDRESS, Vault())
    with pytest.raises(HeadgateError) as asked:
        AgentSigning.of(AMINA, "/agent")

    assert (caught.value.found, asked.value.found) == (
        "an entry of badr with an Ed25519 key",
        "an entry of amina whose key is in a vault",
    )


@pytest.mark.parametrize(
    ("address", "identifier"),
    [
        (ADDRESS, f"https://kv-approvers.vault.azure.net/keys/amina/{VERSION}"),
        (
            f"azurekeyvault://hsm.managedhsm.azure.net/amina/{VERSION}",
            f"https://hsm.managedhsm.azure.net/keys/amina/{VERSION}",
        ),
    ],
)
def test_an_address_names_a_version_of_a_key(address: str, identifier: str) -> None:
    """In Azure's public cloud unless it says otherwise."""
    assert key_identifier(address) == identifier


@pytest.mark.parametrize(
    "address",
    [
        "azurekeyvault://kv-approvers/amina",
        "azurekeyvault://kv-approvers/amina/latest",
        f"azurekeyvault://eve.example.com/amina/{VERSION}",
        f"azurekeyvault://vault.azure.net.eve.com/amina/{VERSION}",
        f"azurekeyvault://kv:443/amina/{VERSION}",
        f"azurekeyvault://user@kv/amina/{VERSION}",
        f"https://kv-approvers.vault.azure.net/keys/amina/{VERSION}",
    ],
)
def test_nobody_but_azure_is_shown_who_signs(address: str) -> None:
    """A token of the approver goes to a host of Azure's alone, for one version of one key."""
    with pytest.raises(HeadgateError, match="the vault can't sign"):
        VaultSigning.of(AMINA, address)


def test_the_rules_are_told_the_key_with_its_curve() -> None:
    """As a JSON Web Key, from which its algorithm follows."""
    numbers = KEY.public_key().public_numbers()
    x, y = (base64.urlsafe_b64encode(n.to_bytes(32, "big")).rstrip(b"=").decode() for n in (numbers.x, numbers.y))

    told = AMINA.as_data()
    assert json.loads(told.pop("jwk")) == {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": AMINA.key_name}
    assert (told["kid"], AMINA.verifier, AMINA.public) == (f"amina+{PUBLIC.key_id.hex()}", None, PUBLIC)


def _changed(key: str, **parts: Any) -> str:
    name, key_id, content = key.split("+", 2)
    return "+".join([parts.get("name", name), parts.get("id", key_id), parts.get("content", content)])


def _encoded(kind: bytes, public: bytes) -> str:
    return base64.b64encode(kind + public).decode()


P384 = CurveKey.of("amina", derive_private_key(7, SECP384R1()).public_key())


@pytest.mark.parametrize(
    "key",
    [
        _changed(str(PUBLIC), id="00000000"),
        _changed(str(PUBLIC), name="badr"),
        _changed(str(PUBLIC), content=_encoded(b"\x01", PUBLIC.public)),
        _changed(str(PUBLIC), content=_encoded(b"\x02", PUBLIC.public[:-1])),
        _changed(str(PUBLIC), content=_encoded(b"\x02", PUBLIC.public + b"x")),
        _changed(str(PUBLIC), content="?"),
        _changed(str(signer("amina").verifier), content=_encoded(b"\x02", signer("amina").verifier.public)),
        str(P384),
        "amina",
    ],
)
def test_a_key_that_is_not_what_it_says_is_refused(key: str) -> None:
    """Another curve, another type, a name that it was not made for, bytes more or less."""
    with pytest.raises(ValidationError):
        Approver(name="amina", key=key, roles=("security",))


def test_a_signature_has_one_form() -> None:
    """Both numbers in 64 bytes, as JWS has it: what DER says is another form."""
    der = KEY.sign(b"text", ECDSA(SHA256()))
    algorithm, raw = Vault().sign(hashlib.sha256(b"text").digest())

    assert (algorithm, PUBLIC.check(raw, b"text"), PUBLIC.check(raw, b"other"), PUBLIC.check(der, b"text")) == (
        "ES256",
        True,
        False,
        False,
    )
