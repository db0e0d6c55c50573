"""A witness's signature on a checkpoint (c2sp.org/tlog-cosignature, Ed25519, `cosignature/v1`).

It says: at this time, this was the largest tree of this ledger that I had seen, and it grew out of all before it.
Owns keys and the signature's form; what a witness signs is `witness`'s business.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from headgate.audit.note import bad_key, key_id_of, signature_line, signature_lines, split_key

COSIGNATURE = b"\x04"
_TIME = 8
_SIGNATURE = 64


def _message(text: str, time: int) -> bytes:
    """Return what a witness signs."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


@dataclass(frozen=True)
class WitnessKey:
    """A witness's public key with its name."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes that tell this key apart."""
        return key_id_of(self.name, self.public, COSIGNATURE)

    def __str__(self) -> str:
        """Encode as name, id and key, in one line."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(COSIGNATURE + self.public).decode()}"

    @classmethod
    def parse(cls, text: str, where: str) -> WitnessKey:
        """Read the encoding, or say what is wrong with the file."""
        name, key_id, public = split_key(text.strip(" \r\n"), "", where, COSIGNATURE)
        found = cls(name, public)
        if found.key_id.hex() != key_id:
            raise bad_key(where, f"key id {key_id}", f"{found.key_id.hex()}, as the key has it")
        return found

    @classmethod
    def read(cls, path: Path) -> WitnessKey:
        """Read a key's file."""
        try:
            return cls.parse(path.read_text(), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise bad_key(str(path), str(error), "a file with a witness's public key") from error

    def time_of(self, note: str) -> int:
        """Return when this witness signed a note, in seconds since 1970; ValueError when it did not."""
        text, signatures = signature_lines(note)
        for name, raw in signatures:
            if name != self.name or raw[:4] != self.key_id:
                continue
            time, signature = int.from_bytes(raw[4 : 4 + _TIME], "big"), raw[4 + _TIME :]
            if len(signature) != _SIGNATURE or not self._is_mine(signature, _message(text, time)):
                raise ValueError(f"the signature of witness {self.name} does not match the checkpoint")
            return time
        raise ValueError(f"not signed by witness {self.name}")

    def _is_mine(self, signature: bytes, message: bytes) -> bool:
        """Say whether this key signed a message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class WitnessSigner:
    """A witness's private key. Its encoding is a secret: it never enters a message."""

    name: str
    key: Ed25519PrivateKey

    @property
    def public(self) -> WitnessKey:
        """The public half."""
        return WitnessKey(self.name, self.key.public_key().public_bytes_raw())

    def encode(self) -> str:
        """Encode as name, id and seed, in one line."""
        seed = base64.b64encode(COSIGNATURE + self.key.private_bytes_raw()).decode()
        return f"PRIVATE+KEY+{self.name}+{self.public.key_id.hex()}+{seed}"

    @classmethod
    def parse(cls, text: str, where: str) -> WitnessSigner:
        """Read the encoding, or say what is wrong with the file."""
        name, key_id, seed = split_key(text.strip(" \r\n"), "PRIVATE+KEY+", where, COSIGNATURE)
        found = cls(name, Ed25519PrivateKey.from_private_bytes(seed))
        if found.public.key_id.hex() != key_id:
            raise bad_key(where, "a key id of another key", found.public.key_id.hex())
        return found

    def line(self, note: str, time: int) -> str:
        """Return this witness's signature line for a note."""
        text, _ = signature_lines(note)
        signature = self.key.sign(_message(text, time))
        return signature_line(self.name, self.public.key_id + time.to_bytes(_TIME, "big") + signature)
