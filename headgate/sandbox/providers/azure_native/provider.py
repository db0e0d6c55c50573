"""The gRPC face of the stand-in: each call of the engine, translated to an operation on Azure in miniature.

Owns requests and responses, nothing of what Azure does with them.
"""

from __future__ import annotations

import json
from typing import ClassVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from headgate.errors import HeadgateError
from headgate.sandbox.azure.sdk.source import package_version
from headgate.sandbox.azure.types import resolve
from headgate.sandbox.azure.types.spec import TypeSpec
from headgate.sandbox.providers.azure_native import applying, comparing, functions, previewing
from headgate.sandbox.providers.azure_native.checking import checked, type_token
from headgate.sandbox.providers.azure_native.session import Session
from headgate.sandbox.providers.protocol.diff import diff_response
from headgate.sandbox.providers.protocol.errors import answering
from headgate.sandbox.providers.protocol.servicer import StandInServicer
from headgate.sandbox.providers.protocol.values import Properties, decode, encode, reveal


class AzureNativeProvider(StandInServicer):
    """Serves the azure-native SDK against Azure in miniature."""

    package: ClassVar[str] = "azure-native"
    version: ClassVar[str] = package_version()

    def __init__(self, engine_address: str | None = None) -> None:
        """Wait for Configure."""
        super().__init__(engine_address)
        self._session: Session | None = None

    def close(self) -> None:
        """Close the connections to Azure."""
        if self._session is not None and not self._session.plan_only:
            self._session.azure.close()

    @property
    def session(self) -> Session:
        """What Configure set up."""
        if self._session is None:
            raise HeadgateError("the azure-native provider was used before it was configured")
        return self._session

    def CheckConfig(  # noqa: N802
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Take any configuration: credentials mean nothing here."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(  # noqa: N802
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Return no change: there is one Azure, whatever the configuration says."""
        return diff_response([])

    @answering
    def Configure(  # noqa: N802
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Keep the program's defaults."""
        config = _plain_config(decode(request.args))
        self._session = Session.configured(self.log, self.cancelled, config)
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
        )

    @answering
    def Invoke(  # noqa: N802
        self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.InvokeResponse:
        """Answer a function."""
        answer = functions.invoke(self.session, request.tok, decode(request.args), request.preview)
        response = provider_pb2.InvokeResponse()
        # `return` is a keyword of Python.
        getattr(response, "return").CopyFrom(encode(answer))
        return response

    @answering
    def Check(  # noqa: N802
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Complete the inputs and hold them to the SDK's types."""
        inputs, failures = checked(self.session, request)
        return provider_pb2.CheckResponse(
            inputs=encode(inputs),
            failures=[provider_pb2.CheckFailure(property=item.property, reason=item.reason) for item in failures],
        )

    @answering
    def Diff(  # noqa: N802
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Say what new inputs change, and whether in place."""
        spec = _spec(request.urn)
        old, new = decode(request.old_inputs), decode(request.news)
        first = comparing.must_delete_first(spec, old, new)
        return diff_response(comparing.compare(spec, old, new), delete_before_replace=first)

    @answering
    def Create(  # noqa: N802
        self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CreateResponse:
        """Create a resource; in a preview, say no more than the inputs."""
        inputs = decode(request.properties)
        if request.preview:
            outputs = previewing.created(_spec(request.urn), inputs)
            return provider_pb2.CreateResponse(properties=encode(outputs))
        resource_id, outputs = applying.create(self.session, request.urn, inputs, request.timeout)
        return provider_pb2.CreateResponse(id=resource_id, properties=encode(outputs))

    @answering
    def Read(  # noqa: N802
        self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ReadResponse:
        """Return the resource as it is now; an empty answer says that it is gone."""
        inputs, state = decode(request.inputs), decode(request.properties)
        found = applying.read(self.session, request.urn, request.id, inputs, state)
        if found is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(id=found[0], inputs=encode(found[1]), properties=encode(found[2]))

    @answering
    def Update(  # noqa: N802
        self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.UpdateResponse:
        """Update in place; in a preview, say what stays known."""
        inputs, state = decode(request.news), decode(request.olds)
        if request.preview:
            outputs = previewing.updated(_spec(request.urn), inputs, state)
            return provider_pb2.UpdateResponse(properties=encode(outputs))
        outputs = applying.update(self.session, request.urn, request.id, inputs, request.timeout)
        return provider_pb2.UpdateResponse(properties=encode(outputs))

    @answering
    def Delete(  # noqa: N802
        self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Delete a resource and wait until it is gone."""
        applying.delete(self.session, request.urn, request.id, request.timeout)
        return empty_pb2.Empty()


def _spec(urn: str) -> TypeSpec:
    return resolve(type_token(urn)).spec


def _plain_config(arguments: Properties) -> Properties:
    """Open the configuration: the engine sends nested values as JSON text."""
    found = {}
    for name, value in reveal(arguments).items():
        try:
            found[name] = json.loads(value) if isinstance(value, str) and value[:1] in "[{" else value
        except ValueError:
            found[name] = value
    return found
