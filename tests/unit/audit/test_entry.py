"""Entries: the envelope, what is masked, and what another's record becomes."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.audit import Entry
from headgate.audit.canonical import parse
from headgate.audit.entry import LARGEST_INLINE, encode, envelope, portable
from headgate.audit.mask import mask

pytestmark = pytest.mark.unit

WHOLE = {"kind": "decision", "time": "2026-01-31T12:00:00Z", "actor": "ci", "subject": "fraud-prod", "data": {"n": 1}}


def no_blob(_: bytes) -> str:
    """Fail: nothing here is large."""
    raise AssertionError("a payload was moved out")


def test_an_envelope_is_kept_as_it_is() -> None:
    """All five fields given, none changed."""
    assert envelope(WHOLE, "f.jsonl") == (WHOLE, True)
    assert parse(encode(WHOLE, no_blob)) == WHOLE


def test_missing_fields_are_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time, actor, subject and data may be left out."""
    monkeypatch.setenv("HEADGATE_ACTOR", "pipeline")
    found, is_envelope = envelope({"kind": "drill"}, "f.jsonl")

    assert is_envelope
    assert found | {"time": ""} == {"kind": "drill", "time": "", "actor": "pipeline", "subject": "", "data": None}


def test_another_record_is_kept_whole() -> None:
    """An object that is no envelope becomes the data of a `record`, named after its file."""
    found, is_envelope = envelope({"kind": "x", "extra": 1}, "f.jsonl")

    assert (found["kind"], found["subject"], found["data"]) == ("record", "f.jsonl", {"kind": "x", "extra": 1})
    assert not is_envelope


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([], "an array"),
        ("text", "a string"),
        (None, "null"),
        ({"kind": 1}, "`kind` is a string, not a number"),
        ({"kind": "Not A Word"}, "`kind` is 'Not A Word'"),
        ({"kind": "plan", "time": "yesterday"}, "`time` is 'yesterday'"),
        ({"kind": "plan", "time": "2026-02-30T00:00:00Z"}, "`time` is '2026-02-30T00:00:00Z'"),
        ({"kind": "plan", "time": "0001-01-01T00:00:00+14:00"}, "`time` is '0001-01-01T00:00:00"),
        ({"kind": "plan", "actor": None}, "`actor` is a string, not null"),
    ],
)
def test_what_is_no_entry_is_refused(document: Any, reason: str) -> None:
    """The reason names the field and what was found."""
    with pytest.raises(ValueError, match=reason):
        envelope(document, "f.jsonl")


def test_a_large_payload_is_moved_out() -> None:
    """Over the limit the entry carries hash and size in place of the data."""
    kept: list[bytes] = []

    def keep(content: bytes) -> str:
        kept.append(content)
        return "ab" * 32

    found = parse(encode({**WHOLE, "data": "y" * LARGEST_INLINE}, keep))

    assert "data" not in found
    assert found["blob"] == {"sha256": "ab" * 32, "size": LARGEST_INLINE + 2}
    assert kept == [b'"' + b"y" * LARGEST_INLINE + b'"']


def test_an_envelope_too_large_without_its_data_is_refused() -> None:
    """Only data is moved out: the rest is what one searches by."""
    with pytest.raises(ValueError, match="move text into `data`"):
        encode({**WHOLE, "subject": "s" * LARGEST_INLINE}, no_blob)


def nested(levels: int) -> Any:
    """Return a secret that far down."""
    value: Any = {"password": "hidden-below"}
    for _ in range(levels):
        value = {"n": [value]}
    return value


class Unreadable(dict[str, Any]):
    """A payload that tells its content in its error, as some libraries do."""

    def items(self) -> Any:
        """Fail."""
        raise RuntimeError("hidden-below")


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (nested(400), "nested too deeply to be masked"),
        (Unreadable(password="hidden-below"), "masking failed: RuntimeError"),
    ],
)
def test_a_payload_that_can_t_be_masked_is_withheld(payload: Any, reason: str) -> None:
    """The entry is kept with the reason, and never with the value: wherever it is masked."""
    document = {**WHOLE, "data": payload}
    expected = {**WHOLE, "data": {"payload": "withheld", "reason": reason}}

    assert parse(encode(document, no_blob)) == expected
    assert parse(portable(document)) == expected


def test_entries_made_in_code_are_envelopes() -> None:
    """The library's record has the same five fields, filled in."""
    entry = Entry("approval", "fraud-prod", {"plan": "sha256:1"}).as_json()

    assert envelope(entry, "")[1]
    assert entry["time"].endswith("Z")


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ({"password": "p", "n": 1}, {"password": "***", "n": 1}),
        (
            {"dbPassword": "p", "client_secret": "s", "API-KEY": "k"},
            {"dbPassword": "***", "client_secret": "***", "API-KEY": "***"},
        ),
        ({"token": {"value": "t", "name": "n"}}, {"token": {"value": "***", "name": "n"}}),
        (
            {"secretName": "tls", "automountServiceAccountToken": False},
            {"secretName": "tls", "automountServiceAccountToken": False},
        ),
        ({"volumes": [{"secret": {"secretName": "tls"}}]}, {"volumes": [{"secret": {"secretName": "tls"}}]}),
        (
            {"kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "YQ=="}, "stringData": {"b": "b"}},
            {"kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "***"}, "stringData": {"b": "***"}},
        ),
        (
            {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "s", "ciphertext": "c"},
            {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "***"},
        ),
        (["-----BEGIN PRIVATE KEY-----\nx", "Bearer abc", "plain"], ["***", "***", "plain"]),
        ({"kind": "ConfigMap", "data": {"a": "b"}}, {"kind": "ConfigMap", "data": {"a": "b"}}),
    ],
)
def test_secrets_do_not_reach_the_ledger(value: Any, masked: Any) -> None:
    """By name, by Kubernetes kind, by Pulumi's mark and by form; references by name stay."""
    assert mask(value) == masked
    assert parse(encode({**WHOLE, "data": value}, no_blob))["data"] == masked
