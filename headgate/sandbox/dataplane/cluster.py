"""The region as the API server says: pods with models, services' endpoints, routes. Pure state; `feed` fills it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from headgate.sandbox.dataplane.objects import IngressRoutes, Key, Pod, Route, Slice


def key_of(document: dict[str, Any]) -> Key:
    """Return an object's namespace and name."""
    return document["metadata"]["namespace"], document["metadata"]["name"]


class Cluster:
    """What is asked of a region: which route a path takes, which pods stand behind it."""

    def __init__(self) -> None:
        self.pods: dict[Key, Pod] = {}
        self._slices: dict[Key, Slice] = {}
        self._endpoints: dict[Key, set[Key]] = {}
        self.routes: list[Route] = []
        self.ingresses: dict[Key, IngressRoutes] = {}
        self.on_pod: list[Callable[[Pod], None]] = []
        self.on_gone: list[Callable[[Pod], None]] = []
        self.on_ingress: list[Callable[[], None]] = []

    def list_pods(self, documents: Iterable[dict[str, Any]]) -> None:
        """Take a whole listing of pods."""
        listed = {key_of(document): document for document in documents}
        for key in [key for key in self.pods if key not in listed]:
            self._drop_pod(key)
        for document in listed.values():
            self.change_pod("ADDED", document)

    def change_pod(self, event: str, document: dict[str, Any]) -> None:
        """Take one event of a pod. A pod without image volumes is nothing to the data plane."""
        key = key_of(document)
        if event == "DELETED" or not any("image" in row for row in document["spec"].get("volumes") or ()):
            self._drop_pod(key)
            return
        pod = Pod.read(document)
        standing = self.pods.get(key)
        if standing is not None and standing.uid != pod.uid:
            self._drop_pod(key)
        self.pods[key] = pod
        for listener in self.on_pod:
            listener(pod)

    def _drop_pod(self, key: Key) -> None:
        pod = self.pods.pop(key, None)
        if pod is not None:
            for listener in self.on_gone:
                listener(pod)

    def list_slices(self, documents: Iterable[dict[str, Any]]) -> None:
        """Take a whole listing of EndpointSlices."""
        self._slices = {key_of(document): Slice.read(document) for document in documents}
        self._index_slices()

    def change_slice(self, event: str, document: dict[str, Any]) -> None:
        """Take one event of an EndpointSlice."""
        if event == "DELETED":
            self._slices.pop(key_of(document), None)
        else:
            self._slices[key_of(document)] = Slice.read(document)
        self._index_slices()

    def _index_slices(self) -> None:
        """Keep endpoints by service: requests ask far more often than slices change."""
        self._endpoints = {}
        for row in self._slices.values():
            self._endpoints.setdefault(row.service, set()).update(row.pods)

    def list_ingresses(self, documents: Iterable[dict[str, Any]]) -> None:
        """Take a whole listing of Ingresses."""
        read = {key_of(document): IngressRoutes.read(document) for document in documents}
        self.ingresses = {key: row for key, row in read.items() if row.routes}
        self._tell_ingress()

    def change_ingress(self, event: str, document: dict[str, Any]) -> None:
        """Take one event of an Ingress."""
        row = IngressRoutes.read(document)
        if event == "DELETED" or not row.routes:
            self.ingresses.pop(key_of(document), None)
        else:
            self.ingresses[key_of(document)] = row
        self._tell_ingress()

    def _tell_ingress(self) -> None:
        # The oldest first: whoever has a path keeps it, and no later Ingress of another team takes it over.
        ordered = sorted(self.ingresses.items(), key=lambda item: (item[1].created, item[0]))
        self.routes = [route for _, row in ordered for route in row.routes]
        for listener in self.on_ingress:
            listener()

    def route(self, host: str, path: str) -> tuple[Route, Route | None] | None:
        """Return the route of a path by its longest prefix, with its canary if one stands beside it."""
        matching = [route for route in self.routes if route.matches(host, path)]
        main = max((row for row in matching if row.canary is None), key=_precedence, default=None)
        if main is None:
            return None
        canaries = (row for row in matching if row.canary is not None and row.prefix == main.prefix)
        canary = next((row for row in canaries if row.service[0] == main.service[0]), None)
        return main, canary

    def ready_pods(self, service: Key) -> list[Pod]:
        """Return a service's pods that its endpoints and the pods themselves say are ready."""
        names = sorted(self._endpoints.get(service, ()))
        found = [self.pods[key] for key in names if key in self.pods]
        return [pod for pod in found if pod.ready and not pod.gone]


def _precedence(route: Route) -> tuple[int, bool]:
    return len(route.prefix), bool(route.host)
