"""`headgate audit consume`: the audit of AKS clusters, from an event hub into the ledger."""

from __future__ import annotations

import signal
from pathlib import Path

import click

from headgate.cli.audit_options import FILE, ledger_option


@click.command()
@ledger_option
@click.option("--from", "source", required=True, help="The hub: eventhubs://NAMESPACE/HUB, no credentials in it.")
@click.option("--consumer-group", default="$Default", show_default=True, help="The hub's group for this ledger alone.")
@click.option("--credential-file", type=FILE, help="File of mode 0600 with a connection string that may listen.")
def consume(ledger: Path, source: str, consumer_group: str, credential_file: Path | None) -> None:
    """Take the Kubernetes audit of AKS clusters from the event hub of their diagnostic settings.

    What is kept is what the collector keeps of any API server's events. At least once, from where it stopped; how far
    it is stands in the ledger's folder, or beside the copy of its blobs. Without --credential-file and
    HEADGATE_STREAM_CREDENTIAL it asks as whoever `az login`, a managed identity or the environment says. Ends with 0 on
    SIGTERM, and with 2 where it can't go on.
    """
    from functools import partial

    from headgate.audit import record
    from headgate.audit.collector.consumer import Consumer
    from headgate.audit.collector.event_hub import AzureHub
    from headgate.audit.collector.positions import position_file
    from headgate.audit.place import own_folder
    from headgate.audit.stream.address import Address
    from headgate.audit.stream.credential import Credential

    address = Address.parse(source)
    if address.form != "eventhubs":
        raise click.BadParameter("eventhubs://NAMESPACE/HUB", param_hint="--from")
    name = f"{address}#{consumer_group}"
    with Consumer(position_file(own_folder(ledger), name), name, partial(record, ledger)) as consumer:
        hub = AzureHub.of(address, consumer_group, Credential(credential_file))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_signal: hub.close())
        hub.receive(consumer.after, consumer.take)
