"""Puts a data plane together and runs it: feeds in, pulls beside, HTTP, HTTPS, gRPC and the control socket out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal

from aiohttp import web

from headgate.model import Registry
from headgate.sandbox.dataplane.behaviour import Behaviour
from headgate.sandbox.dataplane.cache import CachedModel, ModelCache
from headgate.sandbox.dataplane.cluster import Cluster
from headgate.sandbox.dataplane.feed import Feed
from headgate.sandbox.dataplane.gateway import Gateway
from headgate.sandbox.dataplane.grpc_api import GrpcApi
from headgate.sandbox.dataplane.grpc_api import server as grpc_server
from headgate.sandbox.dataplane.held import Held
from headgate.sandbox.dataplane.http_api import HttpApi
from headgate.sandbox.dataplane.inference import Inference
from headgate.sandbox.dataplane.objects import Pod
from headgate.sandbox.dataplane.quality import SimulatedQuality
from headgate.sandbox.dataplane.registries import sandbox_resolver
from headgate.sandbox.dataplane.runtime import Runtime
from headgate.sandbox.dataplane.settings import GATEWAY, Settings
from headgate.sandbox.dataplane.simulation import Loads
from headgate.sandbox.dataplane.steering import SteeringApi, listening_socket
from headgate.sandbox.dataplane.telemetry import Telemetry
from headgate.sandbox.dataplane.usage import Usage
from headgate.sandbox.dataplane.volumes import Volumes
from headgate.sandbox.kube import KubeClient

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"


class DataPlane:
    """One region's data plane, from settings to listening sockets."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.client = KubeClient.from_kubeconfig(settings.kubeconfig)
        self.cluster, self.loads, self.behaviour, self.runtime = Cluster(), Loads(), Behaviour(), Runtime()
        resolver = sandbox_resolver(settings.state, closed=True)
        registries: dict[str, Registry] = {}

        def registry(login_server: str) -> Registry:
            return registries.setdefault(login_server, Registry(login_server, resolver))

        self.telemetry = Telemetry(settings.location, self.cluster, self.loads)
        cache = ModelCache(settings.volumes, registry)
        self.volumes = Volumes(self.client, cache, registry, self._load, self.telemetry)
        figures = SimulatedQuality(settings.location, self.cluster, self.volumes, self.behaviour)
        self.telemetry.show([*figures.gauges(), *Held(settings.location, self.cluster, self.loads).gauges()])
        self.inference = Inference(self.cluster, self.volumes, self.runtime, self.behaviour, self.loads, self.telemetry)
        self.usage = Usage(self.client, self.cluster, self.volumes, self.loads, settings.usage_interval)
        self.cluster.on_pod += [self.volumes.take, self.inference.tokens.show]
        self.cluster.on_gone.append(self._forget)
        self.gateway = Gateway(settings, self.client, self.cluster)
        self.telemetry.certificate("gateway", self.gateway.runs_out)
        self._feeds = self._make_feeds()

    def _make_feeds(self) -> list[Feed]:
        cluster, client, gateway = self.cluster, self.client, self.gateway
        return [
            Feed(client, "networking.k8s.io/v1", "Ingress", cluster.list_ingresses, cluster.change_ingress),
            Feed(client, "discovery.k8s.io/v1", "EndpointSlice", cluster.list_slices, cluster.change_slice),
            Feed(client, "v1", "Service", gateway.list_services, gateway.change_service, GATEWAY[0]),
            Feed(client, "v1", "Pod", cluster.list_pods, cluster.change_pod),
        ]

    def _load(self, cached: CachedModel) -> None:
        """Have a model's session before its pod is called ready."""
        self.runtime.load(cached)

    def _forget(self, pod: Pod) -> None:
        self.volumes.drop(pod)
        self.loads.drop(pod)
        self.usage.drop(pod)
        self.inference.forget(pod)
        self.runtime.keep_only({model.digest for models in self.volumes.models.values() for model in models})
        served = {(key[0], model.version.version) for key, models in self.volumes.models.items() for model in models}
        self.inference.observed.keep_only(served)

    async def run(self) -> None:
        """Serve until told to end."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        async with contextlib.AsyncExitStack() as stack:
            await self._listen(stack)
            for feed in self._feeds:
                feed.start()
                stack.callback(feed.stop)
            stack.push_async_callback(self.volumes.close)
            stack.callback(self.runtime.close)
            for work in (self.usage.run(), self.gateway.run()):
                stack.callback(asyncio.create_task(work).cancel)
            log.info("data plane of %s: %s", self.settings.cluster, self.settings)
            await stop.wait()

    async def _listen(self, stack: contextlib.AsyncExitStack) -> None:
        settings = self.settings
        api = HttpApi(self.inference, self.telemetry, settings.location)
        steering = SteeringApi(self.behaviour, self.cluster, self.volumes).application()
        runner = await _runner(stack, steering)
        await web.SockSite(runner, listening_socket(settings.socket)).start()
        stack.callback(settings.socket.unlink, missing_ok=True)
        runner = await _runner(stack, api.application(metrics=True))
        await web.TCPSite(runner, LOOPBACK, settings.http_port).start()
        if settings.https_port:
            runner = await _runner(stack, api.application(metrics=False))
            await web.TCPSite(runner, LOOPBACK, settings.https_port, ssl_context=self.gateway.tls).start()
        if settings.grpc_port:
            server = grpc_server(GrpcApi(self.inference, settings.location))
            server.add_secure_port(f"{LOOPBACK}:{settings.grpc_port}", self.gateway.grpc_credentials)
            await server.start()
            stack.push_async_callback(server.stop, 1.0)


async def _runner(stack: contextlib.AsyncExitStack, application: web.Application) -> web.AppRunner:
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    return runner
