"""How a provider fails so that the engine keeps the right state.

Owns the gRPC status codes and details. A refusal (nothing happened) and an initialisation failure (the resource exists
but is not ready) are different to the engine: the second one must be kept in state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import NoReturn, TypeVar

import grpc
from pulumi.runtime.proto import provider_pb2, status_pb2

from headgate.errors import HeadgateError
from headgate.sandbox.providers.protocol.values import Properties, encode

_STATUS_DETAILS = "grpc-status-details-bin"
_Request = TypeVar("_Request")
_R = TypeVar("_R")
_Self = TypeVar("_Self")


@dataclass(eq=False)
class InitFailedError(Exception):
    """The resource was created or updated and did not become ready; state keeps `id`, `outputs` and `inputs`."""

    id: str
    outputs: Properties
    inputs: Properties
    reasons: Sequence[str]

    def __str__(self) -> str:
        return "; ".join(self.reasons)


def abort_init_failed(context: grpc.ServicerContext, failure: InitFailedError) -> NoReturn:
    """End the call so that the engine records a partially initialised resource."""
    detail = provider_pb2.ErrorResourceInitFailed(
        id=failure.id,
        properties=encode(failure.outputs),
        inputs=encode(failure.inputs),
        reasons=list(failure.reasons),
    )
    # The engine shows the reasons; the message is for logs.
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message="resource init failed")
    status.details.add().Pack(detail)
    context.set_trailing_metadata(((_STATUS_DETAILS, status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, status.message)
    raise AssertionError("abort returned")


def abort(context: grpc.ServicerContext, error: HeadgateError) -> NoReturn:
    """Refuse the call: nothing happened. The code tells the engine that the state is well understood."""
    context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
    raise AssertionError("abort returned")


def answering(
    method: Callable[[_Self, _Request, grpc.ServicerContext], _R],
) -> Callable[[_Self, _Request, grpc.ServicerContext], _R]:
    """Turn what a servicer method raises into what the engine understands."""

    @wraps(method)
    def call(self: _Self, request: _Request, context: grpc.ServicerContext) -> _R:
        try:
            return method(self, request, context)
        except InitFailedError as failure:
            abort_init_failed(context, failure)
        except HeadgateError as error:
            abort(context, error)

    return call
