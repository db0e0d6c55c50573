"""The gRPC face of the stand-in: each call of the engine, translated to an operation on documents.

Owns requests and responses, nothing of what Kubernetes does with them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ClassVar, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from headgate.errors import HeadgateError
from headgate.sandbox.kube import KubeError
from headgate.sandbox.layout import StateDir
from headgate.sandbox.providers.kubernetes import applying, comparing, reading
from headgate.sandbox.providers.kubernetes.checking import checked
from headgate.sandbox.providers.kubernetes.manifests import documents_of
from headgate.sandbox.providers.kubernetes.refusal import general_refusal
from headgate.sandbox.providers.kubernetes.session import Session
from headgate.sandbox.providers.kubernetes.settings import Settings, config_changes, config_failures
from headgate.sandbox.providers.protocol.diff import diff_response, parse_path
from headgate.sandbox.providers.protocol.errors import answering
from headgate.sandbox.providers.protocol.servicer import StandInServicer
from headgate.sandbox.providers.protocol.values import decode, encode, reveal

_Request = TypeVar("_Request")
_Response = TypeVar("_Response")
_Method = Callable[["KubernetesProvider", _Request, grpc.ServicerContext], _Response]


def _answered(method: _Method[_Request, _Response]) -> _Method[_Request, _Response]:
    """Turn every failure, the API server's included, into what the engine understands."""

    @wraps(method)
    def call(self: KubernetesProvider, request: _Request, context: grpc.ServicerContext) -> _Response:
        try:
            return method(self, request, context)
        except KubeError as error:
            raise general_refusal(error, getattr(request, "urn", "")) from error

    return answering(call)


class KubernetesProvider(StandInServicer):
    """Serves the kubernetes SDK against a sandbox's API servers."""

    package: ClassVar[str] = "kubernetes"
    version: ClassVar[str] = "4.34.2"

    def __init__(self, engine_address: str | None = None) -> None:
        """Wait for Configure; nothing is known of a cluster yet."""
        super().__init__(engine_address)
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """What Configure set up."""
        if self._session is None:
            raise HeadgateError("the kubernetes provider was used before it was configured")
        return self._session

    @_answered
    def CheckConfig(  # noqa: N802
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Refuse arguments that the stand-in can't honour."""
        failures = [
            provider_pb2.CheckFailure(property=name, reason=reason)
            for name, reason in config_failures(decode(request.news))
        ]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    @_answered
    def DiffConfig(  # noqa: N802
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Replace the provider, and with it all its resources, only when another cluster is meant."""
        return diff_response(config_changes(decode(request.old_inputs), decode(request.news)))

    @_answered
    def Configure(  # noqa: N802
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Find the cluster; refuse one that is no sandbox."""
        settings = Settings.from_arguments(decode(request.args))
        self._session = Session(settings, self.log, self.cancelled, StateDir.from_environment())
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
        )

    @_answered
    def Invoke(  # noqa: N802
        self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.InvokeResponse:
        """Answer the one function that needs no tool of its own: reading YAML."""
        if request.tok != "kubernetes:yaml:decode":
            raise self.unsupported("function", request.tok)
        documents = documents_of(reveal(decode(request.args))["text"])
        response = provider_pb2.InvokeResponse()
        # `return` is a keyword of Python.
        getattr(response, "return").CopyFrom(encode({"result": documents}))
        return response

    @_answered
    def Check(  # noqa: N802
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Fill in kind, name and namespace."""
        inputs, failures = checked(self.session, request)
        return provider_pb2.CheckResponse(
            inputs=encode(inputs),
            failures=[provider_pb2.CheckFailure(property=name, reason=reason) for name, reason in failures],
        )

    @_answered
    def Diff(  # noqa: N802
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Say what applying the new inputs changes."""
        old, new = decode(request.old_inputs), decode(request.news)
        found = comparing.compare(
            self.session, request.urn, old, new, decode(request.olds), list(request.ignoreChanges)
        )
        return diff_response(found, delete_before_replace=comparing.must_delete_first(old, new))

    @_answered
    def Create(  # noqa: N802
        self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CreateResponse:
        """Create a resource and wait until it is ready; in a preview, ask what it would be."""
        inputs = decode(request.properties)
        if request.preview:
            outputs = applying.preview_create(self.session, request.urn, inputs)
            return provider_pb2.CreateResponse(properties=encode(outputs))
        resource_id, outputs = applying.create(self.session, request.urn, inputs, request.timeout)
        return provider_pb2.CreateResponse(id=resource_id, properties=encode(outputs))

    @_answered
    def Read(  # noqa: N802
        self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ReadResponse:
        """Return the resource as it is now; an empty answer says that it is gone."""
        inputs, state = decode(request.inputs), decode(request.properties)
        found = reading.read(self.session, request.urn, request.id, inputs, state)
        if found is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(id=request.id, inputs=encode(found[0]), properties=encode(found[1]))

    @_answered
    def Update(  # noqa: N802
        self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.UpdateResponse:
        """Apply new inputs and wait until ready; in a preview, ask what would become of the resource."""
        inputs, state = decode(request.news), decode(request.olds)
        ignored = [parse_path(text) for text in request.ignoreChanges]
        if request.preview:
            outputs = applying.preview_update(self.session, request.urn, inputs, state, ignored)
        else:
            outputs = applying.update(self.session, request.urn, inputs, state, request.timeout, ignored)
        return provider_pb2.UpdateResponse(properties=encode(outputs))

    @_answered
    def Delete(  # noqa: N802
        self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Delete a resource and wait until it is gone."""
        reading.delete(self.session, request.urn, request.id, decode(request.properties), request.timeout)
        return empty_pb2.Empty()
