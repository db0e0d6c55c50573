"""The kubelet's part for image volumes: pull exactly the digest that a scheduled pod names, and say so on the pod.

A pod gets annotation `sandbox.headgate.dev/volumes`: `ready`, or `failed` with a message; the region's KWOK stages turn
that into Ready or ErrImagePull. Failures are tried again, ever more slowly, as a kubelet does.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from headgate.errors import HeadgateError
from headgate.model import Reference, RegistryError, UnusableReferenceError
from headgate.sandbox.dataplane.cache import CachedModel, ModelCache, RegistryFactory
from headgate.sandbox.dataplane.objects import Key, Pod
from headgate.sandbox.dataplane.settings import FAILED, READY, VOLUMES, VOLUMES_MESSAGE
from headgate.sandbox.dataplane.telemetry import Telemetry
from headgate.sandbox.kube import KubeClient, KubeError

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0
PULLS_AT_ONCE = 2
MESSAGE_LIMIT = 1000


class Volumes:
    """Brings pods' models. Owns which pod has what; `models` is read by inference."""

    def __init__(
        self,
        client: KubeClient,
        cache: ModelCache,
        registries: RegistryFactory,
        load: Callable[[CachedModel], None],
        telemetry: Telemetry,
    ) -> None:
        self._client, self._cache, self._registries = client, cache, registries
        self._load, self._telemetry = load, telemetry
        self._work: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(PULLS_AT_ONCE)
        self._images: set[str] = set()
        self.models: dict[Key, tuple[CachedModel, ...]] = {}

    def take(self, pod: Pod) -> None:
        """Begin with a pod as soon as it has a node."""
        if pod.gone:
            self.drop(pod)
        elif pod.node and pod.uid not in self._work:
            self._work[pod.uid] = asyncio.create_task(self._bring(pod), name=f"volumes {pod.namespace}/{pod.name}")

    def drop(self, pod: Pod) -> None:
        """Stop with a pod that is gone."""
        task = self._work.pop(pod.uid, None)
        if task is not None:
            task.cancel()
            self.models.pop(pod.key, None)

    async def close(self) -> None:
        """Stop everything."""
        tasks = list(self._work.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _bring(self, pod: Pod) -> None:
        pause, told = FIRST_PAUSE, (pod.state, pod.message)
        while True:
            try:
                async with self._slots:
                    models = await asyncio.to_thread(self._pull, pod)
                self.models[pod.key] = models
                self._telemetry.pulled(pod.namespace, READY)
                told = await self._tell(pod, told, READY, "")
                return
            except HeadgateError as error:
                self._telemetry.pulled(pod.namespace, FAILED)
                told = await self._tell(pod, told, FAILED, message_of(error))
                # A reference that is written wrongly stays wrong; a registry may come back, or get what it lacks.
                if isinstance(error, UnusableReferenceError):
                    return
            except KubeError as error:
                if error.status in (404, 409):
                    return
                log.warning("annotating %s/%s: %s", pod.namespace, pod.name, error)
            except OSError as error:
                told = await self._tell(pod, told, FAILED, f"the node can't keep the model: {error.strerror}")
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)

    def _pull(self, pod: Pod) -> tuple[CachedModel, ...]:
        for image in pod.images:
            self._check_image(image)
        models = tuple(self._cache.ensure(volume.reference) for volume in pod.volumes)
        for model in models:
            self._load(model)
        return models

    def _check_image(self, text: str) -> None:
        """Raise unless a container's image exists under its digest; what was seen once is not asked again."""
        if text in self._images:
            return
        reference = Reference.parse(text)
        if reference.digest is None:
            raise UnusableReferenceError(
                "a container image must be named by digest beside a model", where=text, expected="IMAGE@sha256:…"
            )
        registry = self._registries(reference.registry)
        if registry.digest(reference.repository, reference.digest) is None:
            raise RegistryError("the registry does not have the container image", where=text, status=404)
        self._images.add(text)

    async def _tell(self, pod: Pod, told: tuple[str, str], state: str, message: str) -> tuple[str, str]:
        """Annotate the pod, unless it says so already."""
        if told == (state, message):
            return told
        body = {"metadata": {"uid": pod.uid, "annotations": {VOLUMES: state, VOLUMES_MESSAGE: message or None}}}
        await asyncio.to_thread(self._client.patch, "v1", "Pod", pod.name, body, namespace=pod.namespace)
        log.info("volumes of %s/%s: %s %s", pod.namespace, pod.name, state, message)
        return state, message


def message_of(error: HeadgateError) -> str:
    """Return an error as one line, for a pod's status."""
    parts = [error.what, error.where, f"found {error.found}" if error.found else None]
    return ": ".join(part for part in parts if part)[:MESSAGE_LIMIT]
