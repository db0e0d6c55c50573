"""The host's process: serve on loopback, tell the engine the port, end with the engine."""

from __future__ import annotations

import os
import stat
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto import language_pb2_grpc

from headgate.ending import told_to_end
from headgate.sandbox.language_host.children import Children
from headgate.sandbox.language_host.service import LanguageHost

# The engine sends whole schemas in one message.
_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def serve(argv: list[str]) -> int:
    """Serve until SIGINT, SIGTERM, or the end of the engine."""
    engine = argv[-1] if argv else ""
    children, done = Children(), threading.Event()
    # Policy packs and plugins each hold a call for as long as they live, so the pool must not be small.
    server = grpc.server(ThreadPoolExecutor(64, thread_name_prefix="call"), options=_UNLIMITED)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageHost(engine, children), server)
    port = server.add_insecure_port("127.0.0.1:0")
    told_to_end(done.set)
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    _watch_engine(done)
    while not done.wait(3600):
        pass
    children.end_all(final=True)
    server.stop(grace=0.5).wait(2)
    sys.stdout.flush()
    # Threads of calls that the engine abandoned must not hold the exit up.
    os._exit(0)


def _watch_engine(done: threading.Event) -> None:
    """Set `done` when our stdin, a pipe from the engine, closes: the engine was killed. Without a pipe, don't watch."""
    if not stat.S_ISFIFO(os.fstat(0).st_mode):
        return

    def wait() -> None:
        while os.read(0, 4096):
            pass
        done.set()

    threading.Thread(target=wait, daemon=True).start()
