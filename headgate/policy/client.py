"""The community's OPA client, `opa_client`, over the unix socket of a run's own OPA.

The client knows OPA's API: readiness, a rule's question with its parameters, the token, timeouts. What it leaves to its
user is here: it has no unix socket, it believes the shell's proxies and netrc (whose password would take the token's
place), it does not repeat a POST whose connection broke, and it does not say why OPA refused.
"""

from __future__ import annotations

import importlib
import importlib.util
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

from headgate.policy import opa

# An error inside a rule is an error of the decision, not one finding fewer.
_PARAMETERS = {"strict-builtin-errors": "true"}


def _client() -> Any:
    """Return the client's class, past its package's front door.

    That imports the asynchronous client too, and with it aiohttp: three quarters of what asking a first question costs.
    """
    there = "opa_client" in sys.modules
    if not there and (spec := importlib.util.find_spec("opa_client")):
        sys.modules["opa_client"] = importlib.util.module_from_spec(spec)
    try:
        return importlib.import_module("opa_client.opa").OpaClient
    finally:
        # Whoever imports the package finds it whole.
        if not there:
            del sys.modules["opa_client"]


if TYPE_CHECKING:
    from opa_client.opa import OpaClient
else:
    OpaClient = _client()


class Asker:
    """Asks one OPA for decisions; safe for several threads. A context manager."""

    def __init__(self, path: Path, token: str, timeout: float) -> None:
        self._client: Any = _SocketClient(path, token, timeout)

    def ready(self) -> bool:
        """Say whether OPA is up."""
        return bool(self._client.check_health())

    def ask(self, run: Mapping[str, Any], query: str = opa.QUERY) -> dict[str, Any]:
        """Return the decision document over a run; raises rather than guess, an OSError where nobody answers."""
        try:
            answer = self._once_more(run, query)
        except requests.HTTPError as error:
            raise opa.unavailable(_cause(error)) from error
        except requests.JSONDecodeError as error:
            raise opa.unavailable("OPA answered with what is no JSON") from error
        except requests.exceptions.InvalidJSONError as error:
            raise opa.unavailable(f"the question can't be put in JSON: {error}") from error
        except requests.Timeout as error:
            raise opa.slow(self._client.timeout) from error
        if not isinstance(answer, dict) or "result" not in answer:
            raise opa.unavailable(f"no decision: the entry point {query} is undefined")
        return opa.checked(answer["result"])

    def _once_more(self, run: Mapping[str, Any], query: str) -> Any:
        """Ask, and once more where the connection had gone: a question changes nothing. Not where OPA was slow."""
        _, package, rule = query.split(".")
        try:
            return self._client.query_rule(run, package, rule, query_params=_PARAMETERS)
        except requests.ConnectionError:
            return self._client.query_rule(run, package, rule, query_params=_PARAMETERS)

    def close(self) -> None:
        """Close its connections; safe to call twice."""
        self._client.close_connection()


def _cause(error: requests.HTTPError) -> str:
    """Return why OPA refused, in its own words; the client's exception has the status alone."""
    if error.response is None:
        return str(error)
    try:
        said = error.response.json()
        causes = [opa.told(each) for each in said.get("errors") or []]
        return "; ".join(causes) or str(said["message"])
    except (ValueError, KeyError, AttributeError, TypeError):
        return f"HTTP {error.response.status_code} and no decision"


class _SocketClient(OpaClient):  # type: ignore[misc]  # the client has no types
    """The client with a session of our own: over a unix socket, and deaf to the shell's proxies and netrc."""

    def __init__(self, path: Path, token: str, timeout: float) -> None:
        self._path = str(path)
        super().__init__(token=token, retries=0, timeout=timeout)

    def _init_session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.headers.update(self.headers)
        session.mount("http://", _SocketAdapter(self._path))
        return session


class _SocketAdapter(HTTPAdapter):
    """Leads every request of a session into one unix socket."""

    def __init__(self, path: str) -> None:
        self._pool = _SocketPool(path)
        super().__init__()

    def get_connection_with_tls_context(self, *_: Any, **__: Any) -> urllib3.HTTPConnectionPool:
        """Return the socket's pool, whatever host the URL names."""
        return self._pool

    def close(self) -> None:
        """Close the pool with the rest."""
        self._pool.close()
        super().close()


class _SocketPool(urllib3.HTTPConnectionPool):
    """Connections to one unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", maxsize=16)
        self._path = path

    def _new_conn(self) -> _SocketConnection:
        return _SocketConnection(self._path)


class _SocketConnection(urllib3.connection.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
