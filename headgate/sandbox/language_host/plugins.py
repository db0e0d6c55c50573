"""Runs policy packs and component plugins written in Python, and hands on what they print."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping
from typing import IO, NamedTuple

import grpc
from pulumi.runtime.proto import language_pb2

from headgate.sandbox.language_host import interpreter
from headgate.sandbox.language_host.children import Children

_BLOCK = 65536


class Piece(NamedTuple):
    """What a process printed, or how it ended."""

    stdout: bytes = b""
    stderr: bytes = b""
    exitcode: int | None = None


def command(request: language_pb2.RunPluginRequest) -> list[str]:
    """Return what runs a plugin: the SDK's pack runner for a policy pack, the folder itself for anything else."""
    info = request.info
    python = str(interpreter.of(info))
    if request.kind == "analyzer":
        return [python, "-u", "-m", "pulumi.policy", *request.args, info.program_directory]
    return [python, "-u", info.program_directory, *request.args]


def run(
    request: language_pb2.RunPluginRequest, children: Children, context: grpc.ServicerContext
) -> Iterator[language_pb2.RunPluginResponse]:
    """Run a plugin and yield its output as it comes, then its exit code."""
    env = dict(each.split("=", 1) for each in request.env if "=" in each)
    for piece in stream(command(request), children, context, cwd=request.pwd or None, env=env or None):
        if piece.exitcode is not None:
            yield language_pb2.RunPluginResponse(exitcode=piece.exitcode)
        elif piece.stdout:
            yield language_pb2.RunPluginResponse(stdout=piece.stdout)
        else:
            yield language_pb2.RunPluginResponse(stderr=piece.stderr)


def stream(
    argv: list[str],
    children: Children,
    context: grpc.ServicerContext,
    *,
    cwd: str | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[Piece]:
    """Run a process and yield what it prints. When the engine gives the call up, the process is ended.

    Ending by callback and not by the generator's close: gRPC closes a cancelled generator only after its next piece,
    and a plugin that serves prints nothing more.
    """
    child = children.start(argv, piped=True, cwd=cwd, env=env)
    context.add_callback(lambda: children.end(child))
    pieces: queue.SimpleQueue[Piece | None] = queue.SimpleQueue()
    streams = [("stdout", child.stdout), ("stderr", child.stderr)]
    for name, source in streams:
        if source is not None:
            threading.Thread(target=_read, args=(name, source, pieces), daemon=True).start()
    left = len(streams)
    while left:
        piece = pieces.get()
        if piece is None:
            left -= 1
        else:
            yield piece
    yield Piece(exitcode=child.wait())
    children.forget(child)


def output_of(argv: list[str], children: Children) -> tuple[int, bytes, bytes]:
    """Run a short program and return its exit code and output."""
    child = children.start(argv, piped=True)
    try:
        out, err = child.communicate()
    finally:
        children.end(child)
    return child.returncode, out, err


def _read(name: str, source: IO[bytes], pieces: queue.SimpleQueue[Piece | None]) -> None:
    """Put what a pipe gives into the queue as it comes, and None at its end."""
    with source:
        while data := source.read1(_BLOCK):  # type: ignore[attr-defined]
            pieces.put(Piece(**{name: data}))
    pieces.put(None)
