"""Asks a provider whether a resource exists, over the engine's own plugin protocol. Reads; never changes anything."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from headgate.errors import HeadgateError

_READ_SECONDS = 60
_END_SECONDS = 5


class ProviderClient:
    """A running and configured provider plugin."""

    def __init__(self, stub: Any) -> None:
        self._stub = stub

    def exists(self, urn: str, resource_id: str, inputs: Mapping[str, Any]) -> bool:
        """Whether the provider has a resource of this id."""
        import grpc
        from pulumi.runtime.proto import provider_pb2

        request = provider_pb2.ReadRequest(id=resource_id, urn=urn)
        request.inputs.update(dict(inputs))
        request.properties.update(dict(inputs))
        try:
            answer = self._stub.Read(request, timeout=_READ_SECONDS)
        except grpc.RpcError as error:
            raise HeadgateError(
                "the provider could not say whether a resource exists whose creation was cut off",
                where=urn,
                found=_told(error),
                fix="see that the sandbox runs (headgate sandbox status), then run the command again",
            ) from error
        return bool(answer.id)


@contextlib.contextmanager
def running(
    executable: Path, configuration: Mapping[str, Any], environment: Mapping[str, str]
) -> Iterator[ProviderClient]:
    """Start a provider plugin with the inputs of its provider resource; it ends with the context."""
    import grpc
    from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

    with subprocess.Popen(
        [executable], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(environment), start_new_session=True
    ) as child:
        try:
            port = child.stdout.readline().strip().decode() if child.stdout else ""
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                stub = provider_pb2_grpc.ResourceProviderStub(channel)
                request = provider_pb2.ConfigureRequest(acceptSecrets=True, acceptResources=True)
                request.args.update(dict(configuration))
                request.variables.update(
                    {f"config:{name}": value for name, value in configuration.items() if isinstance(value, str)}
                )
                stub.Configure(request, timeout=_READ_SECONDS)
                yield ProviderClient(stub)
        except grpc.RpcError as error:
            raise HeadgateError(
                "a provider could not be asked about a resource whose creation was cut off",
                where=str(executable),
                found=_told(error),
                fix="see that the sandbox runs (headgate sandbox status), then run the command again",
            ) from error
        finally:
            child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=_END_SECONDS)
            if child.poll() is None:
                child.kill()


def _told(error: Any) -> str:
    """Return the message of a failed call."""
    return str(error.details()) if hasattr(error, "details") else str(error)


def executable(home: Path, package: str) -> Path | None:
    """Return the installed plugin of a package."""
    found = sorted((home / "plugins").glob(f"resource-{package}-v*/pulumi-resource-{package}"))
    return found[-1] if found else None
