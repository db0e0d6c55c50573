"""The forms in which an entry leaves: whole, checkable against the ledger, and as each specification has it."""

from __future__ import annotations

import base64
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from headgate.audit import Ledger, LedgerReader
from headgate.audit.canonical import canonical
from headgate.audit.merkle import leaf_hashes
from headgate.audit.stream.address import Address
from headgate.audit.stream.cloudevents import event_of
from headgate.audit.stream.credential import Certificates, Credential
from headgate.audit.stream.event_hubs import EventHubs, signature
from headgate.audit.stream.otlp import log_record_of, request_around
from headgate.audit.stream.record import Record, proven, record_of
from headgate.audit.stream.syslog import message_of
from headgate.errors import HeadgateError

pytestmark = pytest.mark.unit
ORIGIN = "example.com/ledger"
ENVELOPE = {
    "kind": "decision",
    "time": "2026-01-31T12:00:00.123456Z",
    "actor": "ci",
    "subject": "fraud-prod",
    "data": {"verdict": "deny", "of": [1, 2.5, "ü"]},
}
ENTRY = canonical(ENVELOPE)
HASH = leaf_hashes([ENTRY]).hex()


def record(entry: bytes = ENTRY, index: int = 7) -> Record:
    """Return an entry's record."""
    return record_of(ORIGIN, index, leaf_hashes([entry]), entry)


def test_a_cloud_event_is_the_entry_with_its_place_and_hash() -> None:
    """The whole event, and its data hashes to what the ledger proves."""
    event = event_of(record())

    assert event == {
        "specversion": "1.0",
        "id": "7",
        "source": "example.com/ledger",
        "type": "dev.headgate.audit.decision",
        "sequence": "00000000000000000007",
        "ledgerorigin": ORIGIN,
        "ledgerindex": "7",
        "ledgerhash": HASH,
        "time": "2026-01-31T12:00:00.123456Z",
        "subject": "fraud-prod",
        "datacontenttype": "application/json",
        "data": ENVELOPE,
    }
    assert leaf_hashes([canonical(json.loads(json.dumps(event))["data"])]).hex() == HASH


@pytest.mark.parametrize("entry", [b"\xff\x00", b'{"b":1, "a":2}', b"[1]", b""])
def test_what_is_no_canonical_json_is_sent_as_its_bytes(entry: bytes) -> None:
    """Written anew it would have another hash."""
    event = event_of(record(entry))

    assert event == {
        "specversion": "1.0",
        "id": "7",
        "source": "example.com/ledger",
        "type": "dev.headgate.audit.entry",
        "sequence": "00000000000000000007",
        "ledgerorigin": ORIGIN,
        "ledgerindex": "7",
        "ledgerhash": leaf_hashes([entry]).hex(),
        "datacontenttype": "application/octet-stream",
        "data_base64": base64.b64encode(entry).decode(),
    }


def test_attributes_hold_no_characters_that_the_specification_forbids() -> None:
    """A line break in a subject stays in the data alone; an origin becomes a URI reference."""
    entry = canonical({**ENVELOPE, "subject": "a\nb\x7fc\ufdd0d\U0001fffee", "time": "yesterday"})
    event = event_of(record_of("naïve ledger:1/x", 0, bytes(32), entry))

    assert event["subject"] == "a\ufffdb\ufffdc\ufffdd\ufffde"
    assert event["source"] == "na%C3%AFve%20ledger%3A1/x"
    assert "time" not in event


def test_a_log_record_is_the_entry_with_its_place_and_hash() -> None:
    """The whole record; 64-bit integers are text, and the body is the entry as it was hashed."""
    assert log_record_of(record()) == {
        "timeUnixNano": "1769860800123456000",
        "observedTimeUnixNano": "1769860800123456000",
        "severityNumber": 9,
        "severityText": "INFO",
        "eventName": "headgate.audit.decision",
        "body": {"stringValue": ENTRY.decode()},
        "attributes": [
            {"key": "headgate.ledger.origin", "value": {"stringValue": ORIGIN}},
            {"key": "headgate.ledger.index", "value": {"intValue": "7"}},
            {"key": "headgate.ledger.hash", "value": {"stringValue": HASH}},
            {"key": "headgate.kind", "value": {"stringValue": "decision"}},
            {"key": "headgate.actor", "value": {"stringValue": "ci"}},
            {"key": "headgate.subject", "value": {"stringValue": "fraud-prod"}},
        ],
    }


def test_a_request_of_logs_is_the_protocols_message() -> None:
    """OpenTelemetry's own definition reads it, and leaves no field over."""
    messages = [canonical(log_record_of(one)) for one in (record(), record(b"\xff\x00", 8))]
    request = json_format.Parse(request_around(b",".join(messages)), ExportLogsServiceRequest())
    (resource,) = request.resource_logs
    (scope,) = resource.scope_logs
    first, second = scope.log_records

    assert [(one.key, one.value.string_value) for one in resource.resource.attributes] == [("service.name", "headgate")]
    assert (scope.scope.name, scope.scope.version) == ("headgate.audit", version("headgate"))
    assert (first.time_unix_nano, first.body.string_value.encode()) == (1769860800123456000, ENTRY)
    assert (second.time_unix_nano, second.body.bytes_value) == (0, b"\xff\x00")
    assert second.attributes[1].value.int_value == 8


@pytest.mark.parametrize(
    ("time", "found"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000_000),
        ("1970-01-01T01:00:00.000000001+01:00", 1),
        ("2026-01-31T12:00:00.5-00:30", 1769862600_500000000),
        ("1969-12-31T23:59:59Z", None),
        ("2026-01-31", None),
    ],
)
def test_times_are_exact_to_the_nanosecond(time: str, found: int | None) -> None:
    """As entries carry them: offsets and up to nine digits; before 1970 there is no such number."""
    assert record(canonical({**ENVELOPE, "time": time})).nanoseconds == found


def test_a_syslog_message_is_the_entry_behind_its_header() -> None:
    """The whole message: log audit, informational, three characters escaped, UTF-8 marked as such."""
    entry = canonical({**ENVELOPE, "time": "2026-01-31T12:00:00.123456789Z", "subject": 'a"b]c\\d\ne'})
    escaped = 'a\\"b\\]c\\\\d\ufffde'

    assert message_of(record(entry), "gate 1") == (
        b"<110>1 2026-01-31T12:00:00.123456Z gate_1 headgate - decision "
        + f'[headgate@32473 origin="{ORIGIN}" index="7" hash="{leaf_hashes([entry]).hex()}" actor="ci" '.encode()
        + f'subject="{escaped}"] '.encode()
        + b"\xef\xbb\xbf"
        + entry
    )


def test_a_syslog_message_of_bytes_says_that_it_is_encoded() -> None:
    """Nothing is known of it but its place and hash."""
    entry = b"\xff\x00"

    assert (
        message_of(record(entry), "")
        == (
            f'<110>1 - - headgate - - [headgate@32473 origin="{ORIGIN}" index="7" hash="{leaf_hashes([entry]).hex()}" '
            f'encoding="base64"] {base64.b64encode(entry).decode()}'
        ).encode()
    )


def test_a_message_for_an_event_hub_is_the_event_under_the_ledgers_partition_key() -> None:
    """One ledger, one partition: a hub keeps order within one only."""
    hub = EventHubs(Address.parse("eventhubs://ns.servicebus.windows.net/audit"), Credential(), Certificates())
    message: dict[str, Any] = json.loads(hub.encode(record()))

    assert json.loads(message.pop("Body")) == event_of(record())
    assert message == {"BrokerProperties": {"PartitionKey": ORIGIN}}


def test_a_shared_access_signature_is_the_services() -> None:
    """Encoded resource and expiry, signed with the key: a value computed with openssl."""
    assert signature("https://ns.servicebus.windows.net/audit", "send", "c2VjcmV0", 1700000000) == (
        "SharedAccessSignature sr=https%3A%2F%2Fns.servicebus.windows.net%2Faudit"
        "&sig=u9F2d6a%2BJkxS79Zi1VDokKHhPYZu%2Bcrv93qU0lBH2Rs%3D&se=1700000000&skn=send"
    )


def ledger_of(root: Path, count: int) -> Path:
    """Begin a ledger of so many entries."""
    with Ledger(root, origin=ORIGIN) as ledger:
        ledger.append([b'{"n":%d}' % number for number in range(count)])
    return root


@pytest.mark.parametrize(("count", "start"), [(0, 0), (1, 0), (256, 0), (700, 0), (700, 255), (700, 699), (700, 700)])
def test_pages_are_the_entries_from_a_place_on_with_their_hashes(tmp_path: Path, count: int, start: int) -> None:
    """Across full and partial tiles, none left out and none twice."""
    pages = list(proven(LedgerReader(ledger_of(tmp_path / "l", count)), start))
    found = [one for page in pages for one in page]

    assert [(one.index, one.entry) for one in found] == [(n, b'{"n":%d}' % n) for n in range(start, count)]
    assert [one.leaf for one in found] == [leaf_hashes([one.entry]) for one in found]
    assert {one.origin for one in found} <= {ORIGIN}


def test_an_entry_that_was_changed_does_not_leave(tmp_path: Path) -> None:
    """The pages before it do; it is named."""
    root = ledger_of(tmp_path / "l", 700)
    bundle = root / "tile" / "entries" / "001"
    bundle.chmod(0o600)
    bundle.write_bytes(bundle.read_bytes().replace(b'{"n":300}', b'{"n":301}'))
    pages = proven(LedgerReader(root), 0)

    assert next(pages)[-1].index == 255
    with pytest.raises(HeadgateError, match="does not prove") as raised:
        next(pages)
    assert raised.value.found == "entry 300 is not the one that was appended"


@pytest.mark.parametrize("number", ["001", "002.p/188"])
def test_an_entry_that_was_changed_with_its_hash_does_not_leave(tmp_path: Path, number: str) -> None:
    """The tile that agrees with it does not lead to the signed root, whether it is full or the last."""
    root = ledger_of(tmp_path / "l", 700)
    bundle, tile = root / "tile" / "entries" / number, root / "tile" / "0" / number
    entries = [one.entry for page in proven(LedgerReader(root), 0) for one in page]
    first = 256 if number == "001" else 512
    changed = [b'{"n":0}', *entries[first + 1 : first + 256]]
    for path, content in (
        (bundle, b"".join(len(one).to_bytes(2, "big") + one for one in changed)),
        (tile, leaf_hashes(changed)),
    ):
        path.chmod(0o600)
        path.write_bytes(content)

    with pytest.raises(HeadgateError, match="the ledger is damaged") as raised:
        list(proven(LedgerReader(root), first))
    assert "the signed root" in str(raised.value.found)
