"""`pulumi install`: a program's virtual environment and requirements."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
from pulumi.runtime.proto import language_pb2

from headgate.sandbox.language_host import interpreter
from headgate.sandbox.language_host.children import Children
from headgate.sandbox.language_host.plugins import stream


def install(
    info: language_pb2.ProgramInfo, children: Children, context: grpc.ServicerContext
) -> Iterator[language_pb2.InstallDependenciesResponse]:
    """Run what is missing, step by step, and hand on what it prints."""
    for argv in steps(info):
        for piece in stream(argv, children, context, cwd=info.root_directory):
            if piece.exitcode:
                context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"{' '.join(argv[:4])} exited with {piece.exitcode}")
            yield language_pb2.InstallDependenciesResponse(stdout=piece.stdout, stderr=piece.stderr)


def steps(info: language_pb2.ProgramInfo) -> list[list[str]]:
    """Return the commands: make the virtual environment, install requirements.txt. Neither where it is not wanted."""
    commands: list[list[str]] = []
    folder = interpreter.virtualenv(info)
    python = str(folder / "bin" / "python") if folder else sys.executable
    if folder and not Path(python).exists():
        commands.append([sys.executable, "-m", "venv", str(folder)])
    requirements = next(
        (
            candidate
            for root in (info.program_directory, info.root_directory)
            if (candidate := Path(root, "requirements.txt")).is_file()
        ),
        None,
    )
    if requirements:
        commands.append([python, "-m", "pip", "install", "--disable-pip-version-check", "-r", str(requirements)])
    return commands
