"""The `LanguageRuntime` service: each call is handed to the module that owns it."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from pathlib import Path

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from headgate.sandbox.language_host import dependencies, interpreter, plugins
from headgate.sandbox.language_host.children import Children
from headgate.sandbox.language_host.program import Programs

_INVENTORY = Path(__file__).with_name("inventory.py")


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """What the engine calls. Calls that generate code stay unimplemented, which the engine knows how to say."""

    def __init__(self, engine: str, children: Children) -> None:
        self._children = children
        self._programs = Programs(children, engine)

    def Handshake(  # noqa: N802 - the protocol's names
        self, request: language_pb2.LanguageHandshakeRequest, context: grpc.ServicerContext
    ) -> language_pb2.LanguageHandshakeResponse:
        """Agree to talk."""
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:  # noqa: N802
        """Say the version of the engine that this host is for."""
        import importlib.metadata

        return plugin_pb2.PluginInfo(version=importlib.metadata.version("pulumi"))

    def GetRequiredPackages(  # noqa: N802
        self, request: language_pb2.GetRequiredPackagesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPackagesResponse:
        """Ask for nothing ahead: providers are found when a resource needs one. The run follows, so warm up for it."""
        self._programs.warm(request.info)
        return language_pb2.GetRequiredPackagesResponse()

    def GetRequiredPlugins(  # noqa: N802
        self, request: language_pb2.GetRequiredPluginsRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPluginsResponse:
        """Answer older engines the same."""
        return language_pb2.GetRequiredPluginsResponse()

    def Run(  # noqa: N802
        self, request: language_pb2.RunRequest, context: grpc.ServicerContext
    ) -> language_pb2.RunResponse:
        """Run a program; if the engine gives up, so does the program."""
        context.add_callback(lambda: self._children.end_all(final=False))
        return self._programs.run(request)

    def RunPlugin(  # noqa: N802
        self, request: language_pb2.RunPluginRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.RunPluginResponse]:
        """Run a policy pack or component plugin, streaming what it prints."""
        try:
            yield from plugins.run(request, self._children, context)
        except (interpreter.MissingVirtualenvError, OSError) as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))

    def InstallDependencies(  # noqa: N802
        self, request: language_pb2.InstallDependenciesRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.InstallDependenciesResponse]:
        """Make the virtual environment that the options name, and install requirements.txt into it."""
        yield from dependencies.install(request.info, self._children, context)

    def About(  # noqa: N802
        self, request: language_pb2.AboutRequest, context: grpc.ServicerContext
    ) -> language_pb2.AboutResponse:
        """Say which interpreter runs the program."""
        return language_pb2.AboutResponse(
            executable=str(self._interpreter(request.info, context)),
            version=platform.python_version(),
            metadata={"host": "headgate"},
        )

    def GetProgramDependencies(  # noqa: N802
        self, request: language_pb2.GetProgramDependenciesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetProgramDependenciesResponse:
        """List the distributions that the program's interpreter has."""
        python = self._interpreter(request.info, context)
        wanted = ["--all"] if request.transitiveDependencies else []
        code, out, err = plugins.output_of([str(python), "-P", str(_INVENTORY), *wanted], self._children)
        if code:
            context.abort(grpc.StatusCode.INTERNAL, err.decode(errors="replace"))
        rows = [language_pb2.DependencyInfo(name=name, version=version) for name, version in json.loads(out)]
        return language_pb2.GetProgramDependenciesResponse(dependencies=rows)

    def RuntimeOptionsPrompts(  # noqa: N802
        self, request: language_pb2.RuntimeOptionsRequest, context: grpc.ServicerContext
    ) -> language_pb2.RuntimeOptionsResponse:
        """Ask nothing on `pulumi new`."""
        return language_pb2.RuntimeOptionsResponse()

    def Template(  # noqa: N802
        self, request: language_pb2.TemplateRequest, context: grpc.ServicerContext
    ) -> language_pb2.TemplateResponse:
        """Leave a new project as its template made it."""
        return language_pb2.TemplateResponse()

    def Cancel(self, request: Empty, context: grpc.ServicerContext) -> Empty:  # noqa: N802
        """End what runs: the engine is about to end this host."""
        self._children.end_all(final=True)
        return Empty()

    def _interpreter(self, info: language_pb2.ProgramInfo, context: grpc.ServicerContext) -> Path:
        """Return the program's interpreter, or fail the call with what to do."""
        try:
            return interpreter.of(info)
        except interpreter.MissingVirtualenvError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
            raise
