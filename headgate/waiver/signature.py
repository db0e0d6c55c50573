"""Signatures of waivers: Ed25519, in the form of signed notes, by keys that only a passphrase opens."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from headgate.audit.canonical import canonical
from headgate.audit.note import Signer, Verifier, is_key_name, open_note
from headgate.errors import HeadgateError
from headgate.waiver.document import Waiver

_HEAD = "headgate waiver v1"
_LEAST_PASSPHRASE = 12


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
    if len(passphrase) < _LEAST_PASSPHRASE:
        raise HeadgateError(
            "the passphrase is too short",
            found=f"{len(passphrase)} characters",
            expected=f"at least {_LEAST_PASSPHRASE}",
            fix="choose a longer one: some words in a row",
        )
    signer = Signer.generate(name)
    content = signer.key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode("utf-8"))
    )
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise HeadgateError(
            "the key can't be written",
            where=str(path),
            found=error.strerror or type(error).__name__,
            expected="a new file in a directory that is there: keys are never written over",
            fix="name another file",
        ) from error
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    return signer.verifier


def open_key(name: str, path: Path, passphrase: str) -> Signer:
    """Open a private key."""
    try:
        key = load_pem_private_key(path.read_bytes(), passphrase.encode("utf-8"))
    except OSError as error:
        raise _unusable(path, error.strerror or type(error).__name__, "a key of `headgate waiver key`") from error
    except (ValueError, TypeError) as error:
        found = "no key that this passphrase opens"
        raise _unusable(path, found, "an Ed25519 key in PEM, and its passphrase") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _unusable(path, type(key).__name__, "an Ed25519 key")
    return Signer(name, key)


def _text(waiver: Waiver) -> str:
    return f"{_HEAD}\n{canonical(waiver.signed_text).decode()}\n"


def _unusable(path: Path, found: str, expected: str) -> HeadgateError:
    return HeadgateError(
        "the key can't be used",
        where=str(path),
        found=found,
        expected=expected,
        fix="give the file and the passphrase of `headgate waiver key`",
    )
