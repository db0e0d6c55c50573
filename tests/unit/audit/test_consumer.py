"""The audit of AKS from an event hub, which is simulated here: nothing is lost, and it goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from headgate.audit import LedgerReader, record
from headgate.audit.collector.azure_logs import envelopes_of_message
from headgate.audit.collector.consumer import Consumer, Message, Take
from headgate.audit.collector.event_hub import AzureHub
from headgate.audit.collector.positions import position_file
from headgate.errors import HeadgateError

pytestmark = pytest.mark.unit
SOURCE = "eventhubs://ns.servicebus.windows.net:443/audit#$Default"
CLUSTER = "/SUBSCRIPTIONS/0/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/AKS-PROD-UAENORTH"


def message(number: int, *names: str, category: str = "kube-audit", log: str | None = None) -> Message:
    """Return what diagnostic settings send of writes to deployments of these names."""
    records = [
        {
            "time": "2026-01-31T12:00:00Z",
            "category": category,
            "resourceId": CLUSTER,
            "properties": {"log": log or json.dumps(event(name)), "pod": "kube-apiserver-0"},
        }
        for name in names
    ]
    return Message(number, json.dumps({"records": records}).encode())


def event(name: str) -> dict[str, Any]:
    """Return a person's finished write."""
    return {
        "kind": "Event",
        "stage": "ResponseComplete",
        "auditID": name,
        "verb": "create",
        "user": {"username": "alice"},
        "objectRef": {"resource": "deployments", "namespace": "fraud", "name": name},
        "responseStatus": {"code": 201},
        "requestReceivedTimestamp": "2026-01-31T12:00:00.000000Z",
    }


class SimulatedHub:
    """An event hub with partitions in memory, which hands on in batches of two, and dies when it is told to."""

    def __init__(self, **partitions: list[Message]) -> None:
        self.partitions = partitions

    def receive(self, after: dict[str, int], take: Take) -> None:
        """Hand on everything behind the numbers."""
        for name, messages in self.partitions.items():
            rest = [one for one in messages if one.number > after.get(name, -1)]
            for start in range(0, len(rest), 2):
                take(name, rest[start : start + 2])


def names(ledger: Path) -> list[str]:
    """Return which writes are in a ledger."""
    reader = LedgerReader(ledger)
    return [str(reader.document(entry)["data"].get("audit_id")) for _, entry in reader.entries()]


def run(ledger: Path, hub: SimulatedHub, fails_at: int = -1) -> None:
    """Consume all of a hub; the process dies when an entry of that number is durable and not yet noted."""

    def keep(documents: Sequence[dict[str, Any]]) -> None:
        if record(ledger, documents).stop > fails_at > -1:
            raise KeyboardInterrupt

    with Consumer(position_file(ledger, SOURCE), SOURCE, keep) as consumer:
        hub.receive(consumer.after, consumer.take)


def test_a_record_is_what_an_api_server_s_webhook_would_have_sent() -> None:
    """The cluster is the resource's name; what is no audit, and what concerns no policy, is left out."""
    (found,) = envelopes_of_message(message(0, "scorer").body)

    assert (found["kind"], found["actor"]) == ("kubernetes", "alice")
    assert found["subject"] == "aks-prod-uaenorth create deployments fraud/scorer"
    assert envelopes_of_message(message(0, "scorer", category="kube-apiserver").body) == []


@pytest.mark.parametrize(
    ("body", "source"),
    [
        (b"no json", "event-hub"),
        (b'{"records": 7}', "event-hub"),
        (b'{"records": ["text"]}', "event-hub"),
        (message(0, "a", log='{"cut off').body, "aks-prod-uaenorth"),
    ],
)
def test_a_message_that_can_t_be_read_is_kept_without_its_payload(body: bytes, source: str) -> None:
    """The hub would hand it on for ever, and whoever comes behind it would wait."""
    (found,) = envelopes_of_message(body)

    assert (found["subject"], found["data"]["payload"]) == (source, "withheld")


def test_it_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """Each partition by itself; what came meanwhile is taken, what was taken is not taken again."""
    hub = SimulatedHub(a=[message(5, "a5"), message(6, "a6", "a6b")], b=[message(1, "b1")])
    run(tmp_path, hub)
    hub.partitions["b"].append(message(2, "b2"))
    run(tmp_path, hub)

    assert names(tmp_path) == ["a5", "a6", "a6b", "b1", "b2"]


def test_a_death_before_the_position_is_noted_loses_nothing(tmp_path: Path) -> None:
    """What was durable comes twice: at least once, and each with its id."""
    hub = SimulatedHub(a=[message(number, f"a{number}") for number in range(5)])
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, hub, fails_at=3)
    run(tmp_path, hub)

    assert names(tmp_path) == ["a0", "a1", "a2", "a3", "a2", "a3", "a4"]


def test_two_consumers_of_one_source_are_refused(tmp_path: Path) -> None:
    """And so are positions of another one."""
    path = position_file(tmp_path, SOURCE)
    with Consumer(path, SOURCE, lambda _documents: None) as held:
        held.take("a", [message(1, "x")])
        with pytest.raises(HeadgateError):
            Consumer(path, SOURCE, lambda _documents: None)
    with pytest.raises(HeadgateError, match="can't be read"):
        Consumer(path, "another", lambda _documents: None)


class SimulatedClient:
    """What is used of Azure's `EventHubConsumerClient`."""

    def __init__(self, *bodies: str) -> None:
        self.bodies, self.asked = bodies, dict[str, Any]()

    def get_partition_ids(self) -> list[str]:
        """Return two partitions."""
        return ["0", "1"]

    def receive_batch(self, *, on_event_batch: Any, on_error: Any, **asked: Any) -> None:
        """Hand on what there is, as the client does: an error of the callback goes to `on_error`."""
        self.asked = asked
        events = [
            SimpleNamespace(sequence_number=number, body_as_str=lambda body=body: body)
            for number, body in enumerate(self.bodies, 8)
        ]
        partition = SimpleNamespace(partition_id="1")
        try:
            on_event_batch(partition, events)
        except Exception as error:
            on_error(partition, error)

    def close(self) -> None:
        """Hand on nothing more."""


def test_azure_s_client_is_asked_for_what_comes_behind_the_positions() -> None:
    """From the beginning of a partition that has none; a message is its number and its body."""
    client, found = SimulatedClient("one", "two"), dict[str, Any]()
    AzureHub("hub", client).receive({"1": 7}, lambda partition, messages: found.update({partition: messages}))

    assert client.asked["starting_position"] == {"0": "-1", "1": 7}
    assert found == {"1": [Message(8, b"one"), Message(9, b"two")]}


def test_a_ledger_that_takes_nothing_ends_the_consumer() -> None:
    """With the ledger's own words; what the client says is told as the hub's."""

    def refuse(_partition: str, _messages: Sequence[Message]) -> None:
        raise HeadgateError("the ledger can't be written")

    def fail(_partition: str, _messages: Sequence[Message]) -> None:
        raise OSError("connection lost\nand more")

    with pytest.raises(HeadgateError, match="the ledger can't be written"):
        AzureHub("hub", SimulatedClient("x")).receive({}, refuse)
    with pytest.raises(HeadgateError, match="the event hub can't be read") as error:
        AzureHub("hub", SimulatedClient("x")).receive({}, fail)
    assert error.value.found == "connection lost"
