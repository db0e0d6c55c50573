"""A transport whose wire is a script of answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import urllib3

from headgate.model import Endpoint
from headgate.model.credentials import Credentials
from headgate.model.transport import Transport

Handler = Callable[["Call"], urllib3.HTTPResponse]


class Call:
    """One request as it went out."""

    def __init__(self, host: str, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> None:
        self.host, self.method, self.target, self.headers, self.body = host, method, target, headers, body


def answer(status: int, body: bytes = b"", **headers: str) -> urllib3.HTTPResponse:
    """Return a response."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return urllib3.HTTPResponse(body=body, status=status, headers=named, preload_content=False)


class ScriptedTransport(Transport):
    """A transport whose pools are a function."""

    def __init__(self, handler: Handler, credentials: Credentials = Credentials()) -> None:  # noqa: B008 - immutable
        self.calls: list[Call] = []
        self.pauses: list[float] = []
        super().__init__("reg.example", Endpoint, credentials, sleep=self.pauses.append)
        self._handler = handler

    def _pool(self, endpoint: Endpoint, name: str) -> Any:
        transport = self

        class Pool:
            """Answers by the script."""

            def urlopen(self, method: str, target: str, **sent: Any) -> urllib3.HTTPResponse:
                """Record a call and answer it."""
                transport.calls.append(Call(name, method, target, sent["headers"], sent["body"]))
                return transport._handler(transport.calls[-1])

        return Pool()


@pytest.fixture
def scripted() -> type[ScriptedTransport]:
    """Return the transport's class: its handler answers each call."""
    return ScriptedTransport


@pytest.fixture
def reply() -> Callable[..., urllib3.HTTPResponse]:
    """Return the maker of answers."""
    return answer
