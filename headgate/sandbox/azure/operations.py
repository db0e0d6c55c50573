"""Long-running operations: accepted, worked on, ended; they survive a kill and go on at the next start.

Owns the state machine and the clock. On disk are the beginning and the end of an operation. `scale` turns Azure's
typical seconds into the sandbox's; 0 waits for nothing. What an operation does is given by `work`; it must be
idempotent, for it may be run again after a crash.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from headgate.errors import HeadgateError
from headgate.sandbox.azure.errors import ArmError
from headgate.sandbox.azure.store import Operation, Store

LOG = logging.getLogger(__name__)
DOING = {"create": "Creating", "update": "Updating", "delete": "Deleting"}
_WORKERS = 48
_KEEP_SECONDS = 3600.0
_ACCEPTED_SHARE = 0.2

Work = Callable[[Operation], None]
Ended = Callable[[Operation, str], None]


class Operations:
    """Runs operations in threads and records each step."""

    def __init__(self, store: Store, scale: float, work: Work, ended: Ended) -> None:
        """`work` does the thing, `ended` records its outcome on the resource."""
        self._store = store
        self._scale = scale
        self._work = work
        self._ended = ended
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="operation")

    def start(self, resource_id: str, kind: str, seconds: float, at_once: bool = False) -> Operation:
        """Record an operation and begin it. One that takes no time has ended when this returns."""
        operation = Operation(str(uuid.uuid4()), resource_id, kind, "Accepted", time.time(), seconds * self._scale)
        self._store.save_operation(operation)
        if at_once:
            self._run(operation)
        return operation

    def begin(self, operation: Operation) -> None:
        """Work on an operation in the background."""
        self._pool.submit(self._run, operation)

    def resume(self) -> None:
        """Go on with what a stop or a kill interrupted."""
        self._store.forget_operations(time.time() - _KEEP_SECONDS)
        for operation in self._store.running_operations():
            LOG.info("resuming %s of %s", operation.kind, operation.resource_id)
            self.begin(operation)

    def stop(self) -> None:
        """End the waits; what runs is resumed at the next start."""
        self._stop.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self, operation: Operation) -> None:
        try:
            self._wait(operation, _ACCEPTED_SHARE)
            self._step(operation, DOING[operation.kind])
            self._work(operation)
            self._step(operation, "Running")
            self._wait(operation, 1.0)
            self._end(operation, None)
        except _StoppedError:
            return
        except ArmError as error:
            self._end(operation, error)
        except HeadgateError as error:
            self._end(operation, ArmError(500, "InternalServerError", str(error)))
        except Exception as error:  # an operation must end, whatever happens in it
            LOG.exception("%s of %s", operation.kind, operation.resource_id)
            self._end(operation, ArmError(500, "InternalServerError", f"{type(error).__name__}: {error}"))

    def _wait(self, operation: Operation, share: float) -> None:
        """Wait until a share of the operation's time has passed since it was accepted."""
        until = operation.started + operation.seconds * share
        if self._stop.wait(max(0.0, min(until - time.time(), operation.seconds))) or self._stop.is_set():
            raise _StoppedError

    def _step(self, operation: Operation, status: str) -> None:
        """Tell how far it is. Not on disk: after a crash the work begins again, whatever the step was."""
        operation.status = status

    def _end(self, operation: Operation, error: ArmError | None) -> None:
        status = "Failed" if error else "Succeeded"
        operation.error = error.as_json()["error"] if error else None
        operation.ended = time.time()
        with self._store.transaction():
            self._ended(operation, status)
            # Last: whoever sees the end of an operation sees its outcome on the resource.
            operation.status = status
            self._store.save_operation(operation)


class _StoppedError(Exception):
    """The process is ending."""
