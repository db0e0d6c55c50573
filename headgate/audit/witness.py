"""A witness (c2sp.org/tlog-witness): remembers the largest tree of each ledger, and signs only what grew out of it.

A ledger that was set back, or that shows two histories, can't be hidden from one that runs elsewhere: it refuses the
second. Owns what it remembers, durably and before it answers. Knows checkpoints and proofs, never entries.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from headgate.audit.checkpoint import Checkpoint
from headgate.audit.cosignature import WitnessSigner
from headgate.audit.durable import flush_folder, make_folder, write_new
from headgate.audit.lock import WriterLock
from headgate.audit.note import Verifier
from headgate.audit.proof import has_grown, parse_hash

_MOST_HASHES = 63


@dataclass(frozen=True)
class Reply:
    """What a witness answers: a status of the protocol, and a body."""

    status: int
    body: str


def encode_request(old: int, hashes: Sequence[str], note: str) -> str:
    """Return a request: the size that the witness knows, the proof from there, and the checkpoint."""
    return "".join([f"old {old}\n", *(f"{one}\n" for one in hashes), "\n", note])


def _decode(request: str) -> tuple[int, list[bytes], str]:
    """Read a request; ValueError says what is wrong with it."""
    head, separator, note = request.partition("\n\n")
    first, *lines = head.split("\n")
    word, _, number = first.partition(" ")
    if not separator or word != "old" or not number.isascii() or not number.isdigit():
        raise ValueError("a request is `old SIZE`, a proof, an empty line and a checkpoint")
    if len(lines) > _MOST_HASHES:
        raise ValueError("the proof is too long")
    return int(number), [parse_hash(line) for line in lines], note


class Witness:
    """A witness of some ledgers, with its memory in a folder."""

    def __init__(self, folder: Path, name: str, ledgers: Sequence[Verifier]) -> None:
        """Open its memory, and its key, which is made on first use; hold both until `close`."""
        make_folder(folder / "scratch")
        self._folder = folder
        self._lock = WriterLock(folder / "lock")
        self._ledgers = {one.name: one for one in ledgers}
        self.signer = self._key(name)

    def _key(self, name: str) -> WitnessSigner:
        """Return the signing key."""
        path = self._folder / "key"
        if path.exists():
            return WitnessSigner.parse(path.read_text(), str(path))
        signer = WitnessSigner(name, Ed25519PrivateKey.generate())
        write_new(self._folder / "key.pub", f"{signer.public}\n".encode(), self._folder / "scratch")
        write_new(path, f"{signer.encode()}\n".encode(), self._folder / "scratch")
        flush_folder(self._folder)
        return signer

    def _memory(self, origin: str) -> Path:
        """Return the file of the newest checkpoint of a ledger."""
        return self._folder / f"{hashlib.sha256(origin.encode()).hexdigest()}.checkpoint"

    def _newest(self, verifier: Verifier) -> Checkpoint | None:
        """Return the newest tree head that was signed, None at the first."""
        path = self._memory(verifier.name)
        return Checkpoint.open(path.read_text(), verifier) if path.exists() else None

    def add(self, request: str) -> Reply:
        """Judge a checkpoint, and sign it when it grew out of the newest one."""
        try:
            old, hashes, note = _decode(request)
            origin = note.split("\n", 1)[0]
        except ValueError as error:
            return Reply(400, f"{error}\n")
        verifier = self._ledgers.get(origin)
        if verifier is None:
            return Reply(404, "this witness knows no such ledger\n")
        try:
            checkpoint = Checkpoint.open(note, verifier)
        except ValueError as error:
            return Reply(403, f"{error}\n")
        return self._judge(checkpoint, note, old, hashes, verifier)

    def _judge(self, new: Checkpoint, note: str, old: int, hashes: list[bytes], verifier: Verifier) -> Reply:
        """Compare a signed checkpoint with the newest one."""
        newest = self._newest(verifier)
        known = newest.size if newest else 0
        if old > new.size:
            return Reply(400, "the old size is larger than the checkpoint's\n")
        if old != known or (newest is not None and newest.size == new.size and newest.root != new.root):
            return Reply(409, f"{known}\n")
        if not has_grown(newest or Checkpoint(new.origin, 0, b""), new, hashes):
            return Reply(422, "the proof does not lead from the old tree to the new one\n")
        write_new(self._memory(verifier.name), note.encode(), self._folder / "scratch")
        flush_folder(self._folder)
        return Reply(200, self.signer.line(note, int(time.time())))

    def close(self) -> None:
        """Let another process be this witness."""
        self._lock.release()
