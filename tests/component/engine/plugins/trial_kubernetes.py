"""A provider that the engine takes for `kubernetes`, and that can be caught in the middle of an operation.

Keeps its objects as files under TRIAL_OBJECTS. While a file `halt-<when>-<operation>` lies there (`before-create`,
`after-create`, `before-update`, …), the operation touches `reached` at that point and never returns; with `pause-` in
place of `halt-` it goes on when the file is gone.
"""

# ruff: noqa: ANN001, ANN201, ANN202, N802, D102 - the protocol's own names, which say what they do

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

OBJECTS = Path(os.environ["TRIAL_OBJECTS"])


def _halt(when, operation):
    if (OBJECTS / f"halt-{when}-{operation}").exists():
        (OBJECTS / "reached").touch()
        time.sleep(600)
    pause = OBJECTS / f"pause-{when}-{operation}"
    while pause.exists():
        (OBJECTS / "reached").touch()
        time.sleep(0.05)


def _file(identity):
    return OBJECTS / (identity.replace("/", "~") + ".json")


def _struct(document):
    return json_format.ParseDict(document, struct_pb2.Struct())


class Trial(provider_pb2_grpc.ResourceProviderServicer):
    """Create, read, update and delete of files."""

    def Configure(self, request, context):
        return provider_pb2.ConfigureResponse(acceptSecrets=False, supportsPreview=True)

    def GetPluginInfo(self, request, context):
        return plugin_pb2.PluginInfo(version="4.34.2")

    def CheckConfig(self, request, context):
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request, context):
        return provider_pb2.DiffResponse()

    def Check(self, request, context):
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request, context):
        changed = json_format.MessageToDict(request.news).get("data") != json_format.MessageToDict(request.olds).get(
            "data"
        )
        kind = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=kind)

    def Create(self, request, context):
        document = json_format.MessageToDict(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=request.properties)
        metadata = document["metadata"]
        identity = f"{metadata['namespace']}/{metadata['name']}"
        _halt("before", "create")
        if _file(identity).exists():
            context.abort(grpc.StatusCode.ALREADY_EXISTS, f"{identity} exists already")
        _file(identity).write_text(json.dumps(document))
        _halt("after", "create")
        return provider_pb2.CreateResponse(id=identity, properties=request.properties)

    def Read(self, request, context):
        if not _file(request.id).exists():
            return provider_pb2.ReadResponse()
        properties = _struct(json.loads(_file(request.id).read_text()))
        return provider_pb2.ReadResponse(id=request.id, properties=properties, inputs=properties)

    def Update(self, request, context):
        if not request.preview:
            _halt("before", "update")
            _file(request.id).write_text(json.dumps(json_format.MessageToDict(request.news)))
            _halt("after", "update")
        return provider_pb2.UpdateResponse(properties=request.news)

    def Delete(self, request, context):
        _halt("before", "delete")
        _file(request.id).unlink(missing_ok=True)
        _halt("after", "delete")
        return empty_pb2.Empty()

    def Cancel(self, request, context):
        return empty_pb2.Empty()


server = grpc.server(ThreadPoolExecutor(8))
provider_pb2_grpc.add_ResourceProviderServicer_to_server(Trial(), server)
sys.stdout.write(f"{server.add_insecure_port('127.0.0.1:0')}\n")
sys.stdout.flush()
server.start()
while sys.stdin.read(1):  # the engine's pipe: its end is ours
    pass
os._exit(0)
