"""The kubelet's part: what is told to a pod, and when it is tried again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from headgate.model import Registry
from headgate.model.versions import Built
from headgate.sandbox.dataplane import volumes as module
from headgate.sandbox.dataplane.cache import CachedModel, ModelCache
from headgate.sandbox.dataplane.objects import Pod
from headgate.sandbox.dataplane.telemetry import Telemetry
from headgate.sandbox.dataplane.volumes import Volumes
from headgate.sandbox.kube import KubeClient, KubeError

pytestmark = pytest.mark.unit

Make = Callable[..., dict[str, Any]]
STATE, MESSAGE = "sandbox.headgate.dev/volumes", "sandbox.headgate.dev/volumes-message"


class Annotations:
    """A client that records what pods are told; `errors` are raised first."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str | None]] = []
        self.errors: list[KubeError] = []

    def patch(self, api_version: str, kind: str, name: str, body: Any, *, namespace: str) -> dict[str, Any]:
        """Record an annotation."""
        if self.errors:
            raise self.errors.pop(0)
        notes = body["metadata"]["annotations"]
        self.told.append((notes[STATE], notes[MESSAGE]))
        return {}


class Nothing:
    """Telemetry that nobody reads."""

    def pulled(self, namespace: str, result: str) -> None:
        """Count nothing."""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once."""
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.001)


def run(
    document: dict[str, Any],
    registry: Any,
    directory: Path,
    client: Annotations,
    until: Callable[[Volumes], bool],
    load: Callable[[CachedModel], None] = lambda _: None,
) -> Volumes:
    """Give one pod to Volumes and let it work until a condition holds."""

    async def scenario() -> Volumes:
        factory = lambda _: cast(Registry, registry)  # noqa: E731 - a function of one line
        volumes = Volumes(
            cast(KubeClient, client), ModelCache(directory, factory), factory, load, cast(Telemetry, Nothing())
        )
        volumes.take(Pod.read(document))
        async with asyncio.timeout(10):
            while not until(volumes):
                await asyncio.sleep(0.002)
        await volumes.close()
        return volumes

    return asyncio.run(scenario())


def with_model(make_pod: Make, reference: str, **spec: Any) -> dict[str, Any]:
    """Return a pod of a model."""
    return make_pod(spec={"volumes": [{"name": "model", "image": {"reference": reference}}], **spec})


def test_a_pod_is_told_ready_when_its_model_is_pulled_and_loaded(
    make_pod: Make, registry: Any, example: Built, tmp_path: Path
) -> None:
    """Loaded before told: the first request finds a session."""
    client = Annotations()
    order: list[str] = []

    volumes = run(
        with_model(make_pod, registry.add(example)),
        registry,
        tmp_path,
        client,
        lambda _: bool(client.told),
        load=lambda model: order.append(f"loaded {model.digest}, told {len(client.told)}"),
    )

    assert client.told == [("ready", None)]
    assert order == [f"loaded {example.model.digest}, told 0"]
    assert [model.digest for model in volumes.models["team-fraud", "p"]] == [example.model.digest]


def test_a_failure_is_told_once_and_tried_until_it_is_none(
    make_pod: Make, registry: Any, example: Built, tmp_path: Path
) -> None:
    """A registry that comes back needs no help; the pod is not written to at each attempt."""
    client = Annotations()
    reference = registry.add(example)
    registry.away = True

    def later(_: Volumes) -> bool:
        if registry.asked > 4:
            registry.away = False
        return len(client.told) == 2

    run(with_model(make_pod, reference), registry, tmp_path, client, later)

    assert client.told == [("failed", "the registry does not answer: reg.example"), ("ready", None)]


def test_a_reference_without_a_digest_is_told_and_not_tried_again(
    make_pod: Make, registry: Any, tmp_path: Path
) -> None:
    """It stays wrong."""
    client = Annotations()

    volumes = run(
        with_model(make_pod, "reg.example/models/a/b:1"), registry, tmp_path, client, lambda _: bool(client.told)
    )

    ((state, message),) = client.told
    assert (state, volumes.models) == ("failed", {})
    assert message is not None
    assert "must name its model by digest" in message
    assert "found tag 1" in message


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (f"reg.example/missing@sha256:{'b' * 64}", "does not have the container image"),
        ("reg.example/runtimes/oip:1", "must be named by digest"),
    ],
)
def test_a_container_image_is_checked_too(
    make_pod: Make, registry: Any, example: Built, tmp_path: Path, image: str, message: str
) -> None:
    """A pod is its runtime and its model."""
    client = Annotations()
    pod = with_model(make_pod, registry.add(example), containers=[{"image": image}])

    run(pod, registry, tmp_path, client, lambda _: bool(client.told))

    assert client.told[0][0] == "failed"
    assert message in str(client.told[0][1])


def test_a_pod_that_says_so_already_is_not_written_to(
    make_pod: Make, registry: Any, example: Built, tmp_path: Path
) -> None:
    """A data plane that starts again finds its pods as they are."""
    client = Annotations()
    pod = with_model(make_pod, registry.add(example))
    pod["metadata"]["annotations"] = {STATE: "ready"}

    run(pod, registry, tmp_path, client, lambda volumes: bool(volumes.models))

    assert client.told == []


def test_an_api_server_that_is_away_is_told_when_it_is_back(
    make_pod: Make, registry: Any, example: Built, tmp_path: Path
) -> None:
    """The pull is kept; only the telling is tried again."""
    client = Annotations()
    client.errors = [KubeError(0, "Unreachable", "gone")] * 3

    run(with_model(make_pod, registry.add(example)), registry, tmp_path, client, lambda _: bool(client.told))

    assert client.told == [("ready", None)]


def test_a_full_disk_is_told(make_pod: Make, registry: Any, example: Built, tmp_path: Path) -> None:
    """The pod says that it is the node, not the registry."""
    client = Annotations()
    reference = registry.add(example)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    registry.blobs.stream_whole = full

    run(with_model(make_pod, reference), registry, tmp_path, client, lambda _: bool(client.told))

    assert client.told == [("failed", "the node can't keep the model: No space left on device")]


def test_a_pod_that_is_gone_keeps_nothing(make_pod: Make, registry: Any, example: Built, tmp_path: Path) -> None:
    """Its model serves nobody any more, and work on it ends."""
    reference = registry.add(example)
    registry.away = True

    async def scenario() -> Volumes:
        factory = lambda _: cast(Registry, registry)  # noqa: E731 - a function of one line
        client = cast(KubeClient, Annotations())
        cache = ModelCache(tmp_path, factory)
        volumes = Volumes(client, cache, factory, lambda _: None, cast(Telemetry, Nothing()))
        pod = Pod.read(with_model(make_pod, reference))
        volumes.take(pod)
        volumes.drop(pod)
        async with asyncio.timeout(10):
            while len(asyncio.all_tasks()) > 1:
                await asyncio.sleep(0.002)
        return volumes

    assert asyncio.run(scenario()).models == {}


def test_a_pod_without_a_node_waits(make_pod: Make, registry: Any, example: Built, tmp_path: Path) -> None:
    """A kubelet pulls for its own node only."""

    async def scenario() -> int:
        factory = lambda _: cast(Registry, registry)  # noqa: E731 - a function of one line
        client = cast(KubeClient, Annotations())
        cache = ModelCache(tmp_path, factory)
        volumes = Volumes(client, cache, factory, lambda _: None, cast(Telemetry, Nothing()))
        volumes.take(Pod.read(with_model(make_pod, registry.add(example), nodeName="")))
        return len(asyncio.all_tasks()) - 1

    assert asyncio.run(scenario()) == 0
