"""What the runner knows of its region: objects of a few kinds, kept current by one watch each.

Owns the copies. Readers get plain documents and must not change them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from headgate.sandbox.kube import Document, KubeClient, KubeError

LOG = logging.getLogger(__name__)
RETRY_AFTER = 0.5
KINDS: Mapping[str, str] = {
    "Deployment": "apps/v1",
    "Pod": "v1",
    "Service": "v1",
    "ConfigMap": "v1",
    "Secret": "v1",
}


class Feed:
    """Objects by kind, namespace and name."""

    def __init__(self, client: KubeClient, changed: Callable[[], None], kinds: Sequence[str] = tuple(KINDS)) -> None:
        self._client = client
        self._changed = changed
        self._objects: dict[str, dict[tuple[str, str], Document]] = {kind: {} for kind in kinds}
        self._listed = {kind: threading.Event() for kind in kinds}

    def start(self) -> None:
        """Watch each kind in a thread that ends with the process."""
        for kind in self._objects:
            threading.Thread(target=self._keep_watching, args=(kind,), name=f"watch {kind}", daemon=True).start()

    @property
    def complete(self) -> bool:
        """Say whether every kind has been listed: before, an absent object may only be unknown."""
        return all(event.is_set() for event in self._listed.values())

    def all(self, kind: str, namespace: str | None = None) -> list[Document]:
        """Return the objects of a kind."""
        rows = list(self._objects[kind].items())
        return [document for (space, _), document in rows if namespace in (None, space)]

    def find(self, kind: str, namespace: str, name: str) -> Document | None:
        """Return one object, if there is one."""
        return self._objects[kind].get((namespace, name))

    def _keep_watching(self, kind: str) -> None:
        """List and watch for ever; an API server that is away for a while is normal."""
        while True:
            try:
                self._watch_once(kind)
            except KubeError as error:
                LOG.info("%s: %s", kind, error)
                threading.Event().wait(RETRY_AFTER)

    def _watch_once(self, kind: str) -> None:
        """List, then follow until the watch ends."""
        listing = self._client.list(KINDS[kind], kind)
        self._objects[kind] = {key_of(item): item for item in listing["items"]}
        self._listed[kind].set()
        self._changed()
        version = listing["metadata"]["resourceVersion"]
        for event in self._client.watch(KINDS[kind], kind, resource_version=version):
            if event.type == "ERROR":
                return
            if event.type != "BOOKMARK":
                self._take(kind, event.type, event.object)

    def _take(self, kind: str, change: str, document: Document) -> None:
        """Take one event in."""
        if change == "DELETED":
            self._objects[kind].pop(key_of(document), None)
        else:
            self._objects[kind][key_of(document)] = document
        self._changed()


def key_of(document: Mapping[str, Any]) -> tuple[str, str]:
    """Return namespace and name."""
    metadata = document["metadata"]
    return metadata.get("namespace", ""), metadata["name"]
