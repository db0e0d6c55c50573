"""A ledger in Blob Storage, on Azurite: what is acknowledged stays, there is one history, and anyone verifies it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import urllib3
from azure.storage.blob import ContainerClient, generate_container_sas
from click.testing import CliRunner

from headgate.audit import Ledger, verify
from headgate.audit.blob_ledger import open_ledger, verify_blobs
from headgate.audit.blobs import CONNECTION, TakenError
from headgate.audit.folder import KEY_VARIABLE
from headgate.cli.main import cli
from headgate.errors import HeadgateError
from headgate.model.azure_ml import to_blobs
from lint import environment

pytestmark = [pytest.mark.component, pytest.mark.stress]

# Azurite's own account, which its documentation publishes.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
ORIGIN = "example.com/blobs"

# Prints what is acknowledged, and dies before any of it is published.
WRITER = """
import json, os, sys
from headgate.audit.blob_ledger import open_ledger
with open_ledger(sys.argv[1]) as ledger:
    for line in sys.stdin:
        print(ledger.append_documents([json.loads(line)])[0], flush=True)
    os.kill(os.getpid(), 9)
"""
MANY = 100


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run Azurite; return the connection string."""
    folder = tmp_path_factory.mktemp("azurite")
    program = environment.node_program("azurite", "azurite-blob")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [str(program), "--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", str(folder)]
    command += ["--skipApiVersionCheck", "--disableTelemetry", "--silent"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, start_new_session=True)
    endpoint = f"http://127.0.0.1:{port}/{ACCOUNT}"
    try:
        wait = urllib3.Retry(total=60, backoff_factor=0.2, backoff_max=1)
        urllib3.PoolManager().request("GET", endpoint, retries=wait)
        yield f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint={endpoint};"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


@pytest.fixture
def place(azurite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make a container; return an address in it."""
    monkeypatch.setenv(CONNECTION, azurite)
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "ledger.key"))
    container = f"ledger-{uuid.uuid4().hex}"
    ContainerClient.from_connection_string(azurite, container).create_container()
    return f"azblob://{ACCOUNT}/{container}/prod"


def documents(first: int, count: int) -> list[dict[str, Any]]:
    """Return entries that are the same whoever appends them."""
    return [
        {
            "kind": "test",
            "time": "2026-03-02T12:00:00Z",
            "actor": "a",
            "subject": str(first + each),
            "data": {"n": each},
        }
        for each in range(count)
    ]


def told(report: Any) -> dict[str, Any]:
    """Return what a verification says, but for the place."""
    return {name: value for name, value in report.as_json().items() if name != "ledger"}


def run(*arguments: str) -> Any:
    """Run a command, and return what it prints."""
    done = CliRunner().invoke(cli, ["audit", *arguments, "--json"], standalone_mode=False)
    if done.exception:
        raise done.exception
    return json.loads(done.stdout)


def test_it_is_byte_for_byte_what_a_folder_would_be(place: str, tmp_path: Path) -> None:
    """The same entries under one key: the same root, checkpoint and report, over several openings and a full tile."""
    folder = tmp_path / "folder"
    for first, count in ((0, 3), (3, 300), (303, 1)):
        with open_ledger(place, ORIGIN) as blobs:
            assert blobs.append_documents(documents(first, count)) == range(first, first + count)
        with Ledger(folder, origin=ORIGIN) as ledger:
            ledger.append_documents(documents(first, count))
    found = verify_blobs(place, lambda root: verify(root, key=folder / "key.pub"))
    assert told(found) == told(verify(folder, key=folder / "key.pub"))
    assert (found.is_well, found.size, found.checkpoints) == (True, 304, 4)


def test_what_was_acknowledged_before_a_kill_is_there_after_it(place: str, tmp_path: Path) -> None:
    """No entry of a killed writer is in a checkpoint yet; the next one goes on behind them at once."""
    with open_ledger(place, ORIGIN):
        pass
    lines = "".join(f"{json.dumps(each)}\n" for each in documents(0, MANY))
    command = [sys.executable, "-c", WRITER, place]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=120)
    acknowledged = [int(line) for line in done.stdout.split()]
    before = verify_blobs(place, verify)
    with open_ledger(place) as ledger:
        after = ledger.append_documents(documents(MANY, 1))
    found = verify_blobs(place, verify)

    assert (done.returncode, done.stderr, acknowledged) == (-9, "", list(range(MANY)))
    assert (before.is_well, before.size, before.pending) == (True, 0, MANY)
    assert (after, found.is_well, found.size, found.pending) == (range(MANY, MANY + 1), True, MANY + 1, 0)


def test_of_two_writers_the_second_is_refused_and_there_is_one_history(place: str) -> None:
    """It is told that nothing of its own was recorded; the first goes on, and the second may begin anew."""
    with open_ledger(place, ORIGIN) as first:
        first.append_documents(documents(0, 1))
        first.publish()
        with open_ledger(place) as second:
            first.append_documents(documents(1, 1))
            with pytest.raises(TakenError):
                second.append_documents(documents(7, 1))
            with pytest.raises(HeadgateError, match="can't be written"):
                second.append_documents(documents(8, 1))
        first.append_documents(documents(2, 1))
    with open_ledger(place) as again:
        assert again.append_documents(documents(3, 1)) == range(3, 4)

    found = verify_blobs(place, verify)
    assert (found.is_well, found.size) == (True, 4)


def test_a_changed_blob_is_found_by_the_command(place: str, azurite: str, tmp_path: Path) -> None:
    """`append` and `verify` take the address; a byte that somebody changed is named."""
    lines = tmp_path / "lines"
    lines.write_text("".join(f"{json.dumps(each)}\n" for each in documents(0, 4)))
    done = run("append", "--ledger", place, "--file", str(lines), "--origin", ORIGIN)
    well = run("verify", "--ledger", place)
    container = place.split("/")[3]
    blob = ContainerClient.from_connection_string(azurite, container).get_blob_client("prod/tile/entries/000.p/4")
    content = blob.download_blob().readall()
    blob.upload_blob(content.replace(b'"2"', b'"9"'), overwrite=True)
    bad = run("verify", "--ledger", place)

    assert (done["first"], done["count"], done["size"]) == (0, 4, 4)
    assert (well["verified"], well["ledger"], well["root"]) == (True, place, done["root"])
    assert (bad["verified"], bad["findings"][0]["entry"]) == (False, 2)


@pytest.mark.parametrize("address", ["azblob://a", "azblob://devstoreaccount1/x/../y", "azblob://another/container"])
def test_an_address_that_is_none_is_refused(place: str, address: str) -> None:
    """Nothing is written anywhere."""
    with pytest.raises(HeadgateError), open_ledger(address, ORIGIN):
        pass


def test_without_a_place_for_the_key_nothing_begins(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It must not end with the copy that a writer works on."""
    monkeypatch.delenv(KEY_VARIABLE)

    with pytest.raises(HeadgateError, match="has its signing key elsewhere"), open_ledger(place, ORIGIN):
        pass


def test_the_files_of_a_mirrored_model_go_to_the_place_that_is_lent(azurite: str, tmp_path: Path) -> None:
    """By the address alone, which may write there for an hour; a lost connection tells no address."""
    with ContainerClient.from_connection_string(azurite, f"lent-{uuid.uuid4().hex}") as container:
        container.create_container()
        until = datetime.now(UTC) + timedelta(hours=1)
        signed = generate_container_sas(ACCOUNT, container.container_name, KEY, permission="rcw", expiry=until)
        (tmp_path / "deep").mkdir()
        (tmp_path / "model.onnx").write_bytes(b"weights")
        (tmp_path / "deep" / "labels.txt").write_text("a")
        to_blobs(f"{container.url}?{signed}", "score", tmp_path)

        assert sorted(container.list_blob_names()) == ["score/deep/labels.txt", "score/model.onnx"]
        assert container.download_blob("score/model.onnx").readall() == b"weights"
        with pytest.raises(HeadgateError, match="can't be uploaded") as refused:
            to_blobs(f"{container.url}?{signed[:-8]}", "score", tmp_path)
        assert "sig=" not in str(refused.value)
