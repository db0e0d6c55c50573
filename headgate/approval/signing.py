"""Who signs: one interface over keys in files, keys in an agent, and keys that a vault never gives away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from headgate.approver.register import key_name
from headgate.audit.note import Signer


class Signing(Protocol):
    """A private key that can be asked to sign, wherever it is."""

    @property
    def name(self) -> str:
        """The approver's name in `policies/approvers.yaml`."""

    @property
    def key_name(self) -> str:
        """What the signature calls the key."""

    @property
    def algorithm(self) -> str:
        """The algorithm, as JWS names it: EdDSA or ES256."""

    def sign(self, content: bytes) -> bytes:
        """Return the signature over bytes, as JWS has it; raises a HeadgateError where the key does not answer."""


class Vouching(Protocol):
    """Somebody who is no approver, and whose word for one can be had in the form of a token."""

    def token(self, digest: str) -> str:
        """Return a token (JWT) for the approval of this SHA-256, in hex; raises a HeadgateError where there is none."""


@dataclass(frozen=True)
class FileSigning:
    """A key that was read from a file with its passphrase."""

    signer: Signer
    algorithm: str = "EdDSA"

    @property
    def name(self) -> str:
        """The name in the key."""
        return self.signer.name

    @property
    def key_name(self) -> str:
        """What signatures call the key."""
        return key_name(self.signer.verifier)

    def sign(self, content: bytes) -> bytes:
        """Sign."""
        return self.signer.key.sign(content)
