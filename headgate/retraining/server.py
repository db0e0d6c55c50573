"""The receiver's HTTP: who may call, which path takes which form, and what is answered so that callers try again.

401 without the token, 400 for what is no such call, 404 where no pipeline is asked for, 503 while the API server or the
ledger does not answer: Alertmanager and Event Grid then call again. Runs in the cluster, as the program of its image.
"""

from __future__ import annotations

import argparse
import datetime
import hmac
import json
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import urllib3

from headgate.retraining.cluster import NamespacedCluster
from headgate.retraining.receiver import ConflictError, Outcome, Receiver
from headgate.retraining.triggers import alerts_of, arrivals_of, azure_alerts_of, validation_of

MOST_BYTES = 2**20
ALERTMANAGER, AZURE, DATA, HEALTH = "/v1/alertmanager", "/v1/azure-monitor", "/v1/data", "/healthz"
Answer = tuple[int, dict[str, Any]]


@dataclass(frozen=True)
class Calls:
    """What a call comes to, without a socket."""

    receiver: Receiver
    token: Callable[[], str]

    def answer(self, path: str, authorization: str, body: bytes) -> Answer:
        """Return status and document."""
        expected = self.token()
        if not expected or not hmac.compare_digest(authorization.encode(), f"Bearer {expected}".encode()):
            return 401, {"error": "the bearer token is missing or wrong"}
        try:
            return self._taken(path, json.loads(body))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            return 400, {"error": f"{type(error).__name__}: {error}"}
        except (OSError, urllib3.exceptions.HTTPError, ConflictError) as error:
            _say("not now", reason=str(error))
            return 503, {"error": "the API server or the ledger did not take it; call again"}

    def _taken(self, path: str, document: Any) -> Answer:
        if path == DATA and (code := validation_of(document)):
            return 200, {"validationResponse": code}
        if path == DATA:
            outcomes = self.receiver.arrived(arrivals_of(document))
        elif path in (ALERTMANAGER, AZURE):
            drifts = alerts_of(document) if path == ALERTMANAGER else azure_alerts_of(document)
            outcomes = self.receiver.drifted(drifts)
        else:
            return 404, {"error": f"no such path; there are {ALERTMANAGER}, {AZURE} and {DATA}"}
        for outcome in outcomes:
            _say(outcome.result, **outcome.as_json())
        return _status(outcomes), {"outcomes": [outcome.as_json() for outcome in outcomes]}


def _status(outcomes: list[Outcome]) -> int:
    """Return 404 where all that was asked for is unknown: nobody need call again for it."""
    return 404 if outcomes and all(outcome.result == "refused" for outcome in outcomes) else 200


def server(calls: Calls, address: str, port: int) -> ThreadingHTTPServer:
    """Return a listening server."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 30

        def do_GET(self) -> None:
            self._send((200, {"status": "ok"}) if self.path == HEALTH else (404, {"error": "no such path"}))

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length") or -1)
            if not 0 <= length <= MOST_BYTES:
                self.close_connection = True
                self._send((413, {"error": f"a call has a length of at most {MOST_BYTES} bytes"}))
                return
            shown = self.headers.get("authorization", "")
            self._send(calls.answer(self.path.partition("?")[0], shown, self.rfile.read(length)))

        def _send(self, answer: Answer) -> None:
            content = json.dumps(answer[1]).encode()
            self.send_response(answer[0])
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing: outcomes are said, and a request line may hold anything."""

    return ThreadingHTTPServer((address, port), Handler)


@dataclass(frozen=True)
class Ledger:
    """The audit collector: an entry that it does not take is no entry."""

    url: str
    token_file: Path
    ca: Path | None

    def record(self, entry: dict[str, Any]) -> None:
        """Have an entry kept."""
        authority = str(self.ca) if self.ca else None
        headers = {"authorization": f"Bearer {self.token_file.read_text().strip()}"}
        with urllib3.PoolManager(timeout=10.0, retries=False, ca_certs=authority) as pool:
            answer = pool.request("POST", self.url, body=json.dumps(entry).encode(), headers=headers)
        if answer.status >= 300:
            raise OSError(f"the ledger answers {answer.status}")


def main(argv: list[str] | None = None) -> None:
    """Take calls until told to stop."""
    given = _arguments(argv)
    ledger = Ledger(given.ledger, given.ledger_token_file, given.ledger_ca)
    receiver = Receiver(given.team, NamespacedCluster(given.namespace, given.credentials), ledger.record)
    host, _, port = given.listen.rpartition(":")
    running = server(Calls(receiver, lambda: given.token_file.read_text().strip()), host, int(port))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=running.shutdown).start())
    with running:
        running.serve_forever(poll_interval=0.2)


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="retraining-receiver", description=main.__doc__)
    parser.add_argument("--team", required=True, help="the team whose pipelines it starts")
    parser.add_argument("--namespace", required=True, help="the team's namespace")
    parser.add_argument("--listen", required=True, help="address and port; 0.0.0.0:8080 in a pod of its own")
    parser.add_argument("--token-file", type=Path, required=True, help="what callers must show")
    parser.add_argument("--ledger", required=True, help="where the audit collector takes entries (…/v1/entries)")
    parser.add_argument("--ledger-token-file", type=Path, required=True)
    parser.add_argument("--ledger-ca", type=Path, help="authority of the collector's certificate")
    parser.add_argument(
        "--credentials",
        type=Path,
        default=Path("/var/run/secrets/kubernetes.io/serviceaccount"),
        help="directory with token and ca.crt",
    )
    return parser.parse_args(argv)


def _say(message: str, **about: str) -> None:
    line = {"time": datetime.datetime.now(datetime.UTC).isoformat(), "message": message, **about}
    sys.stderr.write(json.dumps(line) + "\n")
    sys.stderr.flush()
