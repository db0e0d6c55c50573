"""The ledger against a plain loop, SQLite, and one SHA-256 call an entry, side by side in one run."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import ledger_server
from benchmarks.processes import Took, took
from headgate.audit import Ledger, LedgerReader, verify
from headgate.audit.index import Index

BATCH = 200
_KILLS = 9


@dataclass(frozen=True)
class Result:
    """One comparison: ours, the peer's, and the goal for their ratio."""

    what: str
    ours: str
    peer: str
    ratio: float
    goal: str
    is_met: bool
    processor: str = "-"
    """The same in processor time, which a busy machine changes little: ours, the peer's, whether the goal is met."""


def documents(count: int) -> list[dict[str, Any]]:
    """Return entries of about 1 KB."""
    return [
        {
            "kind": "decision",
            "time": "2026-01-31T12:00:00Z",
            "actor": "pipeline",
            "subject": f"fraud-prod/{number}",
            "data": {"decision_id": f"{number:032x}", "allowed": True, "detail": "x" * 820, "rules": [1, 2, 3]},
        }
        for number in range(count)
    ]


def _processor(ours: Took, peer: Took, is_met: bool) -> str:
    """Say what both took of the processor."""
    ratio = ours.processor / peer.processor
    return f"{ours.processor:.2f} s, {peer.processor:.2f} s: {ratio:.2f}, {'met' if is_met else 'not met'}"


def _plain_loop(path: Path, entries: list[dict[str, Any]]) -> None:
    """Write what the goal compares with: canonical JSON, two SHA-256, append, flush every 200."""
    with path.open("wb", buffering=0) as file:
        for number, entry in enumerate(entries, 1):
            line = json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()
            leaf = hashlib.sha256(b"\0" + line).digest()
            hashlib.sha256(b"\1" + leaf + leaf).digest()
            file.write(line)
            if number % BATCH == 0:
                os.fsync(file.fileno())


def _sqlite(path: Path, entries: list[dict[str, Any]]) -> None:
    """Commit each entry to SQLite, as durably as it can."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE entries (id INTEGER PRIMARY KEY, body TEXT)")
    for entry in entries:
        database.execute("INSERT INTO entries (body) VALUES (?)", (json.dumps(entry, sort_keys=True),))
    database.close()


def _append(root: Path, entries: list[dict[str, Any]]) -> None:
    """Append to a ledger in durable batches, and publish."""
    with Ledger(root) as ledger:
        for at in range(0, len(entries), BATCH):
            ledger.append_documents(entries[at : at + BATCH])


def measure(appended: int, verified: int) -> list[Result]:
    """Measure appending and verifying."""
    with tempfile.TemporaryDirectory(prefix="hg-bench-") as name:
        folder = Path(name)
        return [
            *_measure_append(folder, appended),
            *_measure_verify(folder, verified),
            *_measure_server(folder, verified),
        ]


def _measure_append(folder: Path, count: int) -> list[Result]:
    """Append the same entries three ways."""
    entries = documents(count)
    plainly = took(lambda: _plain_loop(folder / "plain", entries))
    appended = took(lambda: _append(folder / "ledger", entries))
    few = entries[: count // 5]
    plain, ours = count / plainly.seconds, count / appended.seconds
    sqlite = len(few) / took(lambda: _sqlite(folder / "sqlite", few)).seconds
    what = f"append {count:,} entries of 1 KB, durable, in batches of {BATCH}"
    rate = f"{ours:,.0f} a second"
    return [
        Result(
            f"{what}, against a plain loop",
            rate,
            f"{plain:,.0f} a second",
            ours / plain,
            "at least 0.3",
            ours >= 0.3 * plain,
            _processor(appended, plainly, 0.3 * appended.processor <= plainly.processor),
        ),
        Result(
            f"{what}, against SQLite, one commit an entry",
            rate,
            f"{sqlite:,.0f} a second",
            ours / sqlite,
            "at least 1.5",
            ours >= 1.5 * sqlite,
        ),
    ]


def _measure_verify(folder: Path, count: int) -> list[Result]:
    """Verify a large ledger, and hash as many entries of its size once each."""
    root = folder / "large"
    block = documents(min(count, 50_000))
    with Ledger(root) as ledger:
        while ledger.size < count:
            _fill(ledger, block, count)
    sample = LedgerReader(root).entry(0)
    pool = [sample[:-8] + f"{number:08}".encode() for number in range(1000)]

    def hash_all() -> None:
        sha256 = hashlib.sha256
        for _ in range(count // len(pool)):
            for entry in pool:
                sha256(entry).digest()

    once = took(hash_all)
    ours = took(lambda: _require(verify(root).is_well))
    verified = Result(
        f"verify {count:,} entries, against one SHA-256 call an entry",
        f"{ours.seconds:.2f} s",
        f"{once.seconds:.2f} s",
        ours.seconds / once.seconds,
        "at most 3",
        ours.seconds <= 3 * once.seconds,
        _processor(ours, once, ours.processor <= 3 * once.processor),
    )
    return [verified, _measure_size(root, count, len(sample)), *_measure_reading(root, count)]


def _measure_size(root: Path, count: int, entry: int) -> Result:
    """Measure what an entry takes on disk, beside its own length."""
    size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file()) / count
    return Result(
        "bytes on disk an entry of 1 KB", f"{size:,.0f}", f"{entry:,}", size / entry, "at most 1.3", size <= 1.3 * entry
    )


def _measure_reading(root: Path, count: int) -> list[Result]:
    """Prove entries all over a ledger, and index it whole."""
    proofs = _proof_times(root, count)
    indexing = took(lambda: _index(root))
    return [
        Result(
            f"inclusion proof in {count:,} entries, opening the ledger included; the median and the 99th of 100",
            f"{proofs[50] * 1000:.1f} ms, {proofs[98] * 1000:.1f} ms",
            "-",
            0.0,
            "at most 5 ms",
            proofs[50] <= 0.005,
        ),
        Result(
            f"index {count:,} entries for searching",
            f"{count / indexing.seconds:,.0f} a second",
            "-",
            0.0,
            "-",
            True,
            f"{indexing.processor:.2f} s",
        ),
    ]


def _measure_server(folder: Path, count: int) -> list[Result]:
    """Measure the server's memory, and opening after a crash."""
    few, many = ledger_server.memory(folder, 10_000, count)
    opened = ledger_server.reopening(folder / "crashed")
    restarts = ledger_server.restarting(folder, _KILLS)
    worst = max(each.processor for each in restarts)
    return [
        Result(
            f"resident memory of the server with {count:,} entries, against 10,000",
            f"{many / 1024:.0f} MB",
            f"{few / 1024:.0f} MB",
            many / few,
            "at most 1.25",
            many <= 1.25 * few,
        ),
        Result(
            "opening after a crash that left 3 MB unpublished",
            f"{opened.seconds:.2f} s",
            "-",
            0.0,
            "at most 2 s",
            opened.seconds <= 2,
            f"{opened.processor:.2f} s, {'met' if opened.processor <= 2 else 'not met'}",
        ),
        Result(
            f"restart of the server after kill -9 under load, to its first durable entry; median and worst of {_KILLS}",
            f"{restarts[_KILLS // 2].seconds:.2f} s, {restarts[-1].seconds:.2f} s",
            "-",
            0.0,
            "at most 2 s",
            restarts[-1].seconds <= 2,
            f"{worst:.2f} s, {'met' if worst <= 2 else 'not met'}",
        ),
    ]


def _proof_times(root: Path, count: int) -> list[float]:
    """Return how long proofs of entries all over the ledger took, each by a reader of its own, in order."""
    numbers = [number * (count // 100) for number in range(100)]
    return sorted(took(partial(_prove, root, at)).seconds for at in numbers)


def _prove(root: Path, number: int) -> None:
    """Prove one entry, with a reader that has read nothing yet."""
    _require(bool(LedgerReader(root).prove(number)))


def _index(root: Path) -> None:
    """Index a whole ledger."""
    with Index(LedgerReader(root)) as index:
        index.update()


def _fill(ledger: Ledger, block: list[dict[str, Any]], count: int) -> None:
    """Append one block, in batches."""
    for at in range(0, min(len(block), count - ledger.size), BATCH * 10):
        ledger.append_documents(block[at : at + BATCH * 10])


def _require(holds: bool) -> None:
    """Refuse to measure something that does not work."""
    if not holds:
        raise RuntimeError("the ledger does not verify")


def table(results: list[Result]) -> str:
    """Return the results as a table."""
    lines = ["| what | Headgate | peer | ratio | goal | met | in processor time |", "|---|---|---|---|---|---|---|"]
    for one in results:
        ratio = f"{one.ratio:.2f}" if one.ratio else "-"
        met = "yes" if one.is_met else "no"
        lines.append(f"| {one.what} | {one.ours} | {one.peer} | {ratio} | {one.goal} | {met} | {one.processor} |")
    return "\n".join(lines)
