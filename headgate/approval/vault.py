"""Keys in Azure Key Vault: ES256, since a vault has no Ed25519. The key never leaves the vault.

The register knows the public half, not the vault: a vault that signs with another key, or another algorithm, makes
nothing that counts, and is found out here already. Needs `pip install 'headgate[azure]'`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers

from headgate.approver.curve_key import CurveKey
from headgate.approver.register import Approver
from headgate.errors import HeadgateError

SCHEME = "azurekeyvault://"
_ADDRESS = re.compile(
    r"azurekeyvault://(?P<vault>[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9])(?:\.(?P<suffix>[a-z0-9.]+))?"
    r"/(?P<key>[A-Za-z0-9-]{1,127})/(?P<version>[0-9a-f]{32})"
)
# Whoever is asked is shown a token of whoever signs: nobody else is.
_SUFFIXES = (
    "vault.azure.net",
    "vault.azure.cn",
    "vault.usgovcloudapi.net",
    "managedhsm.azure.net",
)
_ALGORITHM = "ES256"


class Vault(Protocol):
    """What is asked of a vault."""

    def sign(self, digest: bytes) -> tuple[str, bytes]:
        """Return the algorithm with which a digest was signed, and the signature; raises a HeadgateError."""


@dataclass(frozen=True)
class AzureVault:
    """One key of Azure Key Vault, by Azure's own client (`azure.keyvault.keys.crypto.CryptographyClient`)."""

    address: str
    client: Any

    @classmethod
    def of(cls, address: str) -> AzureVault:
        """Ask as whoever `az login`, a managed identity or the environment says."""
        identifier = key_identifier(address)
        try:
            from azure.identity import DefaultAzureCredential
            from azure.keyvault.keys.crypto import CryptographyClient
        except ImportError as error:
            raise _not_installed(address) from error
        return cls(address, CryptographyClient(identifier, DefaultAzureCredential()))

    def sign(self, digest: bytes) -> tuple[str, bytes]:
        """Have the vault sign."""
        from azure.core.exceptions import AzureError
        from azure.keyvault.keys.crypto import SignatureAlgorithm

        try:
            made = self.client.sign(SignatureAlgorithm.es256, digest)
        # The client's own look at the key: not for signing, not yet or no longer in use.
        except (AzureError, ValueError) as error:
            expected = "a key that may sign, and that you may sign with (role Key Vault Crypto User)"
            raise _unable(self.address, _told(error), expected) from error
        return str(made.algorithm.value), bytes(made.signature)


@dataclass(frozen=True)
class VaultSigning:
    """The key of an approver, in a vault."""

    approver: Approver
    public: CurveKey
    address: str
    vault: Vault
    algorithm: str = _ALGORITHM

    @classmethod
    def of(cls, approver: Approver, address: str, vault: Vault | None = None) -> VaultSigning:
        """Return the approver's key at `azurekeyvault://VAULT/KEY/VERSION`; `vault` is asked in place of Azure's."""
        public = approver.public
        if not isinstance(public, CurveKey):
            raise _unable(
                address,
                f"an entry of {approver.name} with an Ed25519 key",
                "a key on P-256 in policies/approvers.yaml: a vault has no Ed25519",
            )
        return cls(approver, public, address, vault or AzureVault.of(address))

    @property
    def name(self) -> str:
        """The approver's name."""
        return self.approver.name

    @property
    def key_name(self) -> str:
        """What signatures call the key."""
        return self.approver.key_name

    def sign(self, content: bytes) -> bytes:
        """Have the vault sign, and look at what it made."""
        algorithm, signature = self.vault.sign(hashlib.sha256(content).digest())
        if algorithm != _ALGORITHM:
            raise _unable(self.address, f"a signature with {algorithm}", f"one with {_ALGORITHM}")
        if not self.public.check(signature, content):
            expected = f"one of {self.key_name}, as policies/approvers.yaml has it"
            raise _unable(self.address, "a signature of another key", expected)
        return signature


def public_key(name: str, address: str, keys: Any = None) -> CurveKey:
    """Return the public half of a vault's key, for the register; `keys` is asked in place of Azure's `KeyClient`."""
    key, version = key_identifier(address).split("/")[-2:]
    client = keys or _key_client(address)
    from azure.core.exceptions import AzureError

    try:
        found = client.get_key(key, version).key
    except AzureError as error:
        raise _unable(address, _told(error), "a key that you may read (role Key Vault Crypto User)") from error
    if found.kty not in ("EC", "EC-HSM") or found.crv != "P-256":
        raise _unable(address, "a key of another kind", "one on P-256 (EC or EC-HSM)")
    x, y = (int.from_bytes(each, "big") for each in (found.x, found.y))
    return CurveKey.of(name, EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key())


def key_identifier(address: str) -> str:
    """Return the address under which Azure knows a key."""
    found = _ADDRESS.fullmatch(address)
    suffix = (found["suffix"] or _SUFFIXES[0]) if found else ""
    if found is None or suffix not in _SUFFIXES:
        raise _unable(
            address,
            "no address of a key in Azure Key Vault",
            "azurekeyvault://VAULT/KEY/VERSION: a version of 32 hex digits, and VAULT a name, or a host under "
            + ", ".join(_SUFFIXES),
        )
    return f"https://{found['vault']}.{suffix}/keys/{found['key']}/{found['version']}"


def _key_client(address: str) -> Any:
    try:
        from azure.identity import DefaultAzureCredential
        from azure.keyvault.keys import KeyClient
    except ImportError as error:
        raise _not_installed(address) from error
    return KeyClient(key_identifier(address).partition("/keys/")[0], DefaultAzureCredential())


def _told(error: Exception) -> str:
    """Return an error's first line: the rest is the vault's whole answer."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _not_installed(address: str) -> HeadgateError:
    return HeadgateError(
        "the vault can't be asked",
        where=address,
        found="a Headgate without Azure's libraries",
        expected="azure-identity and azure-keyvault-keys",
        fix="pip install 'headgate[azure]'",
    )


def _unable(where: str, found: str, expected: str) -> HeadgateError:
    return HeadgateError(
        "the vault can't sign",
        where=where,
        found=found,
        expected=expected,
        fix="look at the address and at your rights; `az login` says who you are",
    )
