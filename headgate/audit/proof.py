"""Proofs as files that stand alone: made by a reader, checked with nothing but a key.

An inclusion proof is a text that any verifier reads (c2sp.org/tlog-proof). For growth from one checkpoint to another
there is no such format: it is a JSON document with both notes and the hashes of RFC 9162, 2.1.4.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

from headgate.audit.canonical import parse
from headgate.audit.checkpoint import Checkpoint
from headgate.audit.merkle import HASH, is_consistent, leaf_hashes, root_from_inclusion
from headgate.audit.note import Verifier

INCLUSION = "c2sp.org/tlog-proof@v1"
GROWTH = "headgate.dev/consistency-proof@v1"


@dataclass(frozen=True)
class Inclusion:
    """That an entry is in a tree: its index, the path to the root, and the signed tree head."""

    index: int
    hashes: tuple[bytes, ...]
    note: str

    @property
    def text(self) -> str:
        """The proof as a text."""
        lines = [base64.b64encode(one).decode() for one in self.hashes]
        return "\n".join([INCLUSION, f"index {self.index}", *lines, "", self.note])

    @classmethod
    def parse(cls, text: str) -> Inclusion:
        """Read a text; ValueError says what is wrong."""
        head, separator, note = text.partition("\n\n")
        lines = head.split("\n")
        if lines[:1] != [INCLUSION] or not separator:
            raise ValueError(f"it does not begin with {INCLUSION}, or lacks a checkpoint")
        lines = [line for line in lines[1:] if not line.startswith("extra ")]
        word, _, number = lines[0].partition(" ") if lines else ("", "", "")
        if word != "index" or not number.isascii() or not number.isdigit():
            raise ValueError("it names no index")
        return cls(int(number), tuple(parse_hash(line) for line in lines[1:]), note)

    def check(self, entry: bytes, verifier: Verifier) -> Checkpoint:
        """Return the tree head that the entry is in; ValueError says why it is not."""
        checkpoint = Checkpoint.open(self.note, verifier)
        if not 0 <= self.index < checkpoint.size:
            raise ValueError(f"entry {self.index} is not in a tree of {checkpoint.size}")
        root = root_from_inclusion(leaf_hashes([entry]), self.index, checkpoint.size, list(self.hashes))
        if root != checkpoint.root:
            raise ValueError(f"entry {self.index} and its proof do not lead to the signed root")
        return checkpoint


@dataclass(frozen=True)
class Growth:
    """That one tree grew out of another: both signed tree heads, and the hashes between."""

    old: str
    new: str
    hashes: tuple[bytes, ...]

    @property
    def text(self) -> str:
        """The proof as a JSON document."""
        hashes = [base64.b64encode(one).decode() for one in self.hashes]
        return json.dumps({"type": GROWTH, "old": self.old, "new": self.new, "hashes": hashes}, indent=2) + "\n"

    @classmethod
    def parse(cls, text: str) -> Growth:
        """Read a document; ValueError says what is wrong."""
        document = parse(text)
        if not isinstance(document, dict) or document.get("type") != GROWTH:
            raise ValueError(f"its type is not {GROWTH}")
        old, new, hashes = document.get("old"), document.get("new"), document.get("hashes")
        if not isinstance(old, str) or not isinstance(new, str) or not isinstance(hashes, list):
            raise ValueError("it lacks `old`, `new` or `hashes`")
        return cls(old, new, tuple(parse_hash(str(one)) for one in hashes))

    def check(self, verifier: Verifier) -> tuple[Checkpoint, Checkpoint]:
        """Return both tree heads, the old one first; ValueError says why one did not grow into the other."""
        old, new = Checkpoint.open(self.old, verifier), Checkpoint.open(self.new, verifier)
        if old.origin != new.origin:
            raise ValueError(f"{old.origin} and {new.origin} are two ledgers")
        if not has_grown(old, new, list(self.hashes)):
            raise ValueError(f"the tree of {new.size} entries did not grow out of that of {old.size}")
        return old, new


def has_grown(old: Checkpoint, new: Checkpoint, hashes: list[bytes]) -> bool:
    """Say whether the hashes lead from one tree to the other; every tree grew out of the empty one."""
    if old.size == 0:
        return not hashes
    return is_consistent(old.size, old.root, new.size, new.root, hashes)


def parse_hash(text: str) -> bytes:
    """Read one hash; ValueError when it is none."""
    try:
        found = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("a hash is not base64") from error
    if len(found) != HASH:
        raise ValueError(f"a hash has {len(found)} bytes, not {HASH}")
    return found
