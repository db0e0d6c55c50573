"""Recomputes a whole ledger and names what does not hold. Trusts nothing but a key: the folder's own, without `key`.

What it can't see without help: a folder rolled back as a whole, kept checkpoints included. That is what `since` is for:
a checkpoint that was carried away earlier.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headgate.audit import wal
from headgate.audit.checkpoint import Checkpoint
from headgate.audit.cosignature import WitnessKey
from headgate.audit.folder import Folder, unreadable
from headgate.audit.frontier import Frontier
from headgate.audit.lock import is_held
from headgate.audit.note import Signer, Verifier
from headgate.audit.reader import load_frontier
from headgate.audit.recount import Finding, Recount
from headgate.audit.rotation import chain_of
from headgate.audit.tiles import Tile
from headgate.audit.tree_heads import Heads
from headgate.errors import HeadgateError

Progress = Callable[[int], None]
_MANY = 50
_READ = ("checkpoint", "checkpoints", "witnessed", "tile", "blob", "key.pub", "key", "key.next", "pending")


@dataclass
class Report:
    """What a verification found. `findings` empty means: every byte is what the key signed."""

    where: str
    origin: str = ""
    key: str = ""
    size: int = 0
    root: str = ""
    checkpoints: int = 0
    payloads: int = 0
    pending: int = 0
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_well(self) -> bool:
        """Say whether everything holds."""
        return not self.findings

    def as_json(self) -> dict[str, Any]:
        """Return the report for `--json`."""
        findings = [{"where": one.where, "what": one.what, "entry": one.entry} for one in self.findings]
        names = ("origin", "key", "size", "root", "checkpoints", "payloads", "pending", "notes")
        return {"ledger": self.where, "verified": self.is_well, "findings": findings} | {
            name: getattr(self, name) for name in names
        }


def verify(
    root: Path,
    *,
    key: Path | None = None,
    since: Path | None = None,
    witnesses: Sequence[WitnessKey] = (),
    progress: Progress | None = None,
) -> Report:
    """Recompute everything under a folder: entries, tiles, payloads, tree heads, signatures."""
    folder, report = Folder(root), Report(str(root))
    try:
        _verify(folder, report, key, since, witnesses, progress)
    except OSError as error:
        raise unreadable(root, error) from error
    report.findings.sort(key=lambda one: one.order)
    del report.findings[_MANY:]
    return report


def _verify(
    folder: Folder,
    report: Report,
    key: Path | None,
    since: Path | None,
    witnesses: Sequence[WitnessKey],
    progress: Progress | None,
) -> None:
    """Do so, and write down what is found."""
    if not any(path.exists() for path in (folder.checkpoint, folder.kept, folder.root / "tile", folder.pending)):
        folder.require()
    report.findings += [Finding(name, "it is no file") for name in _no_files(folder.root)]
    if report.findings:
        return  # who opens a pipe waits for ever
    verifier = _verifier(folder, key, report)
    if verifier is None:
        return
    is_written = is_held(folder.lock)
    chain = chain_of(folder, verifier)
    report.findings += [Finding("tile/entries", what, index) for index, what in chain.problems]
    report.notes += [f"key {key.key_id.hex()} took over in entry {size - 1}" for size, key in chain.keys[1:]]
    heads = Heads(folder, chain, report.findings)
    current = heads.load(since)
    report.notes += heads.load_witnessed(witnesses)
    if current is not None:
        _verify_tree(folder, current, heads, report, progress)
    _verify_pending(folder, heads, report, is_written or heads.is_outdated)


def _no_files(root: Path) -> Iterator[str]:
    """Yield what lies where files of the log do, and is neither one nor a folder nor a link to one: pipes, devices."""
    for name in _READ:
        for folder, _, files in os.walk(root / name):
            yield from (os.path.relpath(path, root) for file in files if _is_special(path := f"{folder}/{file}"))
        if _is_special(str(root / name)):
            yield name


def _is_special(path: str) -> bool:
    """Say whether reading could wait, or never end."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116  a ledger has thousands: without the price of path objects
    except OSError:
        return False  # whoever reads it tells
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _verifier(folder: Folder, key: Path | None, report: Report) -> Verifier | None:
    """Return the key to verify with, and compare it with the ones in the folder."""
    if key is None:
        report.notes.append("the key was taken from the ledger itself: give one that you know with --key")
    try:
        verifier = folder.verifier(key)
        if key is None and verifier not in _keys_beside(folder):
            report.findings.append(Finding("key.pub", "it is not the public half of `key`"))
    except (HeadgateError, ValueError, OSError) as error:
        if key is not None:
            raise
        report.findings.append(Finding("key.pub", f"the ledger's keys can't be read: {error}".splitlines()[0]))
        return None
    report.key = str(verifier)
    return verifier


def _keys_beside(folder: Folder) -> list[Verifier]:
    """Return the public halves of the signing keys in the folder: two while a rotation is under way.

    Who verifies a ledger need not be who may sign it: a key that is not readable is not compared.
    """
    beside = (folder.root / name for name in ("key", "key.next"))
    paths = [path for path in beside if path.is_file() and os.access(path, os.R_OK)]
    return [Signer.parse(path.read_text(), str(path)).verifier for path in paths] or [folder.verifier()]


def _verify_tree(folder: Folder, current: Checkpoint, heads: Heads, report: Report, progress: Progress | None) -> None:
    """Recompute the tree under a tree head and compare every signed root with it."""
    report.origin, report.size, report.root = current.origin, current.size, current.root.hex()
    recount = Recount(folder, current, heads.sizes(), report.findings)
    recount.run(progress or (lambda _: None))
    heads.compare(recount.roots)
    report.checkpoints, report.payloads = heads.count, recount.payloads
    recount.check_earlier(heads.sizes())
    recount.check_strangers(_unfinished_tiles(folder, current, report))


def _unfinished_tiles(folder: Folder, current: Checkpoint, report: Report) -> dict[str, bytes]:
    """Return the tiles that a publication interrupted before its checkpoint may have left, with their content."""
    recovered = wal.recover(folder.pending)
    try:
        entries = recovered.entries_from(current.size)
    except ValueError as error:
        report.findings.append(Finding("pending", str(error), may_be_unfinished=True))
        return {}
    report.pending = len(entries)
    if not entries:
        return {}
    try:
        frontier: Frontier = load_frontier(folder, current)
    except HeadgateError:
        return {}
    full: list[tuple[Tile, bytes]] = list(frontier.extend(entries))
    return {tile.path: content for tile, content in [*full, *frontier.partials()]}


def _verify_pending(folder: Folder, heads: Heads, report: Report, is_written: bool) -> None:
    """Judge what a crash, or a writer at work, may have left; nothing else may have."""
    recovered = wal.recover(folder.pending)
    if is_written:
        report.findings[:] = [one for one in report.findings if not one.may_be_unfinished]
        report.notes.append("a writer is at work: what it adds behind the checkpoint was not judged")
        return
    if recovered.damage:
        report.findings.append(Finding("pending", recovered.damage))
    if recovered.torn:
        report.notes.append(f"{recovered.torn} bytes of an append that was never acknowledged will be discarded")
    if report.pending:
        report.notes.append(f"{report.pending} acknowledged entries wait for the next append to be published")
    if recovered.length or recovered.torn:
        report.findings[:] = [one for one in report.findings if one.where != heads.unfinished]
