"""The durable record of everything that the sandbox's Azure holds: SQLite, one writer, readers from memory.

Owns the tables, and nothing of their meaning. A write is on disk before it is answered, so a kill at any instant loses
nothing that was acknowledged.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate.sandbox.azure.ids import key
from headgate.sandbox.azure.types.spec import Body

_SCHEMA = """
create table if not exists resources (
    key text primary key, arm_type text not null, sequence integer not null, body text not null
) without rowid;
create table if not exists operations (
    id text primary key, resource_key text not null, kind text not null, status text not null, started real not null,
    seconds real not null, document text not null
) without rowid;
create table if not exists kept (
    kind text not null, name text not null, document text not null, primary key (kind, name)
) without rowid;
"""


@dataclass
class Operation:
    """One long-running operation: what it does to which resource, and how far it is."""

    id: str
    resource_id: str
    kind: str
    status: str
    started: float
    seconds: float
    error: dict[str, Any] | None = None
    ended: float | None = None

    @property
    def running(self) -> bool:
        """Say whether it has not ended."""
        return self.status not in ("Succeeded", "Failed", "Canceled")


class Store:
    """Resources, operations, and small kept documents (soft-deleted vaults, faults)."""

    def __init__(self, directory: Path) -> None:
        """Open or create the database, for its owner alone."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = directory / "azure.db"
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=full")
        self._db.executescript(_SCHEMA)
        self._bodies: dict[str, Body] = {}
        self._types: dict[str, dict[str, None]] = {}
        self._operations: dict[str, Operation] = {}
        self._running: dict[str, Operation] = {}
        self._sequence = self._db.execute("select coalesce(max(sequence), 0) from resources").fetchone()[0]
        self._load()

    def _load(self) -> None:
        for resource_key, arm_type, body in self._db.execute(
            "select key, arm_type, body from resources order by sequence"
        ):
            self._bodies[resource_key] = json.loads(body)
            self._types.setdefault(arm_type, {})[resource_key] = None
        for (document,) in self._db.execute("select document from operations"):
            operation = Operation(**json.loads(document))
            self._operations[operation.id] = operation
            if operation.running:
                self._running[operation.id] = operation

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make several writes one."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._db.execute("rollback")
                raise
            self._db.execute("commit")

    def get(self, arm_id: str) -> Body | None:
        """Return a resource as it was put."""
        with self._lock:
            return self._bodies.get(key(arm_id))

    def put(self, arm_type: str, body: Body) -> None:
        """Create or replace a resource."""
        resource_key = key(body["id"])
        with self.transaction():
            self._db.execute(
                "insert into resources values (?, ?, ?, ?) on conflict (key) do update set body = excluded.body",
                (resource_key, arm_type.lower(), self._sequence + 1, json.dumps(body)),
            )
            self._sequence += 1
            self._bodies[resource_key] = body
            self._types.setdefault(arm_type.lower(), {})[resource_key] = None

    def delete(self, arm_id: str) -> None:
        """Forget a resource."""
        resource_key = key(arm_id)
        with self.transaction():
            self._db.execute("delete from resources where key = ?", (resource_key,))
            self._bodies.pop(resource_key, None)
            for keys in self._types.values():
                keys.pop(resource_key, None)

    def below(self, arm_id: str) -> list[Body]:
        """Return what lies under an id, extension resources included, oldest first."""
        prefix = key(arm_id) + "/"
        with self._lock:
            return [body for resource_key, body in self._bodies.items() if resource_key.startswith(prefix)]

    def children(self, arm_id: str, arm_type: str | None = None) -> list[Body]:
        """Return the resources of a type under an id."""
        if arm_type is None:
            return self.below(arm_id)
        prefix = key(arm_id) + "/"
        return [body for body in self.of_type(arm_type) if key(body["id"]).startswith(prefix)]

    def of_type(self, arm_type: str) -> list[Body]:
        """Return every resource of a type."""
        with self._lock:
            return [self._bodies[item] for item in self._types.get(arm_type.lower(), {})]

    def all(self) -> list[Body]:
        """Return everything, oldest first."""
        with self._lock:
            return list(self._bodies.values())

    def save_operation(self, operation: Operation) -> None:
        """Create or change an operation."""
        with self.transaction():
            self._db.execute(
                "insert or replace into operations values (?, ?, ?, ?, ?, ?, ?)",
                (operation.id, key(operation.resource_id), operation.kind, operation.status, operation.started,
                 operation.seconds, json.dumps(operation.__dict__)),
            )  # fmt: skip
            self._operations[operation.id] = operation
            if operation.running:
                self._running[operation.id] = operation
            else:
                self._running.pop(operation.id, None)

    def operation(self, operation_id: str) -> Operation | None:
        """Return an operation."""
        with self._lock:
            return self._operations.get(operation_id)

    def running_operations(self) -> list[Operation]:
        """Return the operations that have not ended, oldest first."""
        with self._lock:
            return sorted((item for item in self._running.values() if item.running), key=lambda item: item.started)

    def forget_operations(self, ended_before: float) -> None:
        """Drop what ended long ago."""
        with self.transaction():
            for item in list(self._operations.values()):
                if not item.running and (item.ended or 0) < ended_before:
                    self._db.execute("delete from operations where id = ?", (item.id,))
                    del self._operations[item.id]

    def keep(self, kind: str, name: str, document: Any) -> None:
        """Keep a small document."""
        with self.transaction():
            self._db.execute("insert or replace into kept values (?, ?, ?)", (kind, name, json.dumps(document)))

    def kept(self, kind: str) -> dict[str, Any]:
        """Return the kept documents of a kind."""
        with self._lock:
            rows = self._db.execute("select name, document from kept where kind = ? order by name", (kind,)).fetchall()
        return {name: json.loads(document) for name, document in rows}

    def drop(self, kind: str, name: str | None = None) -> int:
        """Drop a kept document, or all of a kind; return how many."""
        where, values = ("", (kind,)) if name is None else (" and name = ?", (kind, name))
        with self.transaction():
            return self._db.execute(f"delete from kept where kind = ?{where}", values).rowcount  # noqa: S608
