"""An event hub as a source, by Azure's own client (AMQP): its REST interface can only be written to.

Needs `pip install 'headgate[azure]'`, and the role Azure Event Hubs Data Receiver or a connection string that may
listen.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from headgate.audit.collector.consumer import Message, Take
from headgate.audit.stream.address import Address
from headgate.audit.stream.credential import Credential
from headgate.errors import HeadgateError

# As far back as the hub has messages.
_BEGINNING = "-1"
_WAIT_SECONDS = 5.0


class AzureHub:
    """A hub of Azure Event Hubs; `client` is Azure's `EventHubConsumerClient`."""

    def __init__(self, address: str, client: Any) -> None:
        """Take the client; nothing is received yet."""
        self._address, self._client = address, client
        self._error: BaseException | None = None
        self._once = threading.Lock()

    @classmethod
    def of(cls, address: Address, group: str, credential: Credential) -> AzureHub:
        """Connect with a connection string where there is one, else as whoever the environment says."""
        try:
            from azure.eventhub import EventHubConsumerClient
            from azure.identity import DefaultAzureCredential
        except ImportError as error:
            raise HeadgateError(
                "the event hub can't be read",
                where=str(address),
                found="a Headgate without Azure's libraries",
                expected="azure-eventhub and azure-identity",
                fix="pip install 'headgate[azure]'",
            ) from error
        hub, given = address.path[1:], credential.read()
        if given is None:
            client = EventHubConsumerClient(address.host, hub, group, DefaultAzureCredential())
        else:
            if f"sb://{address.host}/" not in given:
                raise credential.unusable(f"no connection string of the namespace of {address}")
            try:
                client = EventHubConsumerClient.from_connection_string(given, group, eventhub_name=hub)
            except ValueError as error:
                raise credential.unusable(f"no connection string for {address}") from error
        return cls(str(address), client)

    def receive(self, after: dict[str, int], take: Take) -> None:
        """Hand on what comes until `close`. Whatever goes wrong ends it: positions are a file's, not the hub's."""

        def on_batch(partition: Any, events: Sequence[Any]) -> None:
            messages = [Message(each.sequence_number, each.body_as_str().encode()) for each in events]
            try:
                take(partition.partition_id, messages)
            except BaseException as error:
                self._fail(error)
                raise

        start: dict[str, Any] = {name: after.get(name, _BEGINNING) for name in self._client.get_partition_ids()}
        self._client.receive_batch(
            on_event_batch=on_batch,
            on_error=lambda _partition, error: self._fail(error),
            starting_position=start,
            max_wait_time=_WAIT_SECONDS,
        )
        if self._error is not None:
            raise self._told(self._error)

    def _fail(self, error: BaseException) -> None:
        """Keep the first error, and end: a client that began anew would skip nothing, but wait for nobody either."""
        with self._once:
            if self._error is not None:
                return
            self._error = error
        self.close()

    def close(self) -> None:
        """Stop receiving; a thread of the client's can't wait for itself."""
        threading.Thread(target=self._client.close, daemon=True).start()

    def _told(self, error: BaseException) -> BaseException:
        """Return what went wrong in our words, unless they are ours already."""
        if isinstance(error, HeadgateError):
            return error
        return HeadgateError(
            "the event hub can't be read",
            where=self._address,
            found=(str(error).strip().splitlines() or [type(error).__name__])[0][:200],
            expected="a hub that you may listen to (role Azure Event Hubs Data Receiver)",
            fix="run the command again: it goes on where it stopped",
        )
