"""Entries as syslog messages (RFC 5424) over TLS (RFC 5425) or, on loopback, TCP (RFC 6587), framed by counting octets.

The protocol has no acknowledgement. What counts as one is that the receiver has read a batch to its end: each has a
connection, whose sender ends first. What a receiver read and then lost, nobody here learns.
"""

from __future__ import annotations

import base64
import fcntl
import os
import re
import socket
import ssl
import struct
import termios
import time
from collections.abc import Sequence

from headgate.audit.stream.address import Address
from headgate.audit.stream.credential import Certificates
from headgate.audit.stream.destination import UnavailableError
from headgate.audit.stream.http import untrusted
from headgate.audit.stream.record import Record

_LOG_AUDIT, _INFORMATIONAL = 13, 6
_PRIORITY = _LOG_AUDIT * 8 + _INFORMATIONAL
_NIL = "-"
_BOM = b"\xef\xbb\xbf"
# The number that RFC 5612 sets aside for those who have none of their own.
_ELEMENT = "headgate@32473"
_TIMEOUT = 30.0
# Syslog has no answers: what a receiver says is read and dropped.
_IGNORED = 4096
_POLL = 0.005
_FRACTION = re.compile(r"(\.\d{6})\d+")


def message_of(record: Record, host: str) -> bytes:
    """Return a record as a message: the entry is its text, as it was hashed."""
    time_of_it = _FRACTION.sub(r"\1", record.time) if record.time else _NIL
    header = f"<{_PRIORITY}>1 {time_of_it} {_name(host, 255)} headgate - {_name(record.named('kind'), 32)} "
    named = {name: record.named(name) for name in ("actor", "subject") if record.named(name)}
    ledger = {"origin": record.origin, "index": str(record.index), "hash": record.leaf.hex()}
    if record.text is None:
        return (header + _element(ledger | {"encoding": "base64"} | named) + " ").encode() + base64.b64encode(
            record.entry
        )
    return (header + _element(ledger | named) + " ").encode() + _BOM + record.entry


def _name(text: str, longest: int) -> str:
    """Return a header field: printable ASCII without spaces."""
    return "".join(one if "!" <= one <= "~" else "_" for one in text[:longest]) or _NIL


def _element(parameters: dict[str, str]) -> str:
    """Return the structured data; in a value three characters are escaped, and control characters have no place."""
    values = {
        key: re.sub(r'(["\\\]])', r"\\\1", "".join(one if one.isprintable() else "\ufffd" for one in value))
        for key, value in parameters.items()
    }
    return f"[{_ELEMENT} " + " ".join(f'{key}="{value}"' for key, value in values.items()) + "]"


class Syslog:
    """A syslog receiver."""

    most_bytes = 1024 * 1024

    def __init__(self, address: Address, certificates: Certificates) -> None:
        """Take where it is; nothing is sent yet."""
        self._address = address
        self._context = certificates.context() if address.is_encrypted else None
        self._host = socket.gethostname()

    def encode(self, record: Record) -> bytes:
        """Return a record as a message behind its length."""
        message = message_of(record, self._host)
        return f"{len(message)} ".encode() + message

    def send(self, messages: Sequence[bytes]) -> None:
        """Send a batch over a connection of its own, and wait until the receiver has read it to the end."""
        try:
            with self._connected() as connection:
                connection.sendall(b"".join(messages))
                _confirm(connection)
        except OSError as error:
            raise UnavailableError(error.strerror or str(error)) from error

    def _connected(self) -> socket.socket:
        """Return a connection, to the receiver that was meant."""
        plain = socket.create_connection((self._address.host, self._address.port), _TIMEOUT)
        if self._context is None:
            return plain
        try:
            return self._context.wrap_socket(plain, server_hostname=self._address.host)
        except ssl.SSLEOFError:
            raise
        except ssl.SSLError as error:
            raise untrusted(self._address, error) from error

    def close(self) -> None:
        """Let go of nothing: no connection outlives its batch."""


def _confirm(connection: socket.socket) -> None:
    """End this side, and wait for the receiver's end; an OSError says that it may not have read everything.

    A program that closes before it has read everything resets the connection, and what comes after its end is never
    confirmed. Under TLS the end is signed, too (`close_notify`, which RFC 5425, 4.4 asks of receivers): nobody on the
    way can feign it.
    """
    if isinstance(connection, ssl.SSLSocket):
        connection.unwrap()
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(_IGNORED):
        pass
    deadline = time.monotonic() + _TIMEOUT
    while _unconfirmed(connection) and time.monotonic() < deadline:
        error = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, f"it ended the connection before it had read everything: {os.strerror(error)}")
        time.sleep(_POLL)
    if _unconfirmed(connection):
        raise TimeoutError(f"it has not confirmed for {_TIMEOUT:g} seconds what was sent")


def _unconfirmed(connection: socket.socket) -> int:
    """Return how many bytes the receiver's TCP has not confirmed."""
    found: int = struct.unpack("i", fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4)))[0]
    return found
