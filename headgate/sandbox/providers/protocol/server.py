"""Starts a provider the way the engine expects: the port on standard output, then serve until told to end.

Owns the process: threads, signals, and ending with the engine that started it.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from headgate.ending import told_to_end

# The engine sends as many calls at once as `--parallel` allows, and each may wait for minutes.
WORKERS = 128
MAX_MESSAGE = 1024 * 1024 * 400
_PARENT_CHECK_SECONDS = 1.0


def start(servicer: provider_pb2_grpc.ResourceProviderServicer, workers: int = WORKERS) -> tuple[grpc.Server, int]:
    """Start serving on a free loopback port and return the server with that port."""
    server = grpc.server(
        ThreadPoolExecutor(workers, thread_name_prefix="provider"),
        options=[("grpc.max_receive_message_length", MAX_MESSAGE), ("grpc.max_send_message_length", -1)],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def serve(
    make: Callable[[str | None], provider_pb2_grpc.ResourceProviderServicer], arguments: list[str] | None = None
) -> None:
    """Serve the provider that `make(engine_address)` returns until a signal, or until the engine is gone."""
    arguments = sys.argv[1:] if arguments is None else arguments
    positional = [item for item in arguments if not item.startswith("-")]
    parent, ended = os.getppid(), threading.Event()
    told_to_end(ended.set)
    server, port = start(make(positional[0] if positional else None))
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while not ended.wait(_PARENT_CHECK_SECONDS):
        if os.getppid() != parent:  # the engine was killed: nobody will ever call again
            break
    server.stop(grace=None).wait(timeout=5)
    # Threads inside long calls must not keep the process after its engine.
    os._exit(0)
