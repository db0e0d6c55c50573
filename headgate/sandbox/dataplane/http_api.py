"""The Open Inference Protocol over HTTP with JSON, on the gateway's address."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any

from aiohttp import web

from headgate.sandbox.dataplane.inference import Answer, Asked, Inference, RefusedError, Target
from headgate.sandbox.dataplane.metrics import CONTENT_TYPE
from headgate.sandbox.dataplane.openai_api import OpenAiApi
from headgate.sandbox.dataplane.runtime import PLATFORM
from headgate.sandbox.dataplane.telemetry import Telemetry
from headgate.sandbox.dataplane.tensors import BadRequestError, InferRequest, from_json, output_json

MAX_BODY = 16 * 1024 * 1024
SERVER = "headgate-dataplane"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class HttpApi:
    """Handlers. `public` is what the gateway shows; metrics stay on the port inside."""

    def __init__(self, inference: Inference, telemetry: Telemetry, location: str) -> None:
        self._inference, self._telemetry, self._location = inference, telemetry, location

    def application(self, metrics: bool) -> web.Application:
        """Return the routes of the protocol."""
        app = web.Application(client_max_size=MAX_BODY, middlewares=[self._refusals])
        app.on_response_prepare.append(self._name_region)
        app.router.add_get("/v2", self._server)
        app.router.add_get("/v2/health/live", self._live)
        app.router.add_get("/v2/health/ready", self._ready)
        for path in ("/v2/models/{model}", "/v2/models/{model}/versions/{version}"):
            app.router.add_get(path, self._metadata)
            app.router.add_get(f"{path}/ready", self._model_ready)
            app.router.add_post(f"{path}/infer", self._infer)
        OpenAiApi(self._ask, self._find).add_to(app)
        if metrics:
            app.router.add_get("/metrics", self._metrics)
            app.router.add_get("/healthz", self._live)
        return app

    @web.middleware
    async def _refusals(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer every refusal in the protocol's form."""
        try:
            return await handler(request)
        except RefusedError as error:
            return web.json_response({"error": str(error)}, status=error.status)
        except BadRequestError as error:
            return web.json_response({"error": str(error)}, status=400)
        except web.HTTPException as error:
            return web.json_response({"error": error.reason}, status=error.status)

    async def _name_region(self, request: web.Request, response: web.StreamResponse) -> None:
        """Say which region answers, before the first byte: an answer may be a stream."""
        response.headers["x-headgate-region"] = self._location

    async def _server(self, request: web.Request) -> web.Response:
        return web.json_response({"name": SERVER, "version": version("headgate"), "extensions": []})

    async def _live(self, request: web.Request) -> web.Response:
        return web.json_response({"live": True})

    async def _ready(self, request: web.Request) -> web.Response:
        ready = self._inference.healthy()
        return web.json_response({"ready": ready, "live": ready}, status=200 if ready else 503)

    async def _model_ready(self, request: web.Request) -> web.Response:
        name = request.match_info["model"]
        wanted = request.match_info.get("version", "")
        targets = self._inference.targets(_host(request), name, wanted, _carried(request))
        return web.json_response({"name": name, "ready": bool(targets)}, status=200 if targets else 503)

    async def _metadata(self, request: web.Request) -> web.Response:
        name = request.match_info["model"]
        wanted = request.match_info.get("version", "")
        target = self._inference.available(_host(request), name, wanted, _carried(request))
        model = target.model
        document = {
            "name": name,
            "versions": [model.version.version],
            "platform": PLATFORM,
            "inputs": [spec.as_json() for spec in model.inputs],
            "outputs": [spec.as_json() for spec in model.outputs],
        }
        return web.json_response(document, headers=_headers(target))

    async def _infer(self, request: web.Request) -> web.Response:
        name, wanted = request.match_info["model"], request.match_info.get("version", "")
        try:
            body: Any = json.loads(await request.read())
        except (ValueError, RecursionError) as error:
            raise BadRequestError(f"the body is not JSON: {error}") from error
        tensors = from_json(body)
        asked = Asked(_host(request), name, wanted, "http", _carried(request))
        answer = await self._inference.infer(asked, tensors)
        document: dict[str, Any] = {
            "model_name": name,
            "model_version": answer.target.model.version.version,
            "outputs": [output_json(key, array) for key, array in answer.outputs.items()],
        }
        if tensors.id:
            document["id"] = tensors.id
        kept = {"x-headgate-cache": "hit"} if answer.kept else {}
        return web.json_response(document, headers=_headers(answer.target) | kept)

    def _find(self, request: web.Request, name: str) -> Target:
        """Return a pod that could answer for a model."""
        return self._inference.available(_host(request), name, "", _carried(request))

    async def _ask(self, request: web.Request, name: str, tensors: InferRequest) -> Answer:
        """Answer what came by OpenAI's protocol."""
        return await self._inference.infer(Asked(_host(request), name, "", "openai", _carried(request)), tensors)

    async def _metrics(self, request: web.Request) -> web.Response:
        return web.Response(body=self._telemetry.page().encode(), headers={"Content-Type": CONTENT_TYPE})


def _host(request: web.Request) -> str:
    return request.host.rpartition(":")[0] or request.host


def _carried(request: web.Request) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


def _headers(target: Target) -> dict[str, str]:
    return {"x-headgate-pod": target.pod.name, "x-headgate-model-digest": target.model.version.digest}
