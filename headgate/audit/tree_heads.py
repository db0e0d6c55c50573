"""Signed tree heads: the current one, every kept one, and one that an auditor brought along.

Owns signatures, order and completeness of tree heads; `Recount` owns the roots that they are compared with.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from headgate.audit.checkpoint import Checkpoint, split_notes
from headgate.audit.cosignature import WitnessKey
from headgate.audit.folder import NOTES_A_FILE, Folder
from headgate.audit.recount import Finding
from headgate.audit.rotation import Chain
from headgate.errors import HeadgateError


class Heads:
    """All tree heads of a ledger, each with the file that it is in."""

    # Where a crash between two writes may show: the checkpoint is signed, and not among the kept ones yet.
    unfinished = "checkpoints"

    def __init__(self, folder: Folder, keys: Chain, findings: list[Finding]) -> None:
        """Take where to look and the keys to judge by; `findings` is appended to."""
        self._folder = folder
        self._keys = keys
        self._findings = findings
        self._heads: list[tuple[str, Checkpoint]] = []
        self._witnessed: dict[str, str] = {}
        self._notes: tuple[str | None, str | None] = (None, None)

    def _read_current(self) -> str | None:
        """Return the current tree head's note; None when there is none."""
        try:
            return self._folder.checkpoint.read_bytes().decode(errors="replace")
        except FileNotFoundError:
            return None

    @property
    def is_outdated(self) -> bool:
        """Say whether a writer signed another tree head since `load` began."""
        return {self._read_current()} != set(self._notes)

    @property
    def count(self) -> int:
        """How many tree heads were compared."""
        return len({(head.size, head.root) for _, head in self._heads})

    def sizes(self) -> list[int]:
        """Return the tree sizes whose roots are wanted."""
        return [head.size for _, head in self._heads]

    def load(self, since: Path | None) -> Checkpoint | None:
        """Read every tree head, and return the one to recompute: the current one, else the newest kept one.

        A writer may be at work. It signs the current one, keeps it, and only then can a witness sign it: read the other
        way round, what was kept and witnessed is never newer than what is current, unless that one was rolled back.
        """
        before = self._read_current()
        self._witnessed = self._read_witnessed()
        kept = self._load_kept()
        note = self._read_current()
        self._notes = (before, note)
        current = self._open("checkpoint", note) if note is not None else None
        if note is None:
            self._findings.append(Finding("checkpoint", "it is missing"))
        if current is not None:
            self._heads.append(("checkpoint", current))
            self._compare_newest(current, note, kept)
        if since is not None:
            self._load_since(since)
        return current or next((head for where, head in reversed(self._heads) if where != str(since)), None)

    def _read_witnessed(self) -> dict[str, str]:
        """Return the notes that witnesses signed, by the name of their file."""
        files = [path for path in self._folder.witnessed.glob("*") if path.is_file()]
        return {path.name: path.read_bytes().decode(errors="replace") for path in files}

    def _open(self, where: str, note: str) -> Checkpoint | None:
        """Open one note; a bad one is a finding."""
        try:
            return self._keys.open(note)
        except ValueError as error:
            self._findings.append(Finding(where, str(error)))
            return None

    def _load_kept(self) -> list[str]:
        """Read the kept tree heads in order, and return the notes."""
        present = sorted(path for path in self._folder.kept.rglob("*") if path.is_file())
        files = self._folder.kept_files()
        found: list[str] = []
        for path in files:
            where = str(path.relative_to(self._folder.root))
            notes, rest = split_notes(path.read_bytes().decode(errors="replace"))
            if path != files[-1] and (len(notes) != NOTES_A_FILE or rest):
                self._findings.append(Finding(where, f"it holds {len(notes)} checkpoints, not {NOTES_A_FILE}"))
            elif rest:
                self._findings.append(self._not_kept_yet(f"{where} ends within a checkpoint"))
            for number, note in enumerate(notes):
                head = self._open(f"{where}, checkpoint {number}", note)
                if head is not None:
                    self._keep(f"{where}, checkpoint {number}", head)
            found.extend(notes)
        self._look_for_gaps(present, set(files))
        return found

    def _keep(self, where: str, head: Checkpoint) -> None:
        """Add a kept tree head, which must not be smaller than the one before it."""
        if self._heads and head.size < self._heads[-1][1].size:
            self._findings.append(Finding(where, f"size {head.size} comes after {self._heads[-1][1].size}"))
        self._heads.append((where, head))

    def _look_for_gaps(self, present: list[Path], known: set[Path]) -> None:
        """Report files of tree heads that follow a missing one."""
        for path in present:
            if path not in known:
                self._findings.append(Finding(str(path.relative_to(self._folder.root)), "a file before it is missing"))

    def _compare_newest(self, current: Checkpoint, note: str | None, kept: list[str]) -> None:
        """Require the current tree head to be the newest kept one; an older one was rolled back."""
        newest = max((head.size for _, head in self._heads[:-1]), default=0)
        if newest > current.size:
            self._findings.append(
                Finding("checkpoint", f"it was rolled back to size {current.size}: one of size {newest} was signed")
            )
        elif not kept or kept[-1] != note:
            self._findings.append(self._not_kept_yet("the current checkpoint is not the last of them"))

    def _not_kept_yet(self, what: str) -> Finding:
        """Return a finding that a crash or a writer at work explains."""
        return Finding(self.unfinished, what, may_be_unfinished=True)

    def _load_since(self, path: Path) -> None:
        """Add the tree head that an auditor brought along."""
        try:
            head = self._keys.open(path.read_text())
        except (OSError, ValueError) as error:
            raise HeadgateError(
                "the earlier checkpoint can't be used",
                where=str(path),
                found=str(error),
                expected="a checkpoint that this ledger's key signed",
                fix="give the file as it was copied from the ledger, and --key with the key that signed it",
            ) from error
        current = max((one.size for where, one in self._heads if where == "checkpoint"), default=0)
        if head.size > current:
            self._findings.append(
                Finding("checkpoint", f"size {current}, and {path} has {head.size}: the ledger was rolled back")
            )
        self._heads.append((str(path), head))

    def load_witnessed(self, keys: Sequence[WitnessKey]) -> list[str]:
        """Add the tree heads that witnesses signed, and say what they did; those of known witnesses must be there."""
        known = {key.key_id.hex(): key for key in keys}
        current = max((one.size for where, one in self._heads if where == "checkpoint"), default=0)
        told = []
        for name in sorted(known.keys() | self._witnessed.keys()):
            where, note = f"witnessed/{name}", self._witnessed.get(name)
            head = self._open(where, note) if note is not None else None
            if note is None:
                self._findings.append(Finding(where, f"witness {known[name].name} signed no checkpoint"))
            if note is None or head is None:
                continue
            if head.size > current:
                self._findings.append(Finding("checkpoint", f"size {current}, and a witness signed {head.size}"))
            self._heads.append((where, head))
            if name in known:
                told += self._check_witness(where, note, head, known[name])
        return told

    def _check_witness(self, where: str, note: str, head: Checkpoint, key: WitnessKey) -> list[str]:
        """Check a known witness's signature, and say when it signed what."""
        try:
            time = datetime.fromtimestamp(key.time_of(note), UTC)
        except (ValueError, OverflowError, OSError) as error:
            self._findings.append(Finding(where, str(error)))
            return []
        return [f"witness {key.name} signed the first {head.size} entries at {time.isoformat()}"]

    def compare(self, roots: dict[int, bytes]) -> None:
        """Compare every tree head with the tree that the entries make."""
        for where, head in self._heads:
            root = roots.get(head.size)
            if root is None and where not in ("checkpoint",):
                self._findings.append(Finding(where, f"the ledger has no tree of size {head.size} any more"))
            elif root != head.root:
                self._findings.append(Finding(where, f"the tree of size {head.size} has another root: {_hex(root)}"))


def _hex(root: bytes | None) -> str:
    """Return a root for a message."""
    return root.hex() if root else "none"
