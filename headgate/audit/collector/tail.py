"""Takes API servers' audit logs into the ledger: at least once, in order, from where it stopped.

An API server writes its log before it answers, whoever reads it; its webhook forgets what no collector took in time.
How far a log was read is noted when its entries are durable. What a full disk or a collector that was away for long
made it lose is an entry of its own, and measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate.audit.canonical import parse
from headgate.audit.collector.audit_log import AuditLog, Batch
from headgate.audit.collector.committer import Committer
from headgate.audit.collector.kubernetes import envelopes
from headgate.audit.collector.positions import Positions, position_file
from headgate.audit.entry import Entry, Kind, envelope, now, withheld
from headgate.errors import HeadgateError

LOST = "kubernetes-audit-lost"
_EVERY = 0.5
_METRICS = (
    ("waiting_bytes", "Of an API server's audit log, not yet in the ledger."),
    ("lost_seconds", "When it was last found that events were deleted before they were read; 0 for never."),
)


@dataclass
class _Source:
    """One cluster's log, and what is measured of it."""

    log: AuditLog
    positions: Positions
    waiting_bytes: int = 0
    lost_seconds: float = 0.0


class Tail:
    """Follows every log below a folder: `CLUSTER/audit.log`, each from when it is there."""

    def __init__(self, folder: Path, committer: Committer) -> None:
        """Take the folder, which may be empty, and the ledger's writer."""
        self._folder, self._committer = folder, committer
        self._sources: dict[str, _Source] = {}

    async def run(self) -> None:
        """Follow until cancelled. What the ledger does not take now is read again."""
        while True:
            if not await self._round():
                await asyncio.sleep(_EVERY)

    async def _round(self) -> bool:
        """Go through every log once; say whether any had something."""
        found = False
        for cluster, source in self._found():
            with contextlib.suppress(HeadgateError, OSError, asyncio.QueueFull):
                found |= await self._step(cluster, source)
        return found

    def _found(self) -> Iterator[tuple[str, _Source]]:
        """Yield the logs, with new ones. Positions that can't be had end the collector: nobody would notice."""
        for path in sorted(self._folder.glob("*/audit.log")):
            cluster = path.parent.name
            if cluster not in self._sources:
                name = f"audit-log:{cluster}"
                positions = Positions(position_file(self._committer.place.folder, name), name)
                self._sources[cluster] = _Source(AuditLog(path.parent, positions), positions)
            yield cluster, self._sources[cluster]

    async def _step(self, cluster: str, source: _Source) -> bool:
        """Take what comes next in one log; say whether there was anything."""
        loop = asyncio.get_running_loop()
        batch = await loop.run_in_executor(None, source.log.next)
        if batch is None:
            return False
        source.waiting_bytes = batch.size + batch.waiting
        documents = await loop.run_in_executor(None, _documents, cluster, batch)
        if documents:
            await self._keep(cluster, documents, batch.size)
        if batch.is_gap:
            source.lost_seconds = time.time()
        await loop.run_in_executor(None, lambda: source.log.passed(batch, is_durable=bool(documents)))
        source.waiting_bytes = batch.waiting
        return True

    async def _keep(self, cluster: str, documents: Sequence[dict[str, Any]], size: int) -> None:
        """Make documents durable; of one that no ledger can keep, that it came."""
        try:
            await self._committer.submit(documents, size)
        except ValueError:
            if len(documents) == 1:
                bare = {"kind": Kind.KUBERNETES.value, "time": now(), "actor": cluster, "subject": cluster}
                documents = [
                    withheld(bare, "no ledger can keep it", audit_id=str(documents[0]["data"].get("audit_id")))
                ]
                await self._committer.submit(documents, size)
                return
            for one in documents:
                await self._keep(cluster, [one], size)

    def close(self) -> None:
        """Let the next process read."""
        for source in self._sources.values():
            source.positions.release()

    def metrics(self) -> str:
        """Return what Prometheus is told."""
        text = ""
        for name, words in _METRICS:
            metric = f"headgate_ledger_source_{name}"
            text += f"# HELP {metric} {words}\n# TYPE {metric} gauge\n"
            for cluster, source in self._sources.items():
                text += f"{metric}{{cluster={json.dumps(cluster)}}} {getattr(source, name)}\n"
        return text


def _documents(cluster: str, batch: Batch) -> list[dict[str, Any]]:
    """Return the entries of a batch; of a line that is no event, that it was there."""
    lost = [_lost(cluster)] if batch.is_gap else []
    return [*lost, *envelopes(cluster, [_event(line) for line in batch.lines])]


def _event(line: bytes) -> Any:
    try:
        return parse(line)
    except ValueError:
        return line


def _lost(cluster: str) -> dict[str, Any]:
    """Return the entry that says that there is a gap before the next ones."""
    data = {"alert": LOST, "cluster": cluster, "found": "files were deleted before they were read to their end"}
    return envelope(Entry(Kind.ALERT.value, cluster, data, actor="collector").as_json(), "collector")[0]
