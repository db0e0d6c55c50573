"""Public keys on the curve P-256, which is what a vault signs with where it has no Ed25519 (Azure Key Vault).

Owns their form in the register: `name+id+base64`, as that of Ed25519 keys, under a type of its own. A key of one type
is never read as one of another, so each has exactly one algorithm.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from headgate.audit.note import bad_key, is_key_name, key_id_of

_TYPE = b"\x02"
_HALF = 32


@dataclass(frozen=True)
class CurveKey:
    """A public key with its name; `public` is its SubjectPublicKeyInfo."""

    name: str
    public: bytes

    @classmethod
    def of(cls, name: str, key: EllipticCurvePublicKey) -> CurveKey:
        """Return a key under a name."""
        return cls(name, key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))

    @property
    def key_id(self) -> bytes:
        """The four bytes that tell this key apart."""
        return key_id_of(self.name, self.public, _TYPE)

    def __str__(self) -> str:
        """Encode in one line."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_TYPE + self.public).decode()}"

    @classmethod
    def parse(cls, text: str, where: str) -> CurveKey:
        """Read the encoding, or say what is wrong with it."""
        parts = text.strip(" \r\n").split("+", 2)
        if len(parts) != 3 or not is_key_name(parts[0]):
            raise bad_key(where, "another form", "name+id+base64, one line")
        try:
            raw = base64.b64decode(parts[2], validate=True)
            found = cls(parts[0], raw[1:])
            if raw[:1] != _TYPE or found != cls.of(found.name, found.key):
                raise ValueError("no key on P-256")
        except (binascii.Error, ValueError, UnsupportedAlgorithm) as error:
            raise bad_key(where, "no key on P-256", "name+id+base64 of a public key on P-256") from error
        if found.key_id.hex() != parts[1]:
            raise bad_key(where, f"key id {parts[1]}", f"{found.key_id.hex()}, as the key has it")
        return found

    @property
    def key(self) -> EllipticCurvePublicKey:
        """The key; ValueError where it is on another curve."""
        found = load_der_public_key(self.public)
        if not isinstance(found, EllipticCurvePublicKey) or not isinstance(found.curve, SECP256R1):
            raise ValueError("no key on P-256")
        return found

    def jwk(self) -> dict[str, str]:
        """Return the fields of a JSON Web Key."""
        numbers = self.key.public_numbers()
        x, y = (
            base64.urlsafe_b64encode(each.to_bytes(_HALF, "big")).rstrip(b"=").decode()
            for each in (numbers.x, numbers.y)
        )
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}

    def check(self, signature: bytes, content: bytes) -> bool:
        """Say whether a signature over bytes, as JWS has it (ES256), is this key's."""
        if len(signature) != 2 * _HALF:
            return False
        r, s = (int.from_bytes(signature[at : at + _HALF], "big") for at in (0, _HALF))
        try:
            self.key.verify(encode_dss_signature(r, s), content, ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True
