"""Private keys of approvers: Ed25519, in files that only a passphrase opens."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from headgate import keyfile
from headgate.audit.note import Signer, Verifier, is_key_name
from headgate.errors import HeadgateError

_MAKER = "headgate waiver key"


def new_key(name: str, path: Path, passphrase: str) -> Verifier:
    """Make a key, write its private half for its owner's eyes alone, and return the public one."""
    if not is_key_name(name):
        raise HeadgateError(
            "an approver can't have this name",
            found=repr(name),
            expected="a word without spaces and plus signs, such as amina.h",
            fix="choose another name",
        )
    signer = Signer.generate(name)
    keyfile.write(signer.key, path, passphrase)
    return signer.verifier


def open_key(name: str, path: Path, passphrase: str) -> Signer:
    """Open a private key."""
    key = keyfile.read(path, passphrase, maker=_MAKER, kind="an Ed25519 key")
    if not isinstance(key, Ed25519PrivateKey):
        raise keyfile.unusable(path, type(key).__name__, "an Ed25519 key", _MAKER)
    return Signer(name, key)
