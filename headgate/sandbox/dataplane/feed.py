"""Follows one kind of object on the API server: list, watch, list again when the watch breaks.

Owns a thread per kind, since the client is synchronous; hands every change to the event loop.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any

from headgate.sandbox.kube import KubeClient, KubeError

log = logging.getLogger(__name__)

Change = Callable[[str, dict[str, Any]], None]
LONGEST_PAUSE = 10.0


class Feed:
    """Objects of one kind, as they change. `on_list` gets a whole listing, `on_change` an event's type and object."""

    def __init__(
        self,
        client: KubeClient,
        api_version: str,
        kind: str,
        on_list: Callable[[list[dict[str, Any]]], None],
        on_change: Change,
        namespace: str | None = None,
    ) -> None:
        self._client, self._api_version, self._kind = client, api_version, kind
        self._on_list, self._on_change, self._namespace = on_list, on_change, namespace
        self._stop = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.synced = asyncio.Event()

    def start(self) -> None:
        """Begin to follow, in a thread that ends with the process."""
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._follow, name=f"feed-{self._kind}", daemon=True).start()

    def stop(self) -> None:
        """Take no further change; the thread ends with its watch."""
        self._stop.set()

    def _follow(self) -> None:
        pause = 0.2
        while not self._stop.is_set():
            try:
                self._list_and_watch()
                pause = 0.2
            except KubeError as error:
                # An expired resource version is normal: list again at once. Anything else waits, longer each time.
                if error.status != 410:
                    log.warning("following %s: %s", self._kind, error)
                    self._stop.wait(pause)
                    pause = min(LONGEST_PAUSE, pause * 2)
            except Exception:
                if self._loop is not None and self._loop.is_closed():
                    return
                # A thread that dies would leave the data plane serving the past for ever.
                log.exception("following %s", self._kind)
                self._stop.wait(LONGEST_PAUSE)

    def _list_and_watch(self) -> None:
        listing = self._client.list(self._api_version, self._kind, self._namespace)
        # Items of a list carry no kind of their own; nobody here needs it.
        self._call(self._take_list, listing.get("items") or [])
        version = listing["metadata"]["resourceVersion"]
        while not self._stop.is_set():
            events = self._client.watch(
                self._api_version, self._kind, self._namespace, resource_version=version, timeout=240
            )
            for event in events:
                if self._stop.is_set():
                    return
                if event.type == "ERROR":
                    raise KubeError(int(event.object.get("code", 0)), "WatchError", str(event.object.get("message")))
                version = event.object["metadata"]["resourceVersion"]
                if event.type != "BOOKMARK":
                    self._call(self._on_change, event.type, event.object)

    def _take_list(self, items: list[dict[str, Any]]) -> None:
        self._on_list(items)
        self.synced.set()

    def _call(self, function: Callable[..., None], *arguments: Any) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(function, *arguments)
