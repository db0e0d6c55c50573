"""Azure's own client, over TLS to a simulated Key Vault: a plan is signed there, and OPA verifies it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import simulated_vault
from approving import SUBJECT
from azure.core.credentials import AccessToken, AccessTokenInfo
from azure.keyvault.keys import KeyClient
from azure.keyvault.keys.crypto import CryptographyClient
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from simulated_vault import SimulatedVault

from headgate.approval.document import Claims, signed
from headgate.approval.standing import standing
from headgate.approval.vault import AzureVault, VaultSigning, public_key
from headgate.approver import register
from headgate.approver.curve_key import CurveKey
from headgate.approver.register import Approver, Approvers
from headgate.errors import HeadgateError
from headgate.policy.bundle import CHECKOUT, Bundle

pytestmark = pytest.mark.component

VERSION = "0123456789abcdef0123456789abcdef"
ADDRESS = f"azurekeyvault://kv-approvers/amina/{VERSION}"
KEY = derive_private_key(7, SECP256R1())


class Somebody:
    """Who has logged in."""

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        """Return a token."""
        return AccessToken(simulated_vault.TOKEN, int(time.time()) + 3600)

    def get_token_info(self, *_: str, **__: Any) -> AccessTokenInfo:
        """Return a token, as newer clients ask for it."""
        return AccessTokenInfo(simulated_vault.TOKEN, int(time.time()) + 3600)


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedVault]:
    """Run a vault with Amina's key."""
    with simulated_vault.simulated(tmp_path_factory.mktemp("vault"), {f"amina/{VERSION}": KEY}) as running:
        yield running


def client(vault: SimulatedVault, version: str = VERSION) -> AzureVault:
    """Return Azure's client for a key of the simulated vault."""
    asked = CryptographyClient(
        f"{vault.address}/keys/amina/{version}",
        Somebody(),
        verify_challenge_resource=False,
        connection_verify=str(vault.ca),
        retry_total=0,
    )
    return AzureVault(ADDRESS, asked)


def test_a_plan_is_approved_with_a_key_that_never_leaves_the_vault(
    vault: SimulatedVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The register's entry comes from the vault, the signature too; under another algorithm it counts for nothing."""
    keys = KeyClient(vault.address, Somebody(), verify_challenge_resource=False, connection_verify=str(vault.ca))
    amina = Approver(name="amina", key=str(public_key("amina", ADDRESS, keys)), roles=("security",))
    monkeypatch.setattr(register, "read", lambda _policies: Approvers(approvers=(amina,)))
    now = int(time.time())
    claims = Claims(SUBJECT, "amina", "security", now, now, now + 3600)
    token = signed(claims, VaultSigning.of(amina, ADDRESS, client(vault)))
    head, content, signature = token.split(".")
    downgraded = signed(claims, Downgraded(amina, client(vault)))

    found = standing(
        SUBJECT, [token, f"{head}.{content}.{signature[:-4]}AAAA", downgraded], Bundle.find(CHECKOUT / "policies")
    )

    assert [each.problem for each in found.each] == [
        "",
        "the signature of amina does not fit what it says: it was changed after it was signed",
        "the key of amina signs with ES256, not with EdDSA",
    ]
    assert [path for path, _ in vault.asked if path.endswith("/sign")] == [f"/keys/amina/{VERSION}/sign"] * 2


class Downgraded(VaultSigning):
    """One that says that it signed with another algorithm than it did."""

    def __init__(self, approver: Approver, vault: AzureVault) -> None:
        """Take the way of a true one, under another name."""
        found = VaultSigning.of(approver, ADDRESS, vault)
        super().__init__(approver, found.public, ADDRESS, vault, "EdDSA")


def test_a_vault_that_refuses_is_told_in_its_own_words(vault: SimulatedVault) -> None:
    """A key that is not there, and one that may not sign."""
    amina = Approver(name="amina", key=str(public_key("amina", ADDRESS, _Keys())), roles=("security",))
    found = []
    for operations, version in ((["sign"], "f" * 32), (["verify"], VERSION)):
        vault.operations[:] = operations
        with pytest.raises(HeadgateError, match="the vault can't sign") as caught:
            VaultSigning.of(amina, ADDRESS, client(vault, version)).sign(b"text")
        found.append(str(caught.value.found))
    vault.operations[:] = ["sign", "verify"]

    assert [("KeyNotFound" in text, "not permitted" in text) for text in found] == [(True, False), (False, True)]


class _Keys:
    """A client that knows Amina's key."""

    def get_key(self, _name: str, _version: str) -> Any:
        """Return it, as Azure's client does."""
        numbers = KEY.public_key().public_numbers()
        key = {"kty": "EC", "crv": "P-256", "x": numbers.x.to_bytes(32, "big"), "y": numbers.y.to_bytes(32, "big")}
        return type("Key", (), {"key": type("JsonWebKey", (), key)})


def test_an_entry_of_another_key_is_found_out_before_anything_is_kept(vault: SimulatedVault) -> None:
    """The vault signs, but not with what the register has."""
    other = derive_private_key(8, SECP256R1()).public_key()
    amina = Approver(name="amina", key=str(CurveKey.of("amina", other)), roles=("security",))

    with pytest.raises(HeadgateError) as caught:
        VaultSigning.of(amina, ADDRESS, client(vault)).sign(b"text")

    assert caught.value.found == "a signature of another key"
