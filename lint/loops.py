"""What a Pulumi program needs of a thread when it runs in memory: event loops, and none of the work that nobody reads.

`make lint` and the unit tests run programs so. Says nothing of what answers the program.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest import mock


class ProgramLoops:
    """Gives the SDK its event loops, and closes them: it makes one for each worker thread and closes none."""

    def __enter__(self) -> None:
        self._aliases = mock.patch("pulumi.resource.collapse_alias_to_urn", _as_it_is)
        self._aliases.start()
        self._loops = [asyncio.new_event_loop()]
        asyncio.set_event_loop(self._loops[0])
        self._executor = ThreadPoolExecutor(initializer=self._give)
        self._loops[0].set_default_executor(self._executor)

    def _give(self) -> None:
        self._loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(self._loops[-1])

    def __exit__(self, *_: object) -> None:
        self._aliases.stop()
        asyncio.set_event_loop(None)
        self._executor.shutdown()
        for loop in self._loops:
            loop.close()


def _as_it_is(alias: Any, *_: Any) -> Any:
    """Leave an alias: only an engine without alias specs reads its URN, and a cluster has two hundred former types."""
    return alias
