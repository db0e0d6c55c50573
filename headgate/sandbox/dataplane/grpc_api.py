"""The Open Inference Protocol over gRPC: the same answers as over HTTP, with gRPC's status codes."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, NoReturn

import grpc
import grpc.aio

from headgate.sandbox.dataplane.http_api import MAX_BODY, SERVER
from headgate.sandbox.dataplane.inference import Asked, Inference, RefusedError, Target
from headgate.sandbox.dataplane.objects import GRPC
from headgate.sandbox.dataplane.oip import open_inference_pb2 as oip
from headgate.sandbox.dataplane.oip import open_inference_pb2_grpc as oip_grpc
from headgate.sandbox.dataplane.runtime import PLATFORM
from headgate.sandbox.dataplane.tensors import BadRequestError, from_proto, output_proto

_CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    404: grpc.StatusCode.NOT_FOUND,
    500: grpc.StatusCode.INTERNAL,
    501: grpc.StatusCode.UNIMPLEMENTED,
    503: grpc.StatusCode.UNAVAILABLE,
}
Context = grpc.aio.ServicerContext[Any, Any]


class GrpcApi(oip_grpc.GRPCInferenceServiceServicer):
    """The service's methods, named as the protocol names them."""

    def __init__(self, inference: Inference, location: str) -> None:
        self._inference, self._location = inference, location

    async def ServerLive(  # noqa: N802
        self, request: oip.ServerLiveRequest, context: Context
    ) -> oip.ServerLiveResponse:
        """Say that the process answers."""
        return oip.ServerLiveResponse(live=True)

    async def ServerReady(  # noqa: N802
        self, request: oip.ServerReadyRequest, context: Context
    ) -> oip.ServerReadyResponse:
        """Say whether some model is ready."""
        return oip.ServerReadyResponse(ready=self._inference.healthy())

    async def ModelReady(  # noqa: N802
        self, request: oip.ModelReadyRequest, context: Context
    ) -> oip.ModelReadyResponse:
        """Say whether a model is ready; an unknown one is not."""
        try:
            targets = self._inference.targets("", request.name, request.version, protocol=GRPC)
        except RefusedError:
            targets = []
        return oip.ModelReadyResponse(ready=bool(targets))

    async def ServerMetadata(  # noqa: N802
        self, request: oip.ServerMetadataRequest, context: Context
    ) -> oip.ServerMetadataResponse:
        """Name the server."""
        return oip.ServerMetadataResponse(name=SERVER, version=version("headgate"))

    async def ModelMetadata(  # noqa: N802
        self, request: oip.ModelMetadataRequest, context: Context
    ) -> oip.ModelMetadataResponse:
        """Describe a model as its session does."""
        try:
            target = self._inference.available("", request.name, request.version, _carried(context), GRPC)
        except RefusedError as error:
            await _abort(context, error)
        tensor = oip.ModelMetadataResponse.TensorMetadata
        model = target.model
        return oip.ModelMetadataResponse(
            name=request.name,
            versions=[model.version.version],
            platform=PLATFORM,
            inputs=[tensor(name=row.name, datatype=row.datatype, shape=row.shape) for row in model.inputs],
            outputs=[tensor(name=row.name, datatype=row.datatype, shape=row.shape) for row in model.outputs],
        )

    async def ModelInfer(  # noqa: N802
        self, request: oip.ModelInferRequest, context: Context
    ) -> oip.ModelInferResponse:
        """Answer an inference; outputs are raw when the inputs were."""
        try:
            asked = Asked("", request.model_name, request.model_version, GRPC, _carried(context))
            answer = await self._inference.infer(asked, from_proto(request))
        except BadRequestError as error:
            await _abort(context, RefusedError(400, str(error)))
        except RefusedError as error:
            await _abort(context, error)
        kept = (("x-headgate-cache", "hit"),) if answer.kept else ()
        await context.send_initial_metadata((*self._metadata(answer.target), *kept))
        raw = bool(request.raw_input_contents)
        tensors = [output_proto(name, array, raw) for name, array in answer.outputs.items()]
        return oip.ModelInferResponse(
            model_name=request.model_name,
            model_version=answer.target.model.version.version,
            id=request.id,
            outputs=[tensor for tensor, _ in tensors],
            raw_output_contents=[content for _, content in tensors] if raw else [],
        )

    def _metadata(self, target: Target) -> tuple[tuple[str, str], ...]:
        return (
            ("x-headgate-region", self._location),
            ("x-headgate-pod", target.pod.name),
            ("x-headgate-model-digest", target.model.version.digest),
        )


def _carried(context: Context) -> dict[str, str]:
    """Return the call's metadata that is text."""
    rows = context.invocation_metadata() or ()
    return {str(name): value for name, value in rows if isinstance(value, str)}


async def _abort(context: Context, error: RefusedError) -> NoReturn:
    await context.abort(_CODES.get(error.status, grpc.StatusCode.UNKNOWN), str(error))


def server(api: GrpcApi) -> grpc.aio.Server:
    """Return a server of the service, without a port yet."""
    limits = [("grpc.max_receive_message_length", MAX_BODY), ("grpc.so_reuseport", 0)]
    made = grpc.aio.server(options=limits)
    oip_grpc.add_GRPCInferenceServiceServicer_to_server(api, made)  # type: ignore[no-untyped-call]
    return made
