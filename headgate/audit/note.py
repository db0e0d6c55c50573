"""Signed notes and their Ed25519 keys (c2sp.org/signed-note), in the key encodings of Go's `sumdb/note`.

Owns signatures over text. What the text says is `checkpoint`'s business.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from headgate.errors import HeadgateError

ED25519 = b"\x01"
_DASH = "— "


def key_id_of(name: str, public: bytes, algorithm: bytes = ED25519) -> bytes:
    """Return the first four bytes that tell a key apart."""
    return hashlib.sha256(name.encode() + b"\n" + algorithm + public).digest()[:4]


def is_key_name(name: str) -> bool:
    """Say whether a signature line can carry this name."""
    return bool(name) and "+" not in name and not any(c.isspace() or ord(c) < 0x20 for c in name)


@dataclass(frozen=True)
class Verifier:
    """A public key with its name: `name+id+base64`, one line."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes that tell this key apart."""
        return key_id_of(self.name, self.public)

    def __str__(self) -> str:
        """Encode as Go's note.NewVerifier reads it."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"

    @classmethod
    def parse(cls, text: str, where: str) -> Verifier:
        """Read the encoding, or say what is wrong with the file."""
        name, key_id, key = split_key(text.strip(" \r\n"), "", where)
        verifier = cls(name, key)
        if verifier.key_id.hex() != key_id:
            raise bad_key(where, f"key id {key_id}", f"{verifier.key_id.hex()}, as the key has it")
        return verifier

    def check(self, signature: bytes, text: bytes) -> bool:
        """Say whether a signature over the text is this key's."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class Signer:
    """A private key with its name. Its encoding is a secret: it never enters a message."""

    name: str
    key: Ed25519PrivateKey

    @classmethod
    def generate(cls, name: str) -> Signer:
        """Make a new key."""
        return cls(name, Ed25519PrivateKey.generate())

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, self.key.public_key().public_bytes_raw())

    def encode(self) -> str:
        """Encode as Go's note.NewSigner reads it."""
        seed = base64.b64encode(ED25519 + self.key.private_bytes_raw()).decode()
        return f"PRIVATE+KEY+{self.name}+{self.verifier.key_id.hex()}+{seed}"

    @classmethod
    def parse(cls, text: str, where: str) -> Signer:
        """Read the encoding, or say what is wrong with the file."""
        name, key_id, seed = split_key(text.strip(" \r\n"), "PRIVATE+KEY+", where)
        signer = cls(name, Ed25519PrivateKey.from_private_bytes(seed))
        if signer.verifier.key_id.hex() != key_id:
            raise bad_key(where, "a key id of another key", signer.verifier.key_id.hex())
        return signer

    def sign(self, text: str) -> str:
        """Return the text with this key's signature line."""
        return f"{text}\n{self.line(text)}"

    def line(self, text: str) -> str:
        """Return this key's signature line alone."""
        return signature_line(self.name, self.verifier.key_id + self.key.sign(text.encode()))


def bad_key(where: str, found: str, expected: str) -> HeadgateError:
    """Return the error of a key file."""
    return HeadgateError(
        "the key can't be read", where=where, found=found, expected=expected, fix="give the file that `key.pub` was"
    )


def split_key(text: str, prefix: str, where: str, algorithm: bytes = ED25519) -> tuple[str, str, bytes]:
    """Return name, key id and the 32 bytes of an encoded key."""
    parts = text.removeprefix(prefix).split("+", 2)
    expected = f"{prefix}name+id+base64, one line"
    if not text.startswith(prefix) or len(parts) != 3 or not is_key_name(parts[0]):
        raise bad_key(where, "another form", expected)
    try:
        raw = base64.b64decode(parts[2], validate=True)
    except binascii.Error as error:
        raise bad_key(where, "no base64", expected) from error
    if len(raw) != 33 or raw[:1] != algorithm:
        raise bad_key(where, f"no Ed25519 key of type {algorithm[0]}", expected)
    return parts[0], parts[1], raw[1:]


def signature_lines(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return a note's text and its signatures, each with its name; ValueError says what is wrong with its form."""
    text, separator, signatures = note.rpartition("\n\n")
    if not separator or not signatures.endswith("\n"):
        raise ValueError("not a signed note")
    found = []
    for line in signatures.splitlines():
        if not line.startswith(_DASH):
            raise ValueError("a signature line does not begin with a dash")
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise ValueError("a signature is not base64") from error
        # Bits behind the last byte may not vary: one signature has one form.
        if base64.b64encode(raw).decode() != encoded:
            raise ValueError("a signature is not base64 as it is written")
        found.append((name, raw))
    return text + "\n", found


def signature_line(name: str, signature: bytes) -> str:
    """Return a signature as its line."""
    return f"{_DASH}{name} {base64.b64encode(signature).decode()}\n"


def open_note(note: str, verifier: Verifier) -> str:
    """Return a note's text when the key signed it; ValueError says why not."""
    text, signatures = signature_lines(note)
    for name, raw in signatures:
        if name == verifier.name and raw[:4] == verifier.key_id:
            if verifier.check(raw[4:], text.encode()):
                return text
            raise ValueError(f"the signature of {name} does not match the text")
    raise ValueError(f"not signed by {verifier.name} (key {verifier.key_id.hex()})")
