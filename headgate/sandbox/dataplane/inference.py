"""One inference, whichever protocol it came by: route, choose a pod, wait for it, run the model, deviate as told."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from headgate.sandbox.dataplane.answers import KeptAnswers, request_key
from headgate.sandbox.dataplane.behaviour import Behaviour, Deviation
from headgate.sandbox.dataplane.cache import CachedModel
from headgate.sandbox.dataplane.choice import Carried, service_of
from headgate.sandbox.dataplane.cluster import Cluster
from headgate.sandbox.dataplane.objects import GRPC, Key, Pod
from headgate.sandbox.dataplane.observed import Observed
from headgate.sandbox.dataplane.runtime import LoadedModel, Runtime, shifted
from headgate.sandbox.dataplane.simulation import Loads, OverloadedError
from headgate.sandbox.dataplane.telemetry import Telemetry
from headgate.sandbox.dataplane.tensors import Array, BadRequestError, InferRequest
from headgate.sandbox.dataplane.tokens import EXPECTED, SpentError, Tokens
from headgate.sandbox.dataplane.volumes import Volumes

NOTHING: Carried = MappingProxyType({})
# A copy is counted under this protocol: it is no request that anybody made.
SHADOW = "shadow"
COPIES_AT_ONCE = 64


class RefusedError(Exception):
    """An answer that is no inference: HTTP's status, and the text of `error`."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Asked:
    """What a request is for, by which protocol it came, and the headers that it carried."""

    host: str
    model: str
    version: str
    protocol: str
    carried: Carried = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    """A pod and the model in it that a request is for."""

    pod: Pod
    model: LoadedModel
    deviation: Deviation


@dataclass(frozen=True)
class Answer:
    """Outputs, and who gave them."""

    target: Target
    outputs: dict[str, Array]
    kept: bool = False
    """Whether it was given before, to the same request."""


class Inference:
    """Serves the models of a region's ready pods."""

    def __init__(
        self,
        cluster: Cluster,
        volumes: Volumes,
        runtime: Runtime,
        behaviour: Behaviour,
        loads: Loads,
        telemetry: Telemetry,
    ) -> None:
        self._cluster, self._volumes, self._runtime = cluster, volumes, runtime
        self._behaviour, self._loads, self._telemetry = behaviour, loads, telemetry
        self._turns: dict[Key, itertools.count[int]] = {}
        self._copies: set[asyncio.Task[Answer]] = set()
        self._answers = KeptAnswers()
        self.observed, self.tokens = Observed(telemetry.location), Tokens(telemetry.location)
        telemetry.show([*self.observed.metrics(), *self.tokens.metrics()])

    def targets(
        self, host: str, name: str, version: str = "", carried: Carried = NOTHING, protocol: str = ""
    ) -> list[Target]:
        """Return where a request for a model may go now: 404 when nothing routes there, none when no pod is ready."""
        found = self._cluster.route(host, f"/v2/models/{name}")
        if found is None:
            raise RefusedError(404, f"no model {name!r} is served here")
        main, canary = found
        if protocol == GRPC:
            # As of a gateway, which would send it to the other Service's first port.
            main = replace(main, fallback=None)

        def ready(service: Key) -> bool:
            return bool(self._ready(service, name))

        targets = self._ready(service_of(main, canary, carried, ready, self._behaviour.happens), name)
        if version and targets:
            targets = [target for target in targets if target.model.version.version == version]
            if not targets:
                raise RefusedError(404, f"model {name!r} has no version {version!r} here")
        if protocol == GRPC and targets:
            targets = [target for target in targets if target.pod.speaks_grpc]
            if not targets:
                raise RefusedError(501, f"model {name!r} has no port for gRPC")
        return targets

    def _ready(self, service: Key, name: str) -> list[Target]:
        targets = []
        for pod in self._cluster.ready_pods(service):
            cached = _serving(self._volumes.models.get(pod.key, ()), name)
            model = self._runtime.loaded(cached.digest) if cached else None
            if cached and model:
                targets.append(Target(pod, model, self._behaviour.of(cached.version.name, pod)))
        return targets

    def available(
        self, host: str, name: str, version: str = "", carried: Carried = NOTHING, protocol: str = ""
    ) -> Target:
        """Return one target, or the refusal that a caller gets."""
        return self._one_of(self.targets(host, name, version, carried, protocol), host, name)

    def _one_of(self, targets: list[Target], host: str, name: str) -> Target:
        weights = [target.deviation.weight for target in targets]
        if not any(weights):
            raise RefusedError(503, f"no pod of model {name!r} is ready")
        if len(set(weights)) == 1:
            turn = self._turns.setdefault((host, name), itertools.count())
            return targets[next(turn) % len(targets)]
        return targets[self._behaviour.choose(weights) or 0]

    def healthy(self) -> bool:
        """Say whether the region can serve: told to be, and some route has a ready pod with its model."""
        return not self._behaviour.unhealthy and any(
            self._ready(route.service, route.prefix.rpartition("/")[2]) for route in self._cluster.routes
        )

    async def infer(self, asked: Asked, request: InferRequest) -> Answer:
        """Answer a request, and send a copy of it where the route says so."""
        self._mirror(asked, request)

        def choose() -> Target:
            return self.available(asked.host, asked.model, asked.version, asked.carried, asked.protocol)

        return await self._answer(asked, request, choose)

    def _mirror(self, asked: Asked, request: InferRequest) -> None:
        """Send a copy to the route's shadow, whose answer nobody gets; one that can't keep up misses some."""
        found = None if asked.protocol == GRPC else self._cluster.route(asked.host, f"/v2/models/{asked.model}")
        shadow = found[0].mirror if found else None
        targets = self._ready(shadow, asked.model) if shadow else []
        if not targets or len(self._copies) >= COPIES_AT_ONCE:
            return
        copy = self._answer(
            replace(asked, protocol=SHADOW), request, lambda: self._one_of(targets, SHADOW, asked.model)
        )
        task = asyncio.create_task(copy)
        self._copies.add(task)
        task.add_done_callback(self._forget_copy)

    def _forget_copy(self, task: asyncio.Task[Answer]) -> None:
        self._copies.discard(task)
        if not task.cancelled():
            # What a shadow answers wrongly is counted, and told to nobody.
            task.exception()

    async def _answer(self, asked: Asked, request: InferRequest, choose: Callable[[], Target]) -> Answer:
        """Answer a request, and count it whatever comes of it."""
        started, target, code = time.monotonic(), None, "500"
        try:
            target = choose()
            answer = await self._within_tokens(asked, target, request)
            code = "200"
            return answer
        except BadRequestError as error:
            code = "400"
            raise RefusedError(400, str(error)) from error
        except SpentError as error:
            code = "429"
            raise RefusedError(429, str(error)) from error
        except OverloadedError as error:
            code = "503"
            raise RefusedError(503, str(error)) from error
        except RefusedError as error:
            code = str(error.status)
            raise
        finally:
            namespace = target.pod.namespace if target else ""
            served = target.model.version.version if target else ""
            # A name that nobody serves is the caller's invention: counting by it would let anyone grow the metrics.
            counted = asked.model if target or code == "503" else ""
            self._telemetry.answered(namespace, counted, served, asked.protocol, code, time.monotonic() - started)

    async def _within_tokens(self, asked: Asked, target: Target, request: InferRequest) -> Answer:
        """Answer where the model's callers have tokens left, and book what it cost; of other models nothing is."""
        pod, version = target.pod, target.model.version.version
        if not pod.tokens_per_minute:
            return await self._kept_or_new(asked, target, request)
        self.tokens.admit(pod, asked.model)
        prompt = request.prompt or sum(array.size for array in request.inputs.values())
        with self.tokens.holding(pod, prompt + (request.longest or EXPECTED)):
            answer = await self._kept_or_new(asked, target, request)
        said = sum(array.size for array in answer.outputs.values())
        self.tokens.spend(pod, asked.model, version, prompt, min(said, request.longest or said))
        return answer

    async def _kept_or_new(self, asked: Asked, target: Target, request: InferRequest) -> Answer:
        """Give an answer again where the pod keeps one; a pod that was told to deviate keeps and gives none."""
        pod, model = target.pod, target.model.version
        if not pod.kept_seconds or target.deviation.changes_answers:
            return Answer(target, await self._work(asked, target, request))
        key = request_key(model.digest, request)
        kept = self._answers.of(pod).get(key)
        self._telemetry.looked_up(pod.namespace, asked.model, model.version, kept is not None)
        if kept is not None:
            return Answer(target, kept, kept=True)
        outputs = await self._work(asked, target, request)
        self._answers.of(pod).put(key, outputs)
        return Answer(target, outputs)

    def forget(self, pod: Pod) -> None:
        """Forget the answers of a pod that is gone."""
        self._answers.drop(pod)
        self.tokens.drop(pod)

    async def _work(self, asked: Asked, target: Target, request: InferRequest) -> dict[str, Array]:
        deviation = target.deviation
        async with self._loads.of(target.pod).work(deviation.latency):
            if self._behaviour.happens(deviation.error_rate):
                raise RefusedError(500, "the model failed, as it was told to")
            outputs = await self._runtime.run(target.model, request, deviation.drift)
            if self._behaviour.happens(deviation.wrong_rate):
                outputs = {key: _wrong(array) for key, array in outputs.items()}
            if asked.protocol != SHADOW:
                seen = shifted(request, deviation.drift)
                self.observed.take(target.pod, target.model, asked.model, seen, outputs)
            return outputs


def _serving(models: tuple[CachedModel, ...], name: str) -> CachedModel | None:
    """Return a pod's model of that name; a pod with one model serves it under whatever name its route has."""
    named = next((model for model in models if model.version.name.rpartition("/")[2] == name), None)
    return named or (models[0] if len(models) == 1 else None)


def _wrong(array: Array) -> Array:
    """Return outputs that are of the right form and false: 1 - x for numbers, the opposite for truth values."""
    if array.dtype.kind == "b":
        return ~array
    result: Array = np.asarray(1, dtype=array.dtype) - array
    return result
