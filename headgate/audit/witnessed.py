"""The ledger's side of witnesses: asks one to sign the current checkpoint, and keeps what it signed.

`witnessed/<key id>` holds the newest checkpoint that a witness signed, with its signature line. A witness that knows a
larger tree than the ledger has, or another one of its size, is a ledger that was set back or written anew.
"""

from __future__ import annotations

import base64
from pathlib import Path

import urllib3

from headgate.audit.checkpoint import Checkpoint
from headgate.audit.cosignature import WitnessKey
from headgate.audit.place import read
from headgate.audit.reader import LedgerReader
from headgate.audit.witness import encode_request
from headgate.errors import HeadgateError

_TIMEOUT = 30.0
_LONGEST = 4096


def ask_witness(ledger: Path, address: str, key: WitnessKey) -> Checkpoint:
    """Have a witness sign the ledger's current checkpoint, keep its signature, and return the checkpoint."""
    reader = read(ledger)
    old = _last_size(reader, key)
    if old > reader.checkpoint.size:
        raise _contradicted(ledger, address, old, reader.checkpoint.size)
    answer = _send(reader, address, old)
    if answer.status == 409:
        known = _size(answer.data)
        if known is None or known > reader.checkpoint.size or known == old:
            raise _contradicted(ledger, address, known, reader.checkpoint.size)
        answer = _send(reader, address, known)
    if answer.status != 200:
        raise _refused(address, f"{answer.status} {answer.data.decode(errors='replace')[:200].strip()}")
    note = reader.note + answer.data[:_LONGEST].decode(errors="replace")
    try:
        key.time_of(note)
        Checkpoint.open(note, reader.verifier)
    except ValueError as error:
        raise _refused(address, str(error)) from error
    reader.folder.keep_cosigned(key.key_id.hex(), note)
    return reader.checkpoint


def _last_size(reader: LedgerReader, key: WitnessKey) -> int:
    """Return the size that a witness signed last, as far as the ledger knows."""
    note = reader.folder.cosigned(key.key_id.hex())
    try:
        return Checkpoint.open(note, reader.verifier).size if note else 0
    except ValueError:
        return 0


def _send(reader: LedgerReader, address: str, old: int) -> urllib3.BaseHTTPResponse:
    """Send the checkpoint with the proof that it grew out of one of `old` entries."""
    size = reader.checkpoint.size
    hashes = reader.prove_consistency(old) if 0 < old < size else []
    body = encode_request(old, [base64.b64encode(one).decode() for one in hashes], reader.note)
    try:
        with urllib3.PoolManager(retries=False) as pool:
            return pool.request("POST", f"{address}/add-checkpoint", body=body.encode(), timeout=_TIMEOUT)
    except urllib3.exceptions.HTTPError as error:
        raise HeadgateError("the witness can't be reached", where=address, found=str(error)) from error


def _size(body: bytes) -> int | None:
    """Read the size that a witness says it knows."""
    text = body[:32].decode(errors="replace").strip()
    return int(text) if text.isascii() and text.isdigit() else None


def _contradicted(ledger: Path, address: str, known: int | None, size: int) -> HeadgateError:
    """Return the error of a ledger that a witness knows otherwise."""
    return HeadgateError(
        "the witness knows another history: this ledger was set back, or written anew",
        where=str(ledger),
        found=f"{size} entries here; {address} signed a tree of {'unknown size' if known is None else known}",
        expected="a tree that grew out of the one that the witness signed",
        fix="keep the folder as it is, and compare it with a copy: `headgate audit verify --since CHECKPOINT`",
    )


def _refused(address: str, found: str) -> HeadgateError:
    """Return the error of a witness that does not sign."""
    return HeadgateError(
        "the witness did not sign the checkpoint",
        where=address,
        found=found,
        fix="give the witness this ledger's key.pub (--log), and this command the witness's key.pub (--witness)",
    )
