"""A resource provider's answers that do not depend on what it provides.

Owns Handshake, GetSchema, GetPluginInfo, Attach, Cancel, and the refusal by name of what a stand-in does not do.
A provider subclasses `StandInServicer` and answers the calls about resources.
"""

from __future__ import annotations

import json
import threading
from typing import ClassVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from headgate.errors import HeadgateError
from headgate.sandbox.providers.protocol.engine import EngineLog
from headgate.sandbox.providers.protocol.errors import answering


class StandInServicer(provider_pb2_grpc.ResourceProviderServicer):
    """What both stand-ins answer alike. `package` and `version` are those of the SDK that is served."""

    package: ClassVar[str]
    version: ClassVar[str]

    def __init__(self, engine_address: str | None = None) -> None:
        """Keep the engine's address for messages; a debugger may attach another one later."""
        self.log = EngineLog(engine_address)
        self.cancelled = threading.Event()

    def Handshake(  # noqa: N802
        self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        """Say what we take: secrets and configured names. Outputs and resource references arrive as plain values."""
        if request.engine_address:
            self.log.attach(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, supports_autonaming_configuration=True)

    def GetPluginInfo(  # noqa: N802
        self, request: empty_pb2.Empty, context: grpc.ServicerContext
    ) -> plugin_pb2.PluginInfo:
        """Return the version of the SDK that is served."""
        return plugin_pb2.PluginInfo(version=self.version)

    def GetSchema(  # noqa: N802
        self, request: provider_pb2.GetSchemaRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetSchemaResponse:
        """Return a schema with nothing but the package: programs use the official SDK."""
        return provider_pb2.GetSchemaResponse(schema=json.dumps({"name": self.package, "version": self.version}))

    def Attach(self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802
        """Talk to the engine at the given address."""
        self.log.attach(request.address)
        return empty_pb2.Empty()

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802
        """End every wait soon; calls that are under way return what they have reached."""
        self.cancelled.set()
        return empty_pb2.Empty()

    def GetMapping(  # noqa: N802
        self, request: provider_pb2.GetMappingRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetMappingResponse:
        """Return no mapping: nothing is converted from another tool."""
        return provider_pb2.GetMappingResponse()

    def GetMappings(  # noqa: N802
        self, request: provider_pb2.GetMappingsRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetMappingsResponse:
        """Return no mappings."""
        return provider_pb2.GetMappingsResponse()

    @answering
    def Invoke(  # noqa: N802
        self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.InvokeResponse:
        """Refuse a function by name."""
        raise self.unsupported("function", request.tok)

    @answering
    def Call(  # noqa: N802
        self, request: provider_pb2.CallRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CallResponse:
        """Refuse a method by name."""
        raise self.unsupported("method", request.tok)

    @answering
    def Construct(  # noqa: N802
        self, request: provider_pb2.ConstructRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConstructResponse:
        """Refuse a component by name."""
        raise self.unsupported("component", request.type)

    @answering
    def Parameterize(  # noqa: N802
        self, request: provider_pb2.ParameterizeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ParameterizeResponse:
        """Refuse parameters."""
        raise self.unsupported("feature", "parameterized packages")

    def unsupported(self, what: str, name: str) -> HeadgateError:
        """Return the error for something that the official provider does and the stand-in does not."""
        return HeadgateError(
            f"the sandbox's stand-in for the {self.package} provider has no {what} {name}",
            expected="resources of the official SDK",
            fix="leave it out of programs that run on the sandbox, or run them with the official provider",
        )
