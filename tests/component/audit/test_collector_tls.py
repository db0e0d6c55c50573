"""The collector with a certificate: gates and `headgate audit append` verify it, and send to nobody else."""

from __future__ import annotations

import json
import shutil
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from headgate.audit import Entry, client, record, verify
from headgate.audit.record import COLLECTOR, collector_of
from headgate.cli.main import main
from headgate.errors import HeadgateError
from headgate.sandbox.layout import StateDir
from headgate.sandbox.pki import Authority
from tests.component.audit.test_collector import TOKEN, Collector, stored
from tests.component.azure.conftest import eventually

pytestmark = pytest.mark.component


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Return the authority that gates trust."""
    return Authority(StateDir(tmp_path / "state"))


@pytest.fixture
def collector(tmp_path: Path, authority: Authority) -> Iterator[Collector]:
    """Run a collector with a certificate for one test."""
    pair = authority.server("audit", ["127.0.0.1", "localhost"])
    options = ("--tls-cert", str(pair.cert), "--tls-key", str(pair.key), "--tls-ca", str(authority.ca_cert))
    running = Collector(tmp_path, *options)
    yield running
    if running.process.poll() is None:
        running.stop()


def test_a_gate_verifies_the_collector_by_the_authority_that_it_names(
    collector: Collector, authority: Authority
) -> None:
    """The address file names scheme and authority, is its owner's alone, and is all that `record` needs."""
    found = collector_of(collector.ledger)

    assert found is not None
    assert (found.address, found.ca) == (collector.address, str(authority.ca_cert))
    assert collector.address.startswith("https://")
    assert stat.S_IMODE((collector.ledger / COLLECTOR).stat().st_mode) == 0o600
    assert record(collector.ledger, [Entry("decision", "one", 1)]) == range(1)
    assert collector.stop() == 0
    assert [one["subject"] for one in stored(collector.ledger)] == ["one"]


def test_a_collector_of_another_authority_gets_neither_token_nor_entry(collector: Collector, tmp_path: Path) -> None:
    """A certificate that is not the named authority's, or nobody's that the system knows, closes the gate."""
    other = Authority.at(tmp_path / "other", "another CA")

    for ca in (str(other.ca_cert), None):
        with pytest.raises(HeadgateError, match="CERTIFICATE_VERIFY_FAILED"):
            client.append([Entry("decision", "s", 1)], collector.address, TOKEN, ca=ca)
    with pytest.raises(HeadgateError, match="can't be reached"):
        client.append([Entry("decision", "s", 1)], collector.address.replace("https", "http"), TOKEN)
    assert collector.stop() == 0
    assert stored(collector.ledger) == []


def test_the_command_appends_through_the_collector(
    collector: Collector, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """More than one request's worth is there in order, masked, and under the checkpoint that the command prints."""
    lines = [f'{{"kind":"drill","subject":"{number}","data":{{"token":"s"}}}}\n' for number in range(1500)]
    path = tmp_path / "f.jsonl"
    path.write_text("".join(lines) + '{"anything":"else"}\n')

    with pytest.raises(SystemExit) as ended:
        main(["audit", "append", "--ledger", str(collector.ledger), "--file", str(path), "--json"])
    result = json.loads(capsys.readouterr().out)
    report = verify(collector.ledger)

    assert not ended.value.code
    assert result == {"first": 0, "count": 1501, "wrapped": 1, "size": 1501, "root": report.root}
    assert report.is_well
    assert collector.process.poll() is None
    found = stored(collector.ledger)
    assert [one["subject"] for one in found] == [*(str(number) for number in range(1500)), "f.jsonl"]
    assert found[0]["data"] == {"token": "***"}


def test_nothing_of_a_file_with_a_bad_line_is_sent(
    collector: Collector, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As with a ledger that the command writes itself."""
    path = tmp_path / "f.jsonl"
    path.write_text('{"kind":"drill"}\n{"kind":7}\n')

    with pytest.raises(SystemExit) as ended:
        main(["audit", "append", "--ledger", str(collector.ledger), "--file", str(path)])

    assert ended.value.code == 2
    assert f"{path}:2: not an entry: `kind` is a string, not a number" in capsys.readouterr().err
    assert collector.stop() == 0
    assert stored(collector.ledger) == []


def served(collector: Collector) -> str:
    """Return the certificate that a new connection is shown."""
    address = urlsplit(collector.address)
    assert address.hostname
    assert address.port
    return ssl.get_server_certificate((address.hostname, address.port))


def test_a_renewed_certificate_is_served_without_a_restart(tmp_path: Path, authority: Authority) -> None:
    """From the moment that both files are there: a certificate without its key changes nothing."""
    pair = authority.server("audit", ["127.0.0.1"])
    cert, key = shutil.copy(pair.cert, tmp_path / "tls.crt"), shutil.copy(pair.key, tmp_path / "tls.key")
    next_pair = Authority.at(tmp_path / "other", "another CA").server("audit", ["127.0.0.1"])
    collector = Collector(tmp_path, "--bind-address", "127.0.0.1", "--tls-cert", str(cert), "--tls-key", str(key))

    assert served(collector) == pair.cert.read_text()
    shutil.copy(next_pair.cert, cert)
    assert served(collector) == pair.cert.read_text()
    shutil.copy(next_pair.key, key)
    eventually(lambda: served(collector) == next_pair.cert.read_text())
    assert collector.stop() == 0


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (("--tls-cert", "CERT"), "the collector lacks half of its certificate"),
        (("--tls-ca", "CA"), "the collector lacks half of its certificate"),
        (("--tls-cert", "CERT", "--tls-key", "CA"), "the collector's certificate can't be used"),
        (("--tls-cert", "CERT", "--tls-key", "KEY", "--tls-ca", "KEY"), "the collector's certificate can't be used"),
        (("--bind-address", "0.0.0.0"), "the collector would be spoken to in clear"),  # noqa: S104  it is refused
        (("--bind-address", "::"), "the collector would be spoken to in clear"),
        (
            ("--bind-address", "audit.example.com", "--tls-cert", "CERT", "--tls-key", "KEY"),
            "the collector can't listen",
        ),
    ],
)
def test_a_collector_with_a_useless_certificate_does_not_start(
    tmp_path: Path, authority: Authority, given: tuple[str, ...], what: str
) -> None:
    """Half a pair, a key that is none, an authority that is none: never plain HTTP instead."""
    pair = authority.server("audit", ["127.0.0.1"])
    files = {"CERT": str(pair.cert), "KEY": str(pair.key), "CA": str(authority.ca_cert)}
    token = tmp_path / "token"
    token.write_text(TOKEN)
    command = (sys.executable, "-m", "headgate.audit.collector", "--ledger", str(tmp_path / "l"))
    options = [files.get(word, word) for word in given]
    ended = subprocess.run(
        [*command, "--token-file", str(token), *options], capture_output=True, text=True, check=False, timeout=60
    )

    assert ended.returncode == 2
    assert what in ended.stderr
