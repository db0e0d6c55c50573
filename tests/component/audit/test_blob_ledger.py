"""A ledger in Blob Storage, on Azurite: what is acknowledged stays, there is one history, and anyone verifies it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import azurite as azurite_program
import pytest
import urllib3
from azure.storage.blob import ContainerClient, generate_container_sas
from azurite import ACCOUNT, KEY
from click.testing import CliRunner

from headgate.audit import Entry, Ledger, record, verify
from headgate.audit.blob_ledger import open_ledger, verify_blobs
from headgate.audit.blobs import CONNECTION, TakenError
from headgate.audit.client import append
from headgate.audit.folder import KEY_VARIABLE, Folder
from headgate.audit.note import Verifier
from headgate.audit.proof import Inclusion
from headgate.audit.remote import RemoteLedger
from headgate.cli.main import cli
from headgate.errors import HeadgateError
from headgate.model.azure_ml import to_blobs
from tests.component.audit.test_collector import TOKEN

pytestmark = [pytest.mark.component, pytest.mark.stress]

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
    with azurite_program.running(tmp_path_factory.mktemp("azurite")) as connection:
        yield connection


@pytest.fixture
def place(azurite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make a container; return an address in it."""
    monkeypatch.setenv(CONNECTION, azurite)
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "ledger.key"))
    # A writer that is killed leaves its copy.
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return azurite_program.new_place(azurite)


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


def test_two_collectors_write_one_history(place: str, tmp_path: Path) -> None:
    """One in each region, say: whoever comes second takes the next place, and nothing that was answered is lost."""
    (tmp_path / "token").write_text(TOKEN)
    with open_ledger(place, ORIGIN) as blobs:
        blobs.append_documents(documents(0, 1))
    command = [sys.executable, "-m", "headgate.audit.collector", "--ledger", place]
    with contextlib.ExitStack() as running:
        addresses = []
        for name in ("one", "other"):
            # Each has its machine's copy.
            process = running.enter_context(
                subprocess.Popen(
                    [*command, "--token-file", str(tmp_path / "token")],
                    stdout=subprocess.PIPE,
                    text=True,
                    env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / name)},
                )
            )
            running.callback(process.terminate)
            assert process.stdout
            addresses.append(process.stdout.readline().split()[-1])
        with ThreadPoolExecutor(len(addresses)) as pool:
            sent = list(
                pool.map(lambda at: [append([Entry("test", f"{at} {n}", 1)], at, TOKEN) for n in range(20)], addresses)
            )
    report = verify_blobs(place, verify)

    assert report.is_well
    assert report.size == 41
    assert sorted(index for indexes in sent for each in indexes for index in each) == list(range(1, 41))


def told(report: Any) -> dict[str, Any]:
    """Return what a verification says, but for the place."""
    return {name: value for name, value in report.as_json().items() if name != "ledger"}


def run(*arguments: str) -> Any:
    """Run a command, and return what it prints."""
    done = CliRunner().invoke(cli, ["audit", *arguments, "--json"], standalone_mode=False)
    if done.exception:
        raise done.exception
    return json.loads(done.stdout)


def read(*arguments: str, without_json: bool = False) -> list[dict[str, Any]]:
    """Run a command that prints an entry a line."""
    options = [] if without_json else ["--json"]
    done = CliRunner().invoke(cli, ["audit", *arguments, *options], catch_exceptions=False)
    return [json.loads(line) for line in done.stdout.splitlines()]


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


def test_it_is_read_as_a_folder_is(place: str, azurite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shown, searched, exported, followed and proved by the same commands; what is asked for is fetched, no more."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    large = {**documents(0, 1)[0], "kind": "decision", "data": {"stack": "fraud-prod", "text": "x" * 40_000}}
    with open_ledger(place, ORIGIN) as ledger:
        ledger.append_documents([*documents(0, 600), large])
    raw = CliRunner().invoke(cli, ["audit", "show", "7", "--raw", "--ledger", place], catch_exceptions=False)
    proved = CliRunner().invoke(cli, ["audit", "prove", "7", "--ledger", place], catch_exceptions=False)
    fetched = sorted(str(path.name) for path in (tmp_path / "cache").rglob("entries/*"))
    found = read("query", "--stack", "fraud-prod", "--ledger", place)
    scanned = read("query", "--subject", "599", "--no-index", "--ledger", place)
    tail = read("tail", "-n", "2", "--ledger", place)
    exported = read("export", "--kind", "decision", "--ledger", place, without_json=True)
    with open_ledger(place) as ledger:
        ledger.append_documents(documents(700, 1))
    again = read("tail", "-n", "1", "--ledger", place)
    rebuilt = run("rebuild", "--ledger", place)
    report = run("report", "--stack", "fraud-prod", "--ledger", place)
    (copied,) = (tmp_path / "cache" / "headgate" / "ledgers").iterdir()

    key = Folder(copied).verifier()
    assert Inclusion.parse(proved.output).check(raw.stdout_bytes, key).size == 601
    assert fetched == ["000"]
    assert [each["index"] for each in (*found, *scanned, *tail, *exported, *again)] == [600, 599, 599, 600, 600, 601]
    assert found[0]["data"] == large["data"]
    assert (rebuilt, report["ledger"]["entries"]) == ({"indexed": 602}, "602")


def test_another_ledger_at_the_same_address_is_read_anew(
    place: str, azurite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was fetched of the one before is not believed; and where there is none, that is said."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(HeadgateError, match="there is no ledger here"):
        run("query", "--ledger", place)
    with open_ledger(place, ORIGIN) as ledger:
        ledger.append_documents(documents(0, 300))
    before = read("tail", "-n", "1", "--ledger", place)
    container = ContainerClient.from_connection_string(azurite, place.split("/")[3])
    for name in list(container.list_blob_names()):
        container.delete_blob(name)
    with open_ledger(place, ORIGIN) as ledger:
        ledger.append_documents(documents(1000, 400))
    after = read("tail", "-n", "1", "--ledger", place)
    first = run("show", "0", "--ledger", place)

    assert (before[0]["subject"], after[0]["subject"], first["subject"]) == ("299", "1399", "1000")


def test_a_server_writes_it_for_many_clients_and_lets_them_read_it(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one over a folder: durable answers, checked reading, and nothing lost where it is killed."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    token = tmp_path / "token"
    token.write_text("0123456789abcdef0123456789abcdef")
    command = [sys.executable, "-m", "headgate.audit.collector", "--ledger", place, "--token-file", str(token)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            address = server.stdout.readline().split()[-1]
            kept = append(documents(0, 300), address, token.read_text())
            deadline = time.monotonic() + 120
            while json.loads(urllib3.request("GET", f"{address}/healthz").data)["published"] < len(kept):
                assert time.monotonic() < deadline
                time.sleep(0.1)
            (copied,) = (tmp_path / "cache" / "headgate" / "ledgers").iterdir()
            # What the server answers is believed by the key alone, as anybody else's would be.
            key = run("verify", "--ledger", place)["key"]
            remote = RemoteLedger(address, token.read_text(), Verifier.parse(key, "key"))
            entry, found = remote.entry(299), remote.search(subject="17", limit="3")
            # A gate on this machine finds the server by the ledger's address alone.
            more = record(Path(place), documents(300, 5))
        finally:
            server.kill()
    report = verify_blobs(place, verify)

    assert (kept, more, entry["subject"]) == (range(300), range(300, 305), "299")
    assert [each["subject"] for each in found] == ["17", "117", "170"]
    assert (report.is_well, report.size + report.pending, copied.is_dir()) == (True, 305, True)


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


def test_a_new_key_takes_over_and_people_are_pseudonyms(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under the storage's own conditions; either key verifies all of it, and no blob names anybody."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with open_ledger(place, ORIGIN) as ledger:
        ledger.append_documents(documents(0, 3))
    old = run("verify", "--ledger", place)["key"]
    (tmp_path / "old.pub").write_text(old)
    CliRunner().invoke(cli, ["audit", "persons", "enable", "--ledger", place], catch_exceptions=False)
    new = run("rotate-key", "--ledger", place)["new"]
    with open_ledger(place) as ledger:
        ledger.append_documents([{"kind": "test", "actor": "omar", "subject": "signed", "data": {}}])
    (told,) = read("query", "--subject", "signed", "--ledger", place)
    by_old = read("tail", "-n", "1", "--key", str(tmp_path / "old.pub"), "--ledger", place)
    reports = [verify_blobs(place, partial(verify, key=key)) for key in (None, tmp_path / "old.pub")]

    assert run("persons", "list", "--ledger", place)[told["actor"]] == "omar"
    assert [(one.is_well, one.size) for one in reports] == [(True, 5)] * 2
    assert (run("verify", "--ledger", place)["key"] == new, new != old, by_old) == (True, True, [told])
