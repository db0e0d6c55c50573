"""What a ledger in a folder can, one in Blob Storage can: a new key, pseudonyms, a witness, a stream."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import urllib3
from click.testing import CliRunner
from crash_points import Crash, crash_after

from headgate.audit import Report, verify
from headgate.audit.blob_ledger import open_ledger, verify_blobs
from headgate.audit.folder import Folder
from headgate.audit.note import Signer, Verifier
from headgate.audit.place import own_folder, read
from headgate.audit.stream.cursor import Cursor, cursor_file
from headgate.audit.stream.delivery import Delivery
from headgate.audit.witness import Witness
from headgate.cli.main import cli
from headgate.errors import HeadgateError
from tests.unit.audit.conftest import PLACE, Container
from tests.unit.audit.stream.test_delivery import Receiver, Stop
from tests.unit.audit.test_blob_ledger import documents
from tests.unit.audit.test_witness import Answer

pytestmark = pytest.mark.unit
ORIGIN = "example.com/blobs"
OPERATIONS = ("fsync", "replace")


def begun(count: int = 3) -> Verifier:
    """Begin a ledger with some entries; return its key."""
    with open_ledger(PLACE, ORIGIN) as ledger:
        ledger.append_documents(documents(0, count))
    return read(Path(PLACE)).verifier


def checked(key: Verifier, folder: Path) -> Report:
    """Verify all blobs by a key."""
    path = folder / "known.pub"
    path.write_text(f"{key}\n")
    return verify_blobs(PLACE, lambda root: verify(root, key=path))


def run(*arguments: str) -> Any:
    """Run a command; return what it prints as data."""
    done = CliRunner().invoke(cli, ["audit", *arguments, "--ledger", PLACE, "--json"], catch_exceptions=False)
    return json.loads(done.stdout)


def test_who_knows_the_old_key_follows_it_to_the_new_one(container: Container, tmp_path: Path) -> None:
    """By the command; readers and verification take either key, and the private ones are in no blob."""
    old = begun()
    done = run("rotate-key")
    with open_ledger(PLACE) as ledger:
        ledger.append_documents(documents(3, 300))
    new = Signer.parse((tmp_path / "key").read_text(), "key").verifier

    assert (done["entry"], done["old"], done["new"]) == (3, str(old), str(new))
    assert container.blobs["prod/key.pub"][0] == f"{new}\n".encode()
    assert [checked(key, tmp_path).findings for key in (old, new)] == [[], []]
    assert [read(Path(PLACE), verifier=key).verifier for key in (old, new)] == [new, new]
    assert sorted(path.name for path in tmp_path.glob("key*")) == ["key"]
    assert not any(b"PRIVATE" in content for content, _, _ in container.blobs.values())


@pytest.mark.parametrize("by", ["blobs", "files"])
def test_a_writer_that_dies_in_a_rotation_leaves_one_key_in_force(
    by: str, container: Container, tmp_path: Path
) -> None:
    """Before any write of a blob, or any operation on its files: the next one finishes the rotation, or forgets it."""
    old = begun()
    before, key = dict(container.blobs), (tmp_path / "key").read_text()
    survived, rotated = 0, []
    while True:
        container.blobs, container.writes = dict(before), None
        (tmp_path / "key").write_text(key)
        died = dies(container, by, survived)
        # A checkpoint that is not among the kept ones yet is what a crash behind any publication leaves.
        at_once = [one for one in checked(old, tmp_path).findings if not one.may_be_unfinished]
        with open_ledger(PLACE) as again:
            again.append_documents(documents(9, 1))
        claimed = Verifier.parse(container.blobs["prod/key.pub"][0].decode(), "key.pub")

        assert (survived, at_once, checked(old, tmp_path).findings) == (survived, [], [])
        assert checked(claimed, tmp_path).is_well
        assert not (tmp_path / "key.next").exists()
        rotated.append(claimed != old)
        survived += 1
        if not died:
            break
    assert (rotated, rotated[0], rotated[-1]) == (sorted(rotated), False, True)
    assert survived > 6


def dies(container: Container, by: str, survived: int) -> bool:
    """Rotate, and die after so many writes; say whether there were more."""
    ledger = open_ledger(PLACE)
    opened = ledger.__enter__()
    try:
        if by == "blobs":
            container.writes = survived
            opened.rotate()
        else:
            with crash_after(survived, *OPERATIONS):
                opened.rotate()
    except (KeyboardInterrupt, Crash):
        return True
    finally:
        container.writes = None
        opened._is_broken = True
        opened.close()
    return False


def test_people_are_pseudonyms_and_can_be_forgotten(container: Container, tmp_path: Path) -> None:
    """Who they are is beside the writer's key and in no blob; what was recorded stays, and proves itself."""
    begun()
    CliRunner().invoke(
        cli, ["audit", "persons", "enable", "--service", "ci", "--ledger", PLACE], catch_exceptions=False
    )
    with open_ledger(PLACE) as ledger:
        ledger.append_documents([{"kind": "test", "actor": "omar", "subject": "x", "data": {"by": "ci"}}])
    known = run("persons", "list")
    (pseudonym,) = known
    asked = ["audit", "query", "--actor", "omar", "--ledger", PLACE]
    found = CliRunner().invoke(cli, [*asked, "--json"], catch_exceptions=False).stdout
    shown = CliRunner().invoke(cli, [*asked, "--persons", "--json"], catch_exceptions=False).stdout
    CliRunner().invoke(cli, ["audit", "persons", "erase", "omar", "--ledger", PLACE], catch_exceptions=False)

    assert known == {pseudonym: "omar"}
    assert (json.loads(found)["actor"], json.loads(found)["data"], json.loads(shown)["actor"]) == (
        pseudonym,
        {"by": "ci"},
        "omar",
    )
    assert ("omar" in run("persons", "list").values(), read(Path(PLACE)).checkpoint.size) == (False, 5)
    assert not any(b"omar" in content for content, _, _ in container.blobs.values())
    assert verify_blobs(PLACE, verify).is_well


def test_without_the_key_nobody_is_named(container: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who only reads searches as ever; who asks for names is told where they are."""
    begun()
    monkeypatch.delenv("HEADGATE_LEDGER_KEY")
    found = CliRunner().invoke(cli, ["audit", "query", "--actor", "omar", "--ledger", PLACE], catch_exceptions=False)

    assert found.stdout == ""
    with pytest.raises(HeadgateError, match="has its signing key elsewhere"):
        run("persons", "list")


def test_a_witness_signs_what_grows_and_what_was_set_back_is_found(
    container: Container, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its signature is a blob beside the log, and is verified with it."""
    verifier = begun(300)
    witness = Witness(tmp_path / "witness", "example.com/witness", [verifier])
    key = witness.signer.public

    def post(_: object, _method: str, _url: str, *, body: bytes, timeout: float) -> Any:
        return Answer(witness.add(body.decode()))

    monkeypatch.setattr(urllib3.PoolManager, "request", post)
    (tmp_path / "witness.pub").write_text(f"{key}\n")
    asked = ("cosign", "--address", "http://w", "--witness", str(tmp_path / "witness.pub"))
    before = dict(container.blobs)
    first = run(*asked)
    with open_ledger(PLACE) as ledger:
        ledger.append_documents(documents(300, 400))
    second = run(*asked)
    report = verify_blobs(PLACE, lambda root: verify(root, witnesses=[key]))
    container.blobs = before

    assert (first["size"], second["size"], report.findings) == (300, 700, [])
    with pytest.raises(HeadgateError, match="another history"):
        run(*asked)
    witness.close()


def test_it_is_delivered_in_order_and_goes_on_where_it_stopped(container: Container) -> None:
    """How far a receiver is is noted on this machine, beside the copy of the blobs and not in it."""
    verifier, receiver, place = begun(300), Receiver(), Path(PLACE)
    for more in (0, 400):
        if more:
            with open_ledger(PLACE) as ledger:
                ledger.append_documents(documents(300, more))
        with Cursor(cursor_file(own_folder(place), "test://r"), "test://r", verifier.name) as cursor:
            Delivery(place, verifier, receiver, "test://r", cursor, Stop(), lambda _: None).run(follow=False)

    assert receiver.kept == list(range(700))
    assert not own_folder(place).is_relative_to(Folder(read(place).folder.root).root)
