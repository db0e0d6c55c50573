"""What the data plane keeps of Kubernetes objects: small frozen records, read once from documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from headgate.sandbox.dataplane.quantities import number
from headgate.sandbox.dataplane.settings import CONCURRENCY, INGRESS_CLASS, SERVICE_TIME, VOLUMES, VOLUMES_MESSAGE

Document = Mapping[str, Any]
Key = tuple[str, str]
GRPC, GPU = "grpc", "nvidia.com/gpu"
_NUMBER = r"(-?[0-9][0-9.]*(?:e[+-]?[0-9]+)?)"
_RANGE = re.compile(rf"--input-range=([A-Za-z0-9_.-]+)={_NUMBER}:{_NUMBER}")


@dataclass(frozen=True)
class ImageVolume:
    """A pod's OCI image volume."""

    name: str
    reference: str


@dataclass(frozen=True)
class Pod:
    """A pod that asks for image volumes, or none: such pods are not the data plane's."""

    namespace: str
    name: str
    uid: str
    node: str
    ready: bool
    gone: bool
    labels: Mapping[str, str]
    volumes: tuple[ImageVolume, ...]
    images: tuple[str, ...]
    state: str
    message: str
    cpu: float
    memory: float
    concurrency: int
    service_time: float
    speaks_grpc: bool
    kept_seconds: float
    kept_megabytes: float
    phase: str
    requests: tuple[tuple[str, str, float], ...]
    """What each container asks for, by resource, as kube-state-metrics calls it."""
    gpus: int
    tokens_per_minute: float
    tokens_per_month: float
    input_ranges: Mapping[str, tuple[float, float]]

    @property
    def key(self) -> Key:
        """Namespace and name."""
        return self.namespace, self.name

    @classmethod
    def read(cls, document: Document) -> Pod:
        """Read a Pod."""
        metadata, spec, status = document["metadata"], document["spec"], document.get("status") or {}
        notes = metadata.get("annotations") or {}
        containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
        conditions = {row["type"]: row["status"] for row in status.get("conditions") or ()}
        finished = status.get("phase") in ("Succeeded", "Failed")
        return cls(
            namespace=metadata["namespace"],
            name=metadata["name"],
            uid=metadata["uid"],
            node=spec.get("nodeName") or "",
            ready=conditions.get("Ready") == "True" and not finished,
            gone=bool(metadata.get("deletionTimestamp")) or finished,
            labels=dict(metadata.get("labels") or {}),
            volumes=tuple(
                ImageVolume(row["name"], (row["image"] or {}).get("reference") or "")
                for row in spec.get("volumes") or ()
                if "image" in row
            ),
            images=tuple(row.get("image") or "" for row in containers),
            state=notes.get(VOLUMES, ""),
            message=notes.get(VOLUMES_MESSAGE, ""),
            cpu=_resource(containers, "cpu") or 1.0,
            memory=_resource(containers, "memory"),
            concurrency=max(1, int(number(notes.get(CONCURRENCY, "2")))),
            service_time=max(0.0, number(notes.get(SERVICE_TIME, "0.02"))),
            speaks_grpc=any(port.get("name") == GRPC for row in containers for port in row.get("ports") or ()),
            kept_seconds=_argument(containers, "response-cache-seconds"),
            kept_megabytes=_argument(containers, "response-cache-megabytes"),
            phase=status.get("phase") or "Pending",
            requests=tuple(_requests(spec.get("containers") or ())),
            gpus=int(_resource(containers, GPU)),
            tokens_per_minute=_argument(containers, "tokens-per-minute"),
            tokens_per_month=_argument(containers, "tokens-per-month"),
            input_ranges=dict(_ranges(containers)),
        )


def _requests(containers: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str, float]]:
    """Yield what each container asks for."""
    for row in containers:
        for resource, amount in ((row.get("resources") or {}).get("requests") or {}).items():
            yield row.get("name") or "", re.sub(r"[^a-zA-Z0-9]", "_", resource), number(amount)


def _ranges(containers: list[Mapping[str, Any]]) -> Iterator[tuple[str, tuple[float, float]]]:
    """Yield between which bounds an input is possible, as `--input-range=<feature>=<least>:<most>` says."""
    for text in (text for row in containers for text in row.get("args") or ()):
        given = _RANGE.fullmatch(text)
        if given:
            yield given[1], (float(given[2]), float(given[3]))


def _argument(containers: list[Mapping[str, Any]], name: str) -> float:
    """Return what a runtime is told as a number; 0 where it is told nothing."""
    given = (text for row in containers for text in row.get("args") or () if text.startswith(f"--{name}="))
    return number(next(given, "").partition("=")[2])


def _resource(containers: list[Mapping[str, Any]], name: str) -> float:
    """Sum what the containers may use: the limit where there is one, else the request."""
    total = 0.0
    for row in containers:
        resources = row.get("resources") or {}
        either = (resources.get("limits") or {}).get(name) or (resources.get("requests") or {}).get(name) or 0
        total += number(either)
    return total


@dataclass(frozen=True)
class Slice:
    """An EndpointSlice: which pods of a Service the endpoint controller says are ready."""

    service: Key
    pods: tuple[Key, ...]

    @classmethod
    def read(cls, document: Document) -> Slice:
        """Read an EndpointSlice."""
        metadata = document["metadata"]
        namespace = metadata["namespace"]
        service = (metadata.get("labels") or {}).get("kubernetes.io/service-name", "")
        pods = tuple(
            (namespace, row["targetRef"]["name"])
            for row in document.get("endpoints") or ()
            if (row.get("targetRef") or {}).get("kind") == "Pod" and (row.get("conditions") or {}).get("ready", True)
        )
        return cls((namespace, service), pods)


@dataclass(frozen=True)
class Route:
    """One path of an Ingress: host and prefix to a Service.

    `canary` is the percentage of a canary Ingress; header and cookie say which requests it is for. `mirror` gets
    copies, `fallback` answers while nobody else is ready.
    """

    host: str
    prefix: str
    service: Key
    canary: float | None = None
    header: str = ""
    header_value: str = ""
    cookie: str = ""
    mirror: Key | None = None
    fallback: Key | None = None

    def matches(self, host: str, path: str) -> bool:
        """Say whether a request is for this route, by whole path elements as Kubernetes defines Prefix."""
        return self._host_matches(host) and (
            self.prefix == "/" or path == self.prefix or path.startswith(self.prefix + "/")
        )

    def _host_matches(self, host: str) -> bool:
        if not host:
            # gRPC's handlers are not told the authority: the model's name alone routes.
            return True
        if self.host.startswith("*."):
            return host.partition(".")[2] == self.host[2:]
        return self.host in ("", host)


@dataclass(frozen=True)
class IngressRoutes:
    """What one Ingress contributes; none unless its class is ours."""

    routes: tuple[Route, ...] = ()
    hosts: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    created: str = ""

    @classmethod
    def read(cls, document: Document) -> IngressRoutes:
        """Read an Ingress; its annotations are those of ingress-nginx, under any prefix."""
        metadata, spec = document["metadata"], document.get("spec") or {}
        if spec.get("ingressClassName") != INGRESS_CLASS:
            return cls()
        notes = {key.rpartition("/")[2]: value for key, value in (metadata.get("annotations") or {}).items()}
        canary = number(notes.get("canary-weight", "0")) if notes.get("canary") == "true" else None
        namespace = metadata["namespace"]
        fallback = notes.get("default-backend")
        routes = tuple(
            Route(
                host=rule.get("host") or "",
                prefix=(path.get("path") or "/").rstrip("/") or "/",
                service=(namespace, path["backend"]["service"]["name"]),
                canary=canary,
                header=notes.get("canary-by-header", ""),
                header_value=notes.get("canary-by-header-value", ""),
                cookie=notes.get("canary-by-cookie", ""),
                mirror=_service_at(notes.get("mirror-target", "")),
                fallback=(namespace, fallback) if fallback else None,
            )
            for rule in spec.get("rules") or ()
            for path in (rule.get("http") or {}).get("paths") or ()
            if "service" in path.get("backend", {})
        )
        hosts = {host for row in spec.get("tls") or () for host in row.get("hosts") or ()}
        return cls(routes, tuple(sorted(hosts)), addresses_of(document), metadata.get("creationTimestamp") or "")


def _service_at(url: str) -> Key | None:
    """Return the Service that a URL names by its cluster name, `http://<service>.<namespace>.svc…`."""
    match = re.match(r"https?://([a-z0-9-]+)\.([a-z0-9-]+)\.svc\b", url)
    return (match[2], match[1]) if match else None


def addresses_of(document: Document) -> tuple[str, ...]:
    """Return the addresses that the status of an Ingress or a Service names."""
    rows = ((document.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    return tuple(row.get("ip") or row.get("hostname") or "" for row in rows)
