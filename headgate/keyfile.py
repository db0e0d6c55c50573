"""Private keys in files that only a passphrase opens.

Owns the files: one owner's eyes alone, never written over. What a key signs, and whose it is, its user knows.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from headgate.errors import HeadgateError

_LEAST_PASSPHRASE = 12


def write(key: PrivateKeyTypes, path: Path, passphrase: str) -> None:
    """Write a new key's file."""
    if len(passphrase) < _LEAST_PASSPHRASE:
        raise HeadgateError(
            "the passphrase is too short",
            found=f"{len(passphrase)} characters",
            expected=f"at least {_LEAST_PASSPHRASE}",
            fix="choose a longer one: some words in a row",
        )
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode("utf-8")))
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


def read(path: Path, passphrase: str, *, maker: str, kind: str) -> PrivateKeyTypes:
    """Open a key's file. `maker` is the command that makes such files, and `kind` the key's, for the message."""
    try:
        return load_pem_private_key(path.read_bytes(), passphrase.encode("utf-8"))
    except OSError as error:
        found = error.strerror or type(error).__name__
        raise unusable(path, found, f"a key of `{maker}`", maker) from error
    except UnsupportedAlgorithm as error:
        raise unusable(path, str(error), kind, maker) from error
    except (ValueError, TypeError) as error:
        expected = f"{kind} in PEM, and its passphrase"
        raise unusable(path, "no key that this passphrase opens", expected, maker) from error


def unusable(path: Path, found: str, expected: str, maker: str) -> HeadgateError:
    """Return the error of a key's file that is not what it should be."""
    return HeadgateError(
        "the key can't be used",
        where=str(path),
        found=found,
        expected=expected,
        fix=f"give the file and the passphrase of `{maker}`",
    )
