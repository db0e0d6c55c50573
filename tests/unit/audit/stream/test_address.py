"""Where a stream goes and what it shows there: addresses hold no secrets, secrets' files are their owner's alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from headgate.audit.stream.address import Address
from headgate.audit.stream.credential import Certificates, Credential
from headgate.audit.stream.event_hubs import authorization
from headgate.audit.stream.http import bearer, retry_after
from headgate.audit.stream.otlp import _rejected as rejected
from headgate.audit.stream.receivers import receiver_at
from headgate.errors import HeadgateError

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "whole", "url"),
    [
        ("cloudevents+https://siem.example.com/in", "cloudevents+https://siem.example.com:443/in", "https://siem.example.com:443/in"),
        ("cloudevents+http://127.0.0.1:9/", "cloudevents+http://127.0.0.1:9", "http://127.0.0.1:9"),
        ("otlp+https://otel.example.com", "otlp+https://otel.example.com:4318/v1/logs", "https://otel.example.com:4318/v1/logs"),
        ("otlp+http://[::1]/v1/logs", "otlp+http://[::1]:4318/v1/logs", "http://[::1]:4318/v1/logs"),
        ("syslog+tls://Log.example.com", "syslog+tls://log.example.com:6514", "https://log.example.com:6514"),
        ("eventhubs://ns.example.net/hub", "eventhubs://ns.example.net:443/hub", "https://ns.example.net:443/hub"),
    ],
)  # fmt: skip
def test_an_address_has_one_form_whatever_was_left_out(text: str, whole: str, url: str) -> None:
    """The cursor is found by it."""
    address = Address.parse(text)

    assert (str(address), address.url) == (whole, url)
    assert Address.parse(str(address)) == address


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("https://siem.example.com", "no receiver has this scheme"),
        ("siem.example.com", "no receiver has this scheme"),
        ("otlp+https://", "names no host"),
        ("otlp+https://h:port", "can't be read"),
        ("otlp+https://user:hunter2@h", "holds no credentials"),
        ("cloudevents+https://h/in?key=hunter2", "holds no credentials"),
        ("cloudevents+https://h/in#hunter2", "holds no credentials"),
        ("otlp+http://10.0.0.1", "unencrypted"),
        ("syslog+tcp://log.example.com", "unencrypted"),
        ("syslog+tls://h/path", "no path"),
        ("eventhubs://ns", "no event hub"),
        ("eventhubs://ns/hub/partitions", "no event hub"),
    ],
)
def test_a_wrong_address_is_told_and_no_secret_in_it_is_shown(text: str, what: str) -> None:
    """Each with its own message."""
    with pytest.raises(HeadgateError, match=what) as raised:
        Address.parse(text)
    assert "hunter2" not in str(raised.value)


@pytest.fixture
def secret(tmp_path: Path) -> Callable[[str], Credential]:
    """Write a credential's file."""

    def write(text: str) -> Credential:
        path = tmp_path / "credential"
        path.write_text(text)
        path.chmod(0o600)
        return Credential(path)

    return write


def test_a_credential_becomes_the_header_that_it_names(secret: Callable[[str], Credential]) -> None:
    """A bare token is a bearer's; it is read anew each time."""
    found = secret("abc\n")

    assert bearer(found) == "Bearer abc"
    assert bearer(secret("Splunk abc")) == bearer(found) == "Splunk abc"


def test_a_credential_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one there is no header."""
    assert bearer(Credential()) is None
    monkeypatch.setenv("HEADGATE_STREAM_CREDENTIAL", "abc")
    assert bearer(Credential()) == "Bearer abc"


@pytest.mark.parametrize("text", ["", "hunter2\nx: y", "hünter2"])
def test_a_credential_of_another_form_is_refused_and_not_shown(text: str, secret: Callable[[str], Credential]) -> None:
    """No line break gets into a header."""
    with pytest.raises(HeadgateError, match="can't be used") as raised:
        secret(text).read()
    assert "hunter2" not in str(raised.value)
    assert "hünter2" not in str(raised.value)


def test_a_secret_that_others_may_read_is_refused(secret: Callable[[str], Credential], tmp_path: Path) -> None:
    """Credentials and keys alike; one that is missing is told, too."""
    found = secret("abc")
    assert found.file
    found.file.chmod(0o640)

    for use in (found.read, Certificates(cert=found.file, key=found.file).context):
        with pytest.raises(HeadgateError, match="others may read") as raised:
            use()
        assert (raised.value.found, raised.value.fix) == ("mode 0640", f"chmod 600 {found.file}")
    with pytest.raises(HeadgateError, match="can't be read"):
        Credential(tmp_path / "missing").read()


def test_certificates_that_are_wrong_are_told_before_anything_is_sent(tmp_path: Path) -> None:
    """A missing authority, half a pair."""
    (tmp_path / "ca").write_text("no certificate")

    for wrong in (Certificates(ca=tmp_path / "missing"), Certificates(ca=tmp_path / "ca")):
        with pytest.raises(HeadgateError, match="certificate can't be used"):
            wrong.context()
    with pytest.raises(HeadgateError, match="half of the client's certificate"):
        Certificates(cert=tmp_path / "ca").context()


def test_syslog_takes_no_credential(secret: Callable[[str], Credential]) -> None:
    """It would be sent to nobody, and somebody would believe that it was."""
    with pytest.raises(HeadgateError, match="syslog carries no credential"):
        receiver_at(Address.parse("syslog+tls://h"), secret("abc"), Certificates())


HUB = Address.parse("eventhubs://ns.servicebus.windows.net/audit")
CONNECTION = "Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=aHVudGVyMg=="


def test_an_event_hub_is_authorised_by_a_token_or_a_signature(secret: Callable[[str], Credential]) -> None:
    """A connection string signs, and its key goes nowhere."""
    authorise = authorization(HUB)
    signed = str(authorise(secret(f"{CONNECTION};EntityPath=audit")))

    assert authorise(secret("ey.token")) == "Bearer ey.token"
    assert signed.startswith("SharedAccessSignature sr=https%3A%2F%2Fns.servicebus.windows.net%2Faudit&sig=")
    assert signed.endswith("&skn=send")
    assert "aHVudGVyMg" not in signed


@pytest.mark.parametrize(
    "text",
    [
        CONNECTION.replace("ns.", "other."),
        f"{CONNECTION};EntityPath=other",
        CONNECTION.replace("SharedAccessKeyName=send;", ""),
    ],
)
def test_a_connection_string_of_another_hub_is_refused(text: str, secret: Callable[[str], Credential]) -> None:
    """A signature for one namespace is shown to no other, and the key is not shown at all."""
    with pytest.raises(HeadgateError, match="can't be used") as raised:
        authorization(HUB)(secret(text))
    assert "aHVudGVyMg" not in str(raised.value)


def test_an_event_hub_needs_a_credential() -> None:
    """It takes nothing from strangers."""
    with pytest.raises(HeadgateError, match="nothing without a credential"):
        authorization(HUB)(Credential())


def test_what_a_receiver_asks_to_wait_is_read_in_both_forms() -> None:
    """Seconds or a date; what is neither is nothing."""
    later = retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True))

    assert [retry_after(one) for one in ("7", "soon", "-1", None)] == [7.0, None, None, None]
    beyond = ("Mon, 01 Jan 2026 00:00:00 +99999999999999999999", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT")
    assert [retry_after(one) for one in beyond] == [None, None]
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    assert later is not None
    assert 60 < later <= 100


@pytest.mark.parametrize(
    ("count", "told"),
    [
        ("0", ""),
        ('"0"', ""),
        ("null", ""),
        ("3", "3"),
        ('"3"', "3"),
        ("1e400", "inf"),
        ('"some"', "some"),
        ("0.5", "0.5"),
    ],
)
def test_a_receiver_that_rejects_is_heard_whatever_its_number_is(count: str, told: str) -> None:
    """One that can't be read is not taken for none."""
    assert rejected(f'{{"partialSuccess": {{"rejectedLogRecords": {count}}}}}'.encode()) == (told, "")
