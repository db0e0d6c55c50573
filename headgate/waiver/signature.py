"""Signatures of waivers: Ed25519, in the form of signed notes, by keys that only a passphrase opens."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from headgate import keyfile
from headgate.audit.canonical import canonical
from headgate.audit.note import Signer, Verifier, is_key_name, open_note
from headgate.errors import HeadgateError
from headgate.waiver.document import Waiver

_HEAD = "headgate waiver v1"
_MAKER = "headgate waiver key"


def signed(waiver: Waiver, signer: Signer) -> Waiver:
    """Return a waiver with a signature."""
    note = signer.sign(_text(waiver))
    signature = note.rstrip("\n").rpartition(" ")[2]
    return waiver.model_copy(update={"approver": signer.name, "signature": signature})


def is_signed_by(waiver: Waiver, verifier: Verifier) -> bool:
    """Say whether a waiver, as it is now, was signed with this key."""
    try:
        open_note(f"{_text(waiver)}\n— {waiver.approver} {waiver.signature}\n", verifier)
    except ValueError:
        return False
    return True


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


def _text(waiver: Waiver) -> str:
    return f"{_HEAD}\n{canonical(waiver.signed_text).decode()}\n"
