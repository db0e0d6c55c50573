"""A ledger's signing key, replaced: the entry that old and new key both sign, and the chain of keys that it makes.

The checkpoint that first covers the entry has both keys' signatures, those before it the old one's, those behind it the
new one's. So either key alone leads to the other; what a key signs outside its time does not count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from headgate.audit.canonical import parse
from headgate.audit.checkpoint import Checkpoint, split_notes
from headgate.audit.entry import Kind
from headgate.audit.folder import Folder
from headgate.audit.merkle import WIDTH
from headgate.audit.note import Signer, Verifier, open_note, signature_lines
from headgate.audit.tiles import Tile, entries_of

TYPE = "headgate.dev/key-rotation@v1"


@dataclass(frozen=True)
class Rotation:
    """One key takes over from another, in entry `index` of a ledger."""

    index: int
    old: Verifier
    new: Verifier

    @property
    def text(self) -> str:
        """What both keys sign: of which ledger, where in it, from which key to which."""
        return f"{TYPE}\n{self.old.name}\n{self.index}\n{self.old}\n{self.new}\n"

    def sign(self, old: Signer, new: Signer) -> str:
        """Return the note with both signatures."""
        return old.sign(self.text) + new.line(self.text)

    @classmethod
    def of_entry(cls, entry: bytes, index: int) -> Rotation | None:
        """Read an entry; None when it is no rotation, ValueError when it is one that does not hold."""
        try:
            document = parse(entry)
            note = document["data"]["note"] if document["kind"] == Kind.ROTATION else None
        except (ValueError, LookupError, TypeError):
            return None
        if not isinstance(note, str):
            return None
        lines = note.split("\n")
        if len(lines) < 5 or lines[0] != TYPE:
            raise ValueError(f"the rotation's note is not of type {TYPE}")
        found = cls(index, *(_verifier(line) for line in lines[3:5]))
        if found.old.name != found.new.name:
            raise ValueError("the rotation names two ledgers")
        for key in (found.old, found.new):
            if open_note(note, key) != found.text:
                raise ValueError(f"the rotation is not that of entry {index}")
        return found


def _verifier(line: str) -> Verifier:
    """Read a key within a note; ValueError when it is none."""
    from headgate.errors import HeadgateError

    try:
        return Verifier.parse(line, "")
    except HeadgateError as error:
        raise ValueError("the rotation's keys can't be read") from error


@dataclass(frozen=True)
class Chain:
    """A ledger's keys, oldest first, each with the size of its first tree; and the rotations that do not hold."""

    keys: tuple[tuple[int, Verifier], ...]
    problems: tuple[tuple[int, str], ...] = ()

    @property
    def current(self) -> Verifier:
        """The key in force."""
        return self.keys[-1][1]

    def open(self, note: str) -> Checkpoint:
        """Return the checkpoint that the keys in force signed, at a rotation both; ValueError says why not."""
        size = Checkpoint.parse(signature_lines(note)[0]).size
        ends = [start for start, _ in self.keys[1:]]
        held = [
            key
            for number, (start, key) in enumerate(self.keys)
            if start <= size and (number == len(ends) or size <= ends[number])
        ]
        try:
            found = [Checkpoint.open(note, key) for key in held]
        except ValueError as error:
            raise ValueError(self._explained(note, size, str(error))) from error
        return found[-1]

    def _explained(self, note: str, size: int, reason: str) -> str:
        """Name a key of the ledger that signed outside its time."""
        signed = {raw[:4] for _, raw in signature_lines(note)[1]}
        for number, (_, key) in enumerate(self.keys[:-1]):
            end = self.keys[number + 1][0]
            if size > end and key.key_id in signed:
                return f"signed by key {key.key_id.hex()}, which another one replaced in entry {end - 1}"
        return reason


def chain_of(folder: Folder, trusted: Verifier) -> Chain:
    """Return the chain of keys that a trusted one belongs to; it alone, where no rotation leads to it."""
    found: list[Rotation] = []
    problems: list[tuple[int, str]] = []
    for size in _sizes_signed_twice(folder, trusted.name):
        try:
            rotation = _rotation_before(folder, size)
        except ValueError as error:
            problems.append((size - 1, str(error)))
            continue
        if rotation is None:
            continue
        if rotation.old.name != trusted.name or (found and rotation.old != found[-1].new):
            problems.append((size - 1, f"a rotation by key {rotation.old.key_id.hex()}, which was not in force"))
            continue
        found.append(rotation)
    keys = [(0, found[0].old), *((one.index + 1, one.new) for one in found)] if found else []
    if trusted not in [key for _, key in keys]:
        problems += [(one.index, f"a rotation by key {one.old.key_id.hex()}, which was not in force") for one in found]
        keys = [(0, trusted)]
    return Chain(tuple(keys), tuple(problems))


def _sizes_signed_twice(folder: Folder, name: str) -> list[int]:
    """Return the sizes of trees that two keys of the ledger's name signed: there a rotation may be."""
    found = set()
    for note in _notes(folder):
        try:
            text, signatures = signature_lines(note)
            if len({raw[:4] for one, raw in signatures if one == name}) > 1:
                found.add(Checkpoint.parse(text).size)
        except ValueError:
            continue  # what is wrong with it, verification says
    return sorted(found - {0})


def _notes(folder: Folder) -> Iterable[str]:
    """Yield every signed tree head, the current one last."""
    for path in [*folder.kept_files(), folder.checkpoint]:
        try:
            yield from split_notes(path.read_bytes().decode(errors="replace"))[0]
        except OSError:
            continue


def _rotation_before(folder: Folder, size: int) -> Rotation | None:
    """Return the rotation that is the last entry of a tree; ValueError when it does not hold."""
    from headgate.audit.reader import read_tile

    number, position = divmod(size - 1, WIDTH)
    try:
        entries = entries_of(read_tile(folder, Tile(None, number, position + 1)))
        return Rotation.of_entry(entries[position], size - 1)
    except (OSError, IndexError):
        return None
