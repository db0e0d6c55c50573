"""Checkpoints (c2sp.org/tlog-checkpoint): origin, size and root of a tree, as a signed note."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from headgate.audit.merkle import HASH
from headgate.audit.note import Signer, Verifier, open_note


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The note's text."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    def sign(self, signer: Signer) -> str:
        """Return the signed note."""
        return signer.sign(self.text)

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read a note's text; ValueError says what is wrong."""
        lines = text.split("\n")
        if len(lines) < 4 or not all(lines[:3]) or lines[-1]:
            raise ValueError("a checkpoint has an origin, a size and a root, a line each")
        if not lines[1].isascii() or not lines[1].isdigit() or lines[1] != str(int(lines[1])):
            raise ValueError(f"{lines[1]!r} is no tree size")
        try:
            root = base64.b64decode(lines[2], validate=True)
        except binascii.Error as error:
            raise ValueError("the root is not base64") from error
        if len(root) != HASH:
            raise ValueError(f"the root has {len(root)} bytes, not {HASH}")
        return cls(lines[0], int(lines[1]), root)

    @classmethod
    def open(cls, note: str, verifier: Verifier) -> Checkpoint:
        """Return the checkpoint of a note that the key signed; ValueError says why not."""
        return cls.parse(open_note(note, verifier))


def split_notes(text: str) -> tuple[list[str], str]:
    """Split a file of concatenated checkpoints into notes, and what follows the last whole one.

    A note is three or more lines of text, an empty line, and signature lines, which alone begin with a dash.
    """
    notes: list[str] = []
    start = at = 0
    in_signatures = False
    while (end := text.find("\n", at)) >= 0:
        is_signature = text.startswith("— ", at)
        if in_signatures and not is_signature:
            notes.append(text[start:at])
            start = at
        in_signatures = is_signature
        at = end + 1
    if in_signatures:
        notes.append(text[start:at])
        start = at
    return notes, text[start:]
