"""Run one Pulumi program for the host. Run as a file by the program's own interpreter, which need not have Headgate.

The request comes as one line of JSON on stdin, so configuration with secrets is never in an argument or in the
environment. The pipe stays open: when it closes, the host or the engine is gone, and this process ends at once.
Starts before the request is there, so the SDK is imported while the engine still prepares.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import logging
import os
import runpy
import signal
import sys
import threading
import traceback
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

# The engine has been told what went wrong: the host answers `bail`, and nothing is said twice.
SHOWN = 32


def main() -> int:
    """Import the SDK, wait for the request, run it."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(SHOWN))
    signal.signal(signal.SIGTERM, lambda *_: os._exit(SHOWN))
    # SDKs are hundreds of thousands of lines of classes that stay: there is little garbage to collect while they load.
    gc.set_threshold(200_000, 50, 100)
    import pulumi  # the slow part, on purpose before the request is read

    line = sys.stdin.readline()
    if not line:
        return SHOWN
    threading.Thread(target=_end_with_host, daemon=True).start()
    request = json.loads(line)
    os.chdir(request["pwd"])
    sys.argv = [request["program"], *request["args"]]
    _configure(request)
    try:
        _run(request)
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
    except BaseException as error:
        if isinstance(error, SystemExit):
            raise
        if _engine_is_gone(error):
            return SHOWN
        pulumi.log.error(explain(error, Path(request["program"])))
    else:
        return 0
    finally:
        _tell_the_rest()
        sys.stdout.flush()
        sys.stderr.flush()
    return SHOWN


def explain(error: BaseException, program: Path) -> str:
    """Return what a person reads: an error made for people as its message, any other with its traceback.

    The traceback begins in the program: frames of runpy, asyncio and the SDK above it say nothing.
    """
    if type(error).__module__ == "headgate.errors":
        return str(error)
    start = _first_frame_in(error.__traceback__, program.resolve())
    lines = traceback.format_exception(type(error), error, start or error.__traceback__)
    return "Program failed with an unhandled exception:\n" + "".join(lines)


def _first_frame_in(trace: TracebackType | None, program: Path) -> TracebackType | None:
    """Return the part of a traceback that begins in the program's folder."""
    root = program if program.is_dir() else program.parent
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename).is_relative_to(root):
            return trace
        trace = trace.tb_next
    return None


def _configure(request: dict[str, Any]) -> None:
    """Connect the SDK to the engine."""
    from pulumi.runtime import reset_options, set_all_config

    _leave_former_types()
    _leave_frames_of_the_host()
    engine: Any = _Engine(request["engine"])
    reset_options(
        project=request["project"],
        stack=request["stack"],
        organization=request["organization"],
        monitor_address=request["monitor"],
        engine_address=engine,
        parallel=request["parallel"],
        preview=request["dry_run"],
    )
    set_all_config(request["config"], request["secret_keys"])


class _Engine:
    """The engine's service, which does not keep a program waiting for its debug messages.

    The SDK tells each step of each resource as one, and waits until it has arrived: seconds of a large program.
    """

    def __init__(self, address: str) -> None:
        import grpc
        from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
        from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

        self._debug = engine_pb2.DEBUG
        self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address, options=_GRPC_CHANNEL_OPTIONS))
        self._under_way: deque[Any] = deque()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stub, name)

    def Log(self, request: Any) -> Any:  # noqa: N802  the service's own name
        """Send a message; wait for it, and for all before it, unless it is one of debugging."""
        if request.severity == self._debug:
            self._under_way.append(self._stub.Log.future(request))
            return None
        self.flush()
        return self._stub.Log(request)

    def flush(self) -> None:
        """Wait until every message has arrived."""
        while self._under_way:
            self._under_way.popleft().result()


def _tell_the_rest() -> None:
    """Wait until the messages of a program have arrived; an engine that is gone reads none."""
    from pulumi.runtime.settings import get_engine

    engine = get_engine()
    if isinstance(engine, _Engine):
        with suppress(Exception):
            engine.flush()


def _leave_former_types() -> None:
    """Work out no URN of a former type or name for an engine that works them out itself.

    A cluster's type has two hundred former ones. The SDK makes a URN of each when a resource is made, and reads them
    only for an engine without alias specs.
    """
    from pulumi.runtime.proto import resource_pb2
    from pulumi.runtime.settings import monitor_supports_feature

    resource_module: Any = importlib.import_module("pulumi.resource")
    to_urn = resource_module.collapse_alias_to_urn

    def leave(alias: Any, *of: Any) -> Any:
        if monitor_supports_feature(resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS):
            return alias
        return to_urn(alias, *of)

    resource_module.collapse_alias_to_urn = leave


def _leave_frames_of_the_host() -> None:
    """End the trace that the state keeps of each resource where the program begins.

    Below that it is this file, runpy and asyncio: most of each trace, and where this machine has its Python.
    """
    runtime: Any = importlib.import_module("pulumi.runtime.resource")
    whole, here = runtime._get_stack_trace, Path(__file__).as_uri()

    def of_the_program() -> Any:
        trace = whole()
        end = next((at for at, frame in enumerate(trace.frames) if frame.pc.uri == here), len(trace.frames))
        while end and not trace.frames[end - 1].pc.uri:
            end -= 1
        del trace.frames[end:]
        return trace

    runtime._get_stack_trace = of_the_program


def _run(request: dict[str, Any]) -> None:
    """Run the program to the end of all its resources."""
    from pulumi.runtime import run_in_stack

    def program() -> None:
        runpy.run_path(request["program"], run_name="__main__")

    # The SDK leaves tasks unobserved on the way out of a failure; asyncio would print them over the real message.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # An engine without a limit asks for a very large number; four threads for each resource under way are plenty.
    loop.set_default_executor(ThreadPoolExecutor(max_workers=min(max(request["parallel"], 1), 64) * 4))
    try:
        loop.run_until_complete(run_in_stack(program))
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                loop.run_until_complete(task)
        loop.close()


def _engine_is_gone(error: BaseException) -> bool:
    """Whether an error only says that the engine stopped listening: it has its own message for why."""
    import grpc

    return isinstance(error, grpc.RpcError) and error.code() == grpc.StatusCode.UNAVAILABLE


def _end_with_host() -> None:
    """Wait for the pipe to close, then end."""
    sys.stdin.read()
    os._exit(SHOWN)


if __name__ == "__main__":
    sys.exit(main())
