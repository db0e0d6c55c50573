"""Keys that sign models: ECDSA on the three NIST curves, the only ones that `model_signing` takes.

The curve names the hash, so that no document can choose a weaker one. A key's id is the one that `model_signing` gives
as a hint: the SHA-256 of its public half in PEM.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from headgate import keyfile

MAKER = "headgate model key"
_HASHES: dict[str, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
    "secp256r1": hashes.SHA256,
    "secp384r1": hashes.SHA384,
    "secp521r1": hashes.SHA512,
}
_KIND = "an ECDSA key on P-256, P-384 or P-521"


@dataclass(frozen=True)
class PublicKey:
    """The half that verifies."""

    key: ec.EllipticCurvePublicKey

    @classmethod
    def of(cls, key: PublicKeyTypes) -> PublicKey:
        """Take a key of a curve that counts; ValueError says what it is instead."""
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in _HASHES:
            curve = key.curve.name if isinstance(key, ec.EllipticCurvePublicKey) else type(key).__name__
            raise ValueError(f"{curve}: not {_KIND}")
        return cls(key)

    @classmethod
    def parse(cls, text: str) -> PublicKey:
        """Read the encoding of `headgate model key`: base64, one line; ValueError says what is wrong."""
        try:
            return cls.of(load_der_public_key(base64.b64decode(text, validate=True)))
        except (binascii.Error, UnsupportedAlgorithm) as error:
            raise ValueError(f"not base64 of a public key: {error}") from error

    @property
    def text(self) -> str:
        """Its encoding in one line."""
        return base64.b64encode(self.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()

    @property
    def pem(self) -> bytes:
        """Its encoding as a file, which `model_signing verify key --public_key` takes."""
        return self.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def id(self) -> str:
        """What documents call it."""
        return hashlib.sha256(self.pem).hexdigest()

    def has_signed(self, content: bytes, signature: bytes) -> bool:
        """Say whether a signature over these bytes is this key's."""
        try:
            self.key.verify(signature, content, ec.ECDSA(_HASHES[self.key.curve.name]()))
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """The half that signs."""

    key: ec.EllipticCurvePrivateKey

    @property
    def public(self) -> PublicKey:
        """The other half."""
        return PublicKey(self.key.public_key())

    def sign(self, content: bytes) -> bytes:
        """Return a signature."""
        return self.key.sign(content, ec.ECDSA(_HASHES[self.key.curve.name]()))


def generate() -> SigningKey:
    """Make a key in memory."""
    return SigningKey(ec.generate_private_key(ec.SECP256R1()))


def new_key(path: Path, passphrase: str) -> PublicKey:
    """Make a key, write its private half for its owner's eyes alone, and return the public one."""
    made = generate()
    keyfile.write(made.key, path, passphrase)
    return made.public


def open_key(path: Path, passphrase: str) -> SigningKey:
    """Open a private key."""
    key = keyfile.read(path, passphrase, maker=MAKER, kind=_KIND)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name not in _HASHES:
        raise keyfile.unusable(path, type(key).__name__, _KIND, MAKER)
    return SigningKey(key)
