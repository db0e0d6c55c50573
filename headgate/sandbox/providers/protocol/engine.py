"""Messages to the engine: diagnostics and the short-lived status beside a resource.

Owns the connection to the engine. Losing a message never fails a resource.
"""

from __future__ import annotations

import threading
from typing import Final

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

DEBUG: Final = engine_pb2.DEBUG
INFO: Final = engine_pb2.INFO
WARNING: Final = engine_pb2.WARNING
ERROR: Final = engine_pb2.ERROR


class EngineLog:
    """Sends log lines to the engine at `address`; without an address they go nowhere."""

    def __init__(self, address: str | None) -> None:
        """Connect at the first message, not here: start-up time counts."""
        self._address = address
        self._lock = threading.Lock()
        self._channel: grpc.Channel | None = None
        self._stub: engine_pb2_grpc.EngineStub | None = None

    def attach(self, address: str) -> None:
        """Use another engine from now on."""
        with self._lock:
            self._disconnect()
            self._address = address

    def close(self) -> None:
        """Drop the connection; later messages go nowhere."""
        with self._lock:
            self._disconnect()
            self._address = None

    def _disconnect(self) -> None:
        if self._channel is not None:
            self._channel.close()
        self._channel = self._stub = None

    def status(self, urn: str, message: str) -> None:
        """Show what a resource waits for, until the next message replaces it."""
        self._send(INFO, urn, message, ephemeral=True)

    def info(self, urn: str, message: str) -> None:
        """Record a line that stays."""
        self._send(INFO, urn, message)

    def warning(self, urn: str, message: str) -> None:
        """Record a warning beside a resource."""
        self._send(WARNING, urn, message)

    def _send(
        self, severity: engine_pb2.LogSeverity.ValueType, urn: str, message: str, ephemeral: bool = False
    ) -> None:
        stub = self._connected()
        if stub is None:
            return
        request = engine_pb2.LogRequest(severity=severity, urn=urn, message=message, ephemeral=ephemeral)
        try:
            stub.Log(request, timeout=5)
        except (grpc.RpcError, ValueError):
            return  # the engine is leaving, or the channel was closed: what it can't hear it can't miss

    def _connected(self) -> engine_pb2_grpc.EngineStub | None:
        with self._lock:
            if self._stub is None and self._address:
                self._channel = grpc.insecure_channel(self._address)
                self._stub = engine_pb2_grpc.EngineStub(self._channel)
            return self._stub
