"""`headgate audit stream`: the ledger's entries to a SIEM."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from headgate.cli.audit_options import FILE, json_option, key_option, ledger_option, reader_of
from headgate.errors import HeadgateError

if TYPE_CHECKING:
    from headgate.audit.stream.delivery import Progress

_PATIENCE = 60.0


@click.command()
@ledger_option
@key_option
@click.option("--to", required=True, help="Receiver: SCHEME://HOST[:PORT][/PATH], no credentials (schemes below).")
@click.option("--credential-file", type=FILE, help="File of mode 0600 with the receiver's token or connection string.")
@click.option("--ca", type=FILE, help="What verifies the receiver, if not the system's CAs.")
@click.option("--client-cert", type=FILE, help="Certificate to show to the receiver.")
@click.option("--client-key", type=FILE, help="Its key, a file of mode 0600.")
@click.option("--cursor", type=FILE, help="How far the receiver is.  [default: a file in the ledger's streams/]")
@click.option("--once", is_flag=True, help="Deliver what is published, and end.")
@click.option(
    "--retry-for", type=click.FloatRange(0), help="Seconds to wait for a receiver.  [default: 60 with --once, endless]"
)
@json_option
def stream(
    ledger: Path,
    key: Path | None,
    to: str,
    credential_file: Path | None,
    ca: Path | None,
    client_cert: Path | None,
    client_key: Path | None,
    cursor: Path | None,
    once: bool,
    retry_for: float | None,
    as_json: bool,
) -> None:
    """Deliver entries to a SIEM: at least once, in order, from where the receiver last acknowledged.

    \b
    cloudevents+https://HOST/PATH   CloudEvents 1.0, in batches
    otlp+https://HOST               OpenTelemetry logs, JSON, to /v1/logs
    syslog+tls://HOST               RFC 5424, octets counted
    eventhubs://NAMESPACE/HUB       Azure Event Hubs, its REST API
    cloudevents+http, otlp+http, syslog+tcp: to loopback only

    The credential is in --credential-file or HEADGATE_STREAM_CREDENTIAL. Ends with 0 once everything is delivered
    (--once) or on SIGTERM, and with 2 where it can't go on.
    """  # noqa: D301  `\b` is click's own mark: these lines stay as they are
    from headgate.audit.place import own_folder
    from headgate.audit.stream.address import Address
    from headgate.audit.stream.credential import Certificates, Credential
    from headgate.audit.stream.cursor import Cursor, cursor_file
    from headgate.audit.stream.delivery import Delivery
    from headgate.audit.stream.receivers import receiver_at
    from headgate.audit.stream.stop import Stop

    address = Address.parse(to)
    receiver = receiver_at(address, Credential(credential_file), Certificates(ca, client_cert, client_key))
    name, reader = str(address), reader_of(ledger, key)
    patience = _PATIENCE if once and retry_for is None else retry_for
    shown = _json if as_json else _Shown(once)
    with (
        Cursor(cursor or cursor_file(own_folder(ledger), name), name, reader.checkpoint.origin) as held,
        Stop() as stop,
    ):
        try:
            is_done = Delivery(ledger, reader.verifier, receiver, name, held, stop, shown, patience).run(
                follow=not once
            )
        finally:
            receiver.close()
    if once and not is_done:
        raise HeadgateError(
            "told to stop before everything was delivered",
            where=name,
            fix="run the command again: it goes on where it stopped",
        )


def _json(progress: Progress) -> None:
    """Print a line for a program."""
    click.echo(json.dumps(progress.as_json()))


class _Shown:
    """What a person sees: why it waits, and each time that nothing is left."""

    def __init__(self, once: bool) -> None:
        """Remember whether it goes on."""
        self._rest = "" if once else "; going on as entries are published"

    def __call__(self, progress: Progress) -> None:
        """Print a line where there is news."""
        if progress.reason is not None:
            click.echo(f"waits {progress.waits:g} s, {progress.lag} entries behind: {progress.reason}", err=True)
        elif not progress.lag:
            last = "no entries yet" if progress.delivered is None else f"delivered up to entry {progress.delivered}"
            click.echo(f"{last} to {progress.destination}{self._rest}")
